import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_ID_H264,
  type AVChromaLocation,
  type AVCodecID,
  type AVColorPrimaries,
  type AVColorRange,
  type AVColorSpace,
  type AVColorTransferCharacteristic,
  AVMEDIA_TYPE_VIDEO,
  type AVPacketSideDataType,
  type AVPixelFormat,
  type AVProfile,
} from 'node-av/constants';
import { avGetCodecName, Codec, CodecContext, CodecParameters, Rational, type Stream } from 'node-av/lib';
import { x264BuildOf } from '../../../src/media/x264-build.ts';
import type { CodecFacts } from '../messages.ts';
import { check } from './check.ts';

export interface DecoderOptions {
  /**
   * 0 for one a core. One alone costs an eighth less CPU time (5.1 instead of 5.8 s for 720 frames of H.264 in 1080p),
   * which is better where other work fills the cores.
   */
  readonly threads?: number;
  /** False: film grain is left to whoever shows the video. */
  readonly hasGrain?: boolean;
}

/**
 * Opens the decoder for a video stream. Scan, encode and verify all decode through here: equal settings make equal
 * pictures, which the fingerprints then prove.
 *
 * @throws a sentence when this build of FFmpeg has no decoder for the codec, or the decoder refuses the stream.
 */
export async function openDecoder(
  facts: CodecFacts,
  { threads = 0, hasGrain = true }: DecoderOptions = {},
): Promise<CodecContext> {
  const name = avGetCodecName(facts.codecId as AVCodecID) ?? `number ${facts.codecId}`;
  const codec = Codec.findDecoder(facts.codecId as AVCodecID);
  if (codec === null)
    throw new Error(`The video codec ${name} cannot be decoded: FFmpeg has no decoder for it.`);
  const context = new CodecContext();
  const parameters = toCodecParameters(facts);
  try {
    context.allocContext3(codec);
    check(context.parametersToContext(parameters), `the ${name} decoder was given its parameters`);
    context.pktTimebase = new Rational(...facts.timeBase);
    context.threadCount = threads;
    setBitExact(context, facts);
    if (!hasGrain)
      check(context.setOption('export_side_data', 'film_grain'), 'the decoder was told to add no film grain');
    // Asynchronous: node-av's open2Sync frees its options twice.
    check(await context.open2(codec, null), `the ${name} decoder was opened`);
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  } finally {
    parameters.free();
  }
}

/**
 * Decoders with an inverse DCT of their own choice (MPEG-1, 2, 4, H.263, MJPEG, DV) would pick the fastest for the
 * CPU, and results differ in the last bit; the others ignore the option.
 */
function setBitExact(context: CodecContext, facts: CodecFacts): void {
  context.setFlags(AV_CODEC_FLAG_BITEXACT);
  check(context.setOption('idct', 'simple'), 'the decoder was told to be bit-exact');
  if (facts.codecId === AV_CODEC_ID_H264 && facts.x264Build !== null) {
    check(context.setOption('x264_build', String(facts.x264Build)), 'the decoder was told the x264 build');
  }
}

/** What a decoder elsewhere needs to know of this stream. `firstPacket`: bytes of its first packet, if it has any. */
export function codecFactsOf(stream: Stream, firstPacket: Uint8Array | null): CodecFacts {
  const parameters = stream.codecpar;
  return {
    codecId: parameters.codecId,
    codecTag: parameters.codecTag,
    width: parameters.width,
    height: parameters.height,
    format: parameters.format,
    bitsPerCodedSample: parameters.bitsPerCodedSample,
    bitsPerRawSample: parameters.bitsPerRawSample,
    profile: parameters.profile,
    level: parameters.level,
    videoDelay: parameters.videoDelay,
    fieldOrder: fieldOrderOf(parameters),
    colour: [
      parameters.colorPrimaries,
      parameters.colorTrc,
      parameters.colorSpace,
      parameters.colorRange,
      parameters.chromaLocation,
    ],
    sampleAspectRatio: [parameters.sampleAspectRatio.num, parameters.sampleAspectRatio.den],
    timeBase: [stream.timeBase.num, stream.timeBase.den],
    extradata: copyOf(parameters.extradata),
    codedSideData: parameters
      .getAllCodedSideData()
      .map(({ type, data }) => ({ type, data: new Uint8Array(data) })),
    x264Build:
      parameters.codecId === AV_CODEC_ID_H264 && firstPacket !== null ? x264BuildOf(firstPacket) : null,
  };
}

/** The reverse of {@link codecFactsOf}. The caller frees the result. */
export function toCodecParameters(facts: CodecFacts): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = facts.codecId as AVCodecID;
  parameters.codecTag = facts.codecTag;
  parameters.width = facts.width;
  parameters.height = facts.height;
  parameters.format = facts.format as AVPixelFormat;
  parameters.bitsPerCodedSample = facts.bitsPerCodedSample;
  parameters.bitsPerRawSample = facts.bitsPerRawSample;
  parameters.profile = facts.profile as AVProfile;
  parameters.level = facts.level;
  parameters.videoDelay = facts.videoDelay;
  const [primaries, transfer, matrix, range, location] = facts.colour;
  parameters.colorPrimaries = primaries as AVColorPrimaries;
  parameters.colorTrc = transfer as AVColorTransferCharacteristic;
  parameters.colorSpace = matrix as AVColorSpace;
  parameters.colorRange = range as AVColorRange;
  parameters.chromaLocation = location as AVChromaLocation;
  parameters.sampleAspectRatio = new Rational(...facts.sampleAspectRatio);
  if (facts.extradata !== null) parameters.extradata = Buffer.from(facts.extradata);
  for (const { type, data } of facts.codedSideData) {
    parameters.addCodedSideData(type as AVPacketSideDataType, Buffer.from(data));
  }
  return parameters;
}

/** AVFieldOrder; node-av has no getter for it but tells it in its dump. */
function fieldOrderOf(parameters: CodecParameters): number {
  const order: unknown = parameters.toJSON().fieldOrder;
  return typeof order === 'number' ? order : 0;
}

function copyOf(bytes: Buffer | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}
