import {
  AV_CODEC_ID_SUBRIP,
  AV_DISPOSITION_ATTACHED_PIC,
  AVMEDIA_TYPE_ATTACHMENT,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import { Dictionary, type Stream } from 'node-av/lib';
import { type CarriedStream, PICTURE_TYPES } from '../../../src/container/carry.ts';
import { carriedStreamMetadata } from '../../../src/container/metadata.ts';
import { rescale } from '../../../src/container/output-ticks.ts';
import { keptPriming } from '../../../src/container/priming.ts';
import type { StreamFacts } from '../../../src/media/source-video.ts';
import { check } from '../media/check.ts';
import type { OutputFile } from './output-file.ts';
import { convertTimedText, copyPackets, transcodePackets } from './packet-sinks.ts';
import type { PacketSink } from './source-packets.ts';
import { TranscodeAudio } from './transcode-audio.ts';

/** A stream that was added to the output. Its sink is made once the header has fixed the output's time bases. */
export interface AddedStream {
  readonly openSink: (() => PacketSink) | null;
  readonly close: () => void;
}

const NOTHING_OPEN = (): void => {};

/** Adds one stream of the source to the output, before the header is written. `picture`: of an attached one. */
export async function addCarriedStream(
  output: OutputFile,
  source: Stream,
  facts: StreamFacts,
  carried: CarriedStream,
  picture: Buffer | undefined,
): Promise<AddedStream | null> {
  if (carried.action === 'drop') return null;
  const stream = output.addStream();
  stream.metadata = Dictionary.fromObject(metadataFor(output, facts));
  stream.disposition = source.disposition;
  stream.clearDisposition(AV_DISPOSITION_ATTACHED_PIC);
  stream.timeBase = source.timeBase;
  switch (carried.action) {
    case 'copy':
      return addCopy(output, source, stream);
    case 'transcode':
      return addTranscode(source, stream, carried);
    case 'convert-text':
      stream.codecpar.codecType = source.codecpar.codecType;
      stream.codecpar.codecId = AV_CODEC_ID_SUBRIP;
      return { openSink: () => convertTimedText(source, stream), close: NOTHING_OPEN };
    case 'attach':
      return addPicture(source, stream, facts, picture);
  }
}

function metadataFor(output: OutputFile, facts: StreamFacts): Record<string, string> {
  const metadata = carriedStreamMetadata(facts);
  // MP4 players show a track's handler name as its title.
  const { title } = metadata;
  return output.container === 'mp4' && title !== undefined ? { ...metadata, handler_name: title } : metadata;
}

function addCopy(output: OutputFile, source: Stream, stream: Stream): AddedStream {
  const { codecpar } = stream;
  check(source.codecpar.copy(codecpar), 'a stream was described');
  codecpar.codecTag = 0;
  if (codecpar.codecType === AVMEDIA_TYPE_ATTACHMENT) return { openSink: null, close: NOTHING_OPEN };
  if (codecpar.codecType !== AVMEDIA_TYPE_AUDIO) {
    return { openSink: () => copyPackets(source, stream, null), close: NOTHING_OPEN };
  }
  const { initialPadding, frameSize, sampleRate } = codecpar;
  const priming = { samples: initialPadding, packetSamples: frameSize, sampleRate };
  codecpar.initialPadding = keptPriming(priming, output.container);
  const kept = BigInt(codecpar.initialPadding);
  const earliest =
    output.container === 'mp4' || sampleRate === 0
      ? null
      : -rescale(kept, { num: 1, den: sampleRate }, source.timeBase);
  return { openSink: () => copyPackets(source, stream, earliest), close: NOTHING_OPEN };
}

async function addTranscode(source: Stream, stream: Stream, carried: CarriedStream): Promise<AddedStream> {
  if (carried.transcode === null)
    throw new Error(`Audio stream ${source.index} has no transcode parameters.`);
  const transcode = await TranscodeAudio.open(source, carried.transcode);
  transcode.describe(stream.codecpar);
  stream.timeBase = transcode.timeBase;
  return { openSink: () => transcodePackets(transcode, stream), close: () => transcode.close() };
}

/** FFmpeg shows Matroska's and MP4's covers as video streams of one picture. */
function addPicture(
  source: Stream,
  stream: Stream,
  facts: StreamFacts,
  picture: Buffer | undefined,
): AddedStream {
  const type = PICTURE_TYPES[facts.codec];
  if (type === undefined || picture === undefined) {
    throw new Error(
      `The attached picture of stream ${source.index} could not be read. Leave attachments out with --no-attachments.`,
    );
  }
  stream.codecpar.codecType = AVMEDIA_TYPE_ATTACHMENT;
  stream.codecpar.codecId = source.codecpar.codecId;
  stream.codecpar.extradata = picture;
  const metadata = carriedStreamMetadata(facts);
  stream.metadata = Dictionary.fromObject({
    filename: `cover.${type.ending}`,
    mimetype: type.mimeType,
    ...metadata,
  });
  return { openSink: null, close: NOTHING_OPEN };
}
