import { AVCOL_RANGE_MPEG } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { EncodedPicture, EncodeSettings } from '../../../src/encoder/settings.ts';
import type { PictureSize } from '../../../src/media/source-video.ts';
import type { FilterStep } from '../../../src/picture/filter-definition.ts';
import { filterOf, type PictureFilter, shapeBehind } from '../../../src/picture/picture-filters.ts';
import { formatName } from './filter-chain.ts';
import { conversionSteps, cropSteps, encoderFormat } from './to-encoder-format.ts';

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

/** To the encoder's format, from the frame's own or from what a filter before has made of it. */
export function convert(
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
export function sizeSteps(frame: PictureSize, input: PictureSize): FilterStep[] {
  const crop = cropSteps(frame, input);
  if (crop.length > 0 || (frame.width === input.width && frame.height === input.height)) return crop;
  return [['scale', `w=${input.width}:h=${input.height}:flags=bicubic+accurate_rnd+bitexact`]];
}

export function stepsOf(filters: readonly PictureFilter[]): FilterStep[] {
  return filters.flatMap(({ name, options }) => filterOf(name).steps(options));
}
