import type { EncodedPicture } from '../encoder/settings.ts';
import type { PictureShape } from '../picture/filter-definition.ts';
import {
  describeFilter,
  type Filtering,
  filterOf,
  type PictureFilter,
  shapeBehind,
} from '../picture/picture-filters.ts';
import { readPixelFormat } from './pixel-format.ts';
import type { Colour, PictureSize, SourceVideo, VideoFacts } from './source-video.ts';

/** Code points of ITU-T H.273 that are used here. */
const MATRIX_RGB = 0;
const MATRIX_BT709 = 1;
const MATRIX_UNSPECIFIED = 2;
const MATRIX_BT601 = 6;
const MATRIX_BT2020 = 9;
const PRIMARIES_BT2020 = 9;
const RANGE_LIMITED = 1;
const RANGE_FULL = 2;
/** Pictures at least this high are HD, for which BT.709 is meant where nothing is said. */
const HD_HEIGHT = 720;

/**
 * The picture as it is given to the encoder. An odd column or row is cropped; everything becomes 4:2:0.
 *
 * @param bitDepth 10 also for 8-bit sources: AV1 then makes smaller files at the same quality.
 * @throws a sentence when a filter does not fit the picture.
 */
export function encodedPicture(
  { video }: Pick<SourceVideo, 'video'>,
  bitDepth: 8 | 10 = 10,
  filters: readonly PictureFilter[] = [],
): EncodedPicture {
  const { width, height, sampleAspectRatio } = shapeBehind(filters, inputShape(video));
  const recolours = filters.flatMap(({ name }) => filterOf(name).recolour ?? []);
  return {
    width,
    height,
    bitDepth,
    frameRate: video.frameRate,
    sampleAspectRatio,
    colour: recolours.reduce((colour, recolour) => recolour(colour), encodedColour(video)),
    masteringDisplay: recolours.length === 0 ? video.masteringDisplay : null,
    contentLight: recolours.length === 0 ? video.contentLight : null,
    ...(video.hasHdr10Plus && recolours.length === 0 ? { hdr10Plus: true } : {}),
  };
}

/** The picture's shape before the first filter. */
export function inputShape(video: VideoFacts): PictureShape {
  return { ...evenSize(video), sampleAspectRatio: video.sampleAspectRatio };
}

/** A chain of filters with what it is for; null for none. */
export function filteringOf(video: PictureSize, filters: readonly PictureFilter[]): Filtering | null {
  return filters.length === 0 ? null : { input: evenSize(video), filters };
}

/** The picture without an odd column or row. */
export function evenSize({ width, height }: PictureSize): PictureSize {
  return { width: evenCrop(width), height: evenCrop(height) };
}

/** With chroma at half the resolution sizes are even; a single column or row is kept by doubling it, so 2 is the least. */
function evenCrop(length: number): number {
  return Math.max(2, length - (length % 2));
}

function encodedColour(video: VideoFacts): Colour {
  const { colour } = video;
  const format = readPixelFormat(video.pixelFormat);
  if (format.isRgb) {
    const matrix = matrixForRgb(video);
    return { ...colour, matrix, range: RANGE_LIMITED, chromaLocation: colour.chromaLocation || 1 };
  }
  if (video.pixelFormat.startsWith('yuvj')) return { ...colour, range: RANGE_FULL };
  return colour.matrix === MATRIX_RGB ? { ...colour, matrix: MATRIX_UNSPECIFIED } : colour;
}

function matrixForRgb(video: VideoFacts): number {
  if (video.colour.primaries === PRIMARIES_BT2020) return MATRIX_BT2020;
  return video.height >= HD_HEIGHT ? MATRIX_BT709 : MATRIX_BT601;
}

/** What is done to the picture before it is encoded and what is lost by it: a sentence each, told before starting. */
export function stateConversions(
  { video }: SourceVideo,
  picture: EncodedPicture,
  filters: readonly PictureFilter[] = [],
): string[] {
  const input = inputShape(video);
  return [
    sizeSentence(video, input),
    filterSentence(filters, input, picture),
    laterSizesSentence(video, input),
    chromaSentence(video),
    depthSentence(video, picture),
    alphaSentence(video),
    interlacedSentence(video, filters),
    rotationSentence(video),
    dolbyVisionSentence(video),
    hdr10PlusSentence(video, picture, filters),
  ].filter((sentence) => sentence !== null);
}

