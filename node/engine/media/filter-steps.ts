import { AVCOL_RANGE_MPEG } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { EncodedPicture, EncodeSettings } from '../../../src/encoder/settings.ts';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import { gridStep } from '../../../src/media/sketch.ts';
import type { PictureSize } from '../../../src/media/source-video.ts';
import type { FilterStep } from '../../../src/picture/filter-definition.ts';
import { filterOf, type PictureFilter, shapeBehind } from '../../../src/picture/picture-filters.ts';
import { formatName } from './filter-chain.ts';
import {
  conversionSteps,
  convertBy,
  cropSteps,
  encoderFormat,
  type FrameConverter,
} from './to-encoder-format.ts';

/** What decides how a source's frames become the encoder's. */
export type PictureSettings = Pick<EncodeSettings, 'picture' | 'filtering'>;

/** From a frame as it was decoded to the encoder's: filters that want it so, the conversion, the other filters. */
export function filterSteps(frame: Frame, { picture, filtering }: PictureSettings): FilterStep[] {
  const { filters, input } = filtering ?? { filters: [], input: picture };
  const converted = 1 + filters.findLastIndex(({ name }) => filterOf(name).wantsSource);
  const [first, rest] = [filters.slice(0, converted), filters.slice(converted)];
  const { bitDepth, sampleAspectRatio } = picture;
  const { width, height } = shapeBehind(first, { ...input, sampleAspectRatio });
  return [
    ...(first.length === 0 ? cropSteps(frame, input) : sizeSteps(frame, input)),
    ...stepsOf(first),
    ...convert(frame, first, picture, { width, height }),
    ...stepsOf(rest),
    ...(rest.length === 0 ? [] : [encoderFormat(bitDepth)]),
  ];
}

/**
 * Makes of a source's frame what the small picture of its encode is to be compared with: filters that the small picture
 * shows are applied. Null where none is shown. Nothing is averaged: as many samples are left as the sketch of the encode
 * takes of it, from the same places, so that what differs by motion is not hidden by what differs by sampling.
 */
export function openProofView({ picture, filtering }: PictureSettings): FrameConverter | null {
  if (filtering === null) return null;
  const { filters, input } = filtering;
  const kinds = filters.map(({ name }) => filterOf(name).changes);
  const moving = filters.slice(0, 1 + kinds.lastIndexOf('geometry')).filter((_, i) => kinds[i] !== 'texture');
  const colours = filters.filter((_, i) => kinds[i] === 'colour');
  const isSampled = kinds.includes('size') || colours.length > 0;
  if (moving.length === 0 && !isSampled) return null;
  return convertBy((frame) => {
    const steps = [...sizeSteps(frame, input), ...moving.flatMap(viewSteps)];
    if (!isSampled)
      return readPixelFormat(formatName(frame)).layout === null
        ? [...steps, ...convert(frame, [], picture, picture)]
        : steps;
    const size = sampledSize(picture);
    return [...steps, nearest(size), ...stepsOf(colours), ...convert(frame, colours, picture, size)];
  });
}

/** As many columns and rows as a sketch looks at (src/media/sketch.ts). */
function sampledSize({ width, height }: PictureSize): PictureSize {
  const step = gridStep(width);
  return { width: Math.ceil(width / step), height: Math.ceil(height / step) };
}

/** A filter that moves the picture; colour comes when it is small. */
function viewSteps({ name, options }: PictureFilter): readonly FilterStep[] {
  const { changes, steps } = filterOf(name);
  if (changes === 'colour') return [];
  return changes === 'size'
    ? [nearest({ width: Number(options.w), height: Number(options.h) })]
    : steps(options);
}

function nearest({ width, height }: PictureSize): FilterStep {
  return ['scale', `w=${width}:h=${height}:flags=neighbor`];
}

/** To the encoder's format, from the frame's own or from what a filter before has made of it. */
function convert(
  frame: Frame,
  before: readonly PictureFilter[],
  { bitDepth, colour }: EncodedPicture,
  size: PictureSize,
): FilterStep[] {
  const isRecoloured = before.some(({ name }) => filterOf(name).recolour !== undefined);
  const picture = { ...size, bitDepth, colour };
  return isRecoloured
    ? conversionSteps('yuv444p10le', AVCOL_RANGE_MPEG, picture)
    : conversionSteps(formatName(frame), frame.colorRange, picture);
}

/** To the size for which filters were planned, in the frame's own format. */
function sizeSteps(frame: PictureSize, input: PictureSize): FilterStep[] {
  const crop = cropSteps(frame, input);
  if (crop.length > 0 || (frame.width === input.width && frame.height === input.height)) return crop;
  return [['scale', `w=${input.width}:h=${input.height}:flags=bicubic+accurate_rnd+bitexact`]];
}

function stepsOf(filters: readonly PictureFilter[]): FilterStep[] {
  return filters.flatMap(({ name, options }) => filterOf(name).steps(options));
}
