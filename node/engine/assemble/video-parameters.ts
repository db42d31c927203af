import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VVC,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PKT_DATA_CONTENT_LIGHT_LEVEL,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
  type AVChromaLocation,
  type AVColorPrimaries,
  type AVColorRange,
  type AVColorSpace,
  type AVColorTransferCharacteristic,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Codec, CodecContext, type CodecParameters, Packet, Rational, type Stream } from 'node-av/lib';
import type { OutputContainer } from '../../../src/container/carry.ts';
import { contentLightBytes, masteringDisplayBytes } from '../../../src/container/hdr-bytes.ts';
import type { VideoCodec } from '../../../src/encoder/encoder-definition.ts';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import type { VideoFacts } from '../../../src/media/source-video.ts';
import { check } from '../media/check.ts';

/** What the chunks hold, and where they go. */
export interface CodedVideo {
  readonly codec: VideoCodec;
  readonly streamHeader: Uint8Array;
  readonly container: OutputContainer;
}

const CODEC_IDS = {
  av1: AV_CODEC_ID_AV1,
  hevc: AV_CODEC_ID_HEVC,
  h264: AV_CODEC_ID_H264,
  vvc: AV_CODEC_ID_VVC,
} as const;

/** FFmpeg's decoder of VVC tells only whether pictures are reordered: so far they are in a GOP of 64, the longest. */
const VVC_REORDER_DEPTH = 6;

/** `hvc1` as a little-endian number: Apple's players take HEVC in MP4 under this tag only. */
const TAG_HVC1 = 0x31637668;

/** Describes the encoded picture to the muxer: size, colour, HDR10, aspect, and the source's rotation. */
export function describeVideo(
  output: Stream,
  picture: EncodedPicture,
  facts: VideoFacts,
  source: Stream,
  { codec, streamHeader, container }: CodedVideo,
): void {
  const { codecpar } = output;
  codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  codecpar.codecId = CODEC_IDS[codec];
  if (codec === 'hevc' && container === 'mp4') codecpar.codecTag = TAG_HVC1;
  codecpar.width = picture.width;
  codecpar.height = picture.height;
  codecpar.format = picture.bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  codecpar.extradata = Buffer.from(streamHeader);
  describeColour(codecpar, picture);
  const { num, den } = picture.sampleAspectRatio;
  const aspect = num > 0 && den > 0 ? new Rational(num, den) : new Rational(1, 1);
  codecpar.sampleAspectRatio = aspect;
  output.sampleAspectRatio = aspect;
  output.timeBase = new Rational(facts.timeBase.num, facts.timeBase.den);
  // It becomes Matroska's default duration, which would be untrue of a variable rate.
  if (!facts.isVariableFrameRate) {
    output.avgFrameRate = new Rational(picture.frameRate.num, picture.frameRate.den);
  }
  const matrix = source.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  if (matrix !== null) {
    check(codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix), 'the rotation was kept');
  }
}

/**
 * How many pictures may be stored before one that is shown before them all, by the stream's own header.
 *
 * @param firstUnit the first picture behind its header: the decoder of H.264 believes a header when it decodes by it.
 */
export async function reorderDepth(codecpar: CodecParameters, firstUnit: Uint8Array): Promise<number> {
  // Pictures of AV1 are stored with the ones that are shown, however they refer to each other.
  if (codecpar.codecId === AV_CODEC_ID_AV1) return 0;
  const codec = Codec.findDecoder(codecpar.codecId);
  const context = new CodecContext();
  context.allocContext3(codec);
  const packet = new Packet();
  packet.alloc();
  packet.data = Buffer.from(firstUnit.buffer, firstUnit.byteOffset, firstUnit.length);
  try {
    check(context.parametersToContext(codecpar), "the stream's header was given to its decoder");
    check(await context.open2(codec, null), "the stream's header was read");
    check(await context.sendPacket(packet), 'the first picture was decoded');
    const isVvc = codecpar.codecId === AV_CODEC_ID_VVC;
    return isVvc && context.hasBFrames > 0 ? VVC_REORDER_DEPTH : context.hasBFrames;
  } finally {
    packet.free();
    context.freeContext();
  }
}

function describeColour(codecpar: CodecParameters, picture: EncodedPicture): void {
  const { colour, masteringDisplay, contentLight } = picture;
  codecpar.colorPrimaries = colour.primaries as AVColorPrimaries;
  codecpar.colorTrc = colour.transfer as AVColorTransferCharacteristic;
  codecpar.colorSpace = colour.matrix as AVColorSpace;
  codecpar.colorRange = colour.range as AVColorRange;
  codecpar.chromaLocation = colour.chromaLocation as AVChromaLocation;
  if (masteringDisplay !== null) {
    const bytes = Buffer.from(masteringDisplayBytes(masteringDisplay));
    check(
      codecpar.addCodedSideData(AV_PKT_DATA_MASTERING_DISPLAY_METADATA, bytes),
      'HDR10 metadata was kept',
    );
  }
  if (contentLight !== null) {
    const bytes = Buffer.from(contentLightBytes(contentLight));
    check(codecpar.addCodedSideData(AV_PKT_DATA_CONTENT_LIGHT_LEVEL, bytes), 'HDR10 light levels were kept');
  }
}
