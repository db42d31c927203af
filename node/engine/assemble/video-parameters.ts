import {
  AV_CODEC_ID_AV1,
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
import { type CodecParameters, Rational, type Stream } from 'node-av/lib';
import { contentLightBytes, masteringDisplayBytes } from '../../../src/container/hdr-bytes.ts';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import type { VideoFacts } from '../../../src/media/source-video.ts';
import { check } from '../media/check.ts';

/** Describes the encoded picture to the muxer: size, colour, HDR10, aspect, and the source's rotation. */
export function describeVideo(
  output: Stream,
  picture: EncodedPicture,
  facts: VideoFacts,
  source: Stream,
  sequenceHeader: Uint8Array,
): void {
  const { codecpar } = output;
  codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  codecpar.codecId = AV_CODEC_ID_AV1;
  codecpar.width = picture.width;
  codecpar.height = picture.height;
  codecpar.format = picture.bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  codecpar.extradata = Buffer.from(sequenceHeader);
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