function sizeSentence(video: VideoFacts, input: PictureSize): string | null {
  if (video.width === input.width && video.height === input.height) return null;
  return `The picture of ${sizeWords(video)} is taken as ${sizeWords(input)}: encoders take even sizes only, so an odd column at the right or row at the bottom is cut off.`;
}

function filterSentence(
  filters: readonly PictureFilter[],
  input: PictureSize,
  picture: PictureSize,
): string | null {
  if (filters.length === 0) return null;
  const words = filters.map(describeFilter).join(', ');
  return `The picture of ${sizeWords(input)} goes through ${words} and is encoded as ${sizeWords(picture)}.`;
}

function laterSizesSentence({ laterSizes }: VideoFacts, input: PictureSize): string | null {
  if (laterSizes.length === 0) return null;
  const sizes = laterSizes.map(sizeWords).join(', ');
  return `The picture's size changes in the middle of the source (${sizes}): such frames are scaled to ${sizeWords(input)}, as a file has one size from its first frame to its last.`;
}

/** Told when the scan meets a size that no look at the source had shown before. */
export function sizeChangeSentence(frame: number, size: PictureSize, picture: PictureSize): string {
  return `From frame ${frame} on the source has pictures of ${sizeWords(size)}: such frames are scaled to ${sizeWords(picture)}.`;
}

function sizeWords({ width, height }: PictureSize): string {
  return `${width}x${height}`;
}

function chromaSentence(video: VideoFacts): string | null {
  const format = readPixelFormat(video.pixelFormat);
  if (format.isRgb) {
    return `RGB (${video.pixelFormat}) is converted to YUV 4:2:0: colour is kept at half the resolution each way.`;
  }
  if (format.isGray) return `Grey pictures (${video.pixelFormat}) are encoded as 4:2:0 with neutral colour.`;
  if (format.chroma === '420') return null;
  const subsampling = format.chroma?.split('').join(':') ?? video.pixelFormat;
  return `Chroma ${subsampling} is converted to 4:2:0: colour is kept at half the resolution each way.`;
}

function depthSentence(video: VideoFacts, picture: EncodedPicture): string | null {
  if (video.bitDepth <= picture.bitDepth) return null;
  return `${video.bitDepth}-bit samples are rounded to ${picture.bitDepth} bits.`;
}

function alphaSentence(video: VideoFacts): string | null {
  if (!readPixelFormat(video.pixelFormat).hasAlpha) return null;
  return 'Transparency (the alpha plane) is dropped: encoded video has none.';
}

function interlacedSentence(video: VideoFacts, filters: readonly PictureFilter[]): string | null {
  if (!video.isInterlaced || filters.some(({ name }) => name === 'bwdif')) return null;
  return 'Warning: the source is interlaced and stays as it is; players will show it as progressive, with combed edges in motion.';
}

function rotationSentence(video: VideoFacts): string | null {
  if (video.rotation === 0) return null;
  return `The picture is stored turned and shown turned by ${video.rotation} degrees: the samples stay as stored and the output carries the same turn where its container can.`;
}

function dolbyVisionSentence(video: VideoFacts): string | null {
  if (!video.hasDolbyVision) return null;
  if (video.needsDolbyVision) {
    return 'Warning: the source is Dolby Vision without a picture that other players understand (profile 5). That metadata is lost, and the colours of the output will be wrong: convert the source to HDR10 first.';
  }
  return 'Dolby Vision metadata is lost: the base layer alone is encoded, with its own colour and HDR10 metadata.';
}

/** Of a picture that is mapped to SDR it would say nothing. */
function hdr10PlusSentence(
  video: VideoFacts,
  { colour, hdr10Plus }: EncodedPicture,
  filters: readonly PictureFilter[],
): string | null {
  if (!video.hasHdr10Plus || colour.transfer !== video.colour.transfer) return null;
  if (hdr10Plus !== true) {
    return 'HDR10+ metadata is lost: it is written into AV1 and HEVC alone. The picture is HDR10 all the same, with what that says of the whole film.';
  }
  if (!filters.some(({ name }) => name === 'crop')) return null;
  return 'HDR10+ metadata is carried as it was made: for the picture before it is cut.';
}
