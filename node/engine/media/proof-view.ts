import { AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_TOP_FIELD_FIRST } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import { gridStep } from '../../../src/media/sketch.ts';
import type { PictureSize } from '../../../src/media/source-video.ts';
import type { FilterOptions, FilterStep } from '../../../src/picture/filter-definition.ts';
import { type Filtering, filterOf, type PictureFilter } from '../../../src/picture/picture-filters.ts';
import { formatName } from './filter-chain.ts';
import { convert, type PictureSettings, sizeSteps, stepsOf } from './filter-steps.ts';
import { convertBy, type FrameConverter } from './to-encoder-format.ts';

/** What of a frame is seen behind a deinterlacer: the rows of one field, those between are made up; or all of them. */
type Seen = 'top' | 'bottom' | 'whole';

/**
 * Makes of a source's frame what the small picture of its encode is to be compared with: filters that the small picture
 * shows are applied. Null where none is shown. Nothing is averaged: as many samples are left as the sketch of the encode
 * takes of it, from the same places, so that what differs by motion is not hidden by what differs by sampling.
 */
export function openProofView({ picture, filtering }: PictureSettings): FrameConverter | null {
  if (filtering === null) return null;
  const { filters } = filtering;
  if (filters.every(({ name }) => filterOf(name).changes === 'texture')) return null;
  const weaver = filters.find(({ name }) => filterOf(name).changes === 'fields');
  // Streams mix frames of both kinds, and a converter that is made anew for each would take most of the time.
  const views = new Map<Seen, FrameConverter>();
  return {
    convert(frame) {
      const seen = weaver === undefined ? 'whole' : seenOf(frame, weaver.options);
      const view = views.get(seen) ?? openView(picture, filtering, seen);
      views.set(seen, view);
      return view.convert(frame);
    },
    free() {
      for (const view of views.values()) view.free();
    },
  };
}

function openView(picture: EncodedPicture, { filters, input }: Filtering, seen: Seen): FrameConverter {
  const kinds = filters.map(({ name }) => filterOf(name).changes);
  const last = kinds.findLastIndex((kind) => kind === 'geometry' || kind === 'fields');
  const moving = filters.slice(0, 1 + last);
  const colours = filters.filter((_, i) => kinds[i] === 'colour');
  const isSampled = kinds.includes('size') || colours.length > 0;
  return convertBy((frame) => {
    const steps = [...sizeSteps(frame, input), ...moving.flatMap((filter) => viewSteps(filter, seen))];
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
function viewSteps({ name, options }: PictureFilter, seen: Seen): readonly FilterStep[] {
  const { changes, steps } = filterOf(name);
  switch (changes) {
    case 'fields':
      return seen === 'whole' ? [] : fieldSteps(seen);
    case 'size':
      return [nearest({ width: Number(options.w), height: Number(options.h) })];
    case 'geometry':
      return steps(options);
    case 'colour':
    case 'texture':
      return [];
  }
}

/** One field in the height of both: it comes half a frame before or after the other one, and what moves is elsewhere in it. */
function fieldSteps(field: 'top' | 'bottom'): FilterStep[] {
  return [
    ['field', `type=${field}`],
    ['scale', 'w=iw:h=2*ih:flags=bilinear+accurate_rnd+bitexact'],
  ];
}

/** The field that FFmpeg's deinterlacer keeps: the first one, by default that which the frame names, or the top one. */
function seenOf(frame: Frame, { deint, parity }: FilterOptions): Seen {
  const isInterlaced = frame.hasFlags(AV_FRAME_FLAG_INTERLACED);
  if (deint === 'interlaced' && !isInterlaced) return 'whole';
  if (parity === 'tff') return 'top';
  if (parity === 'bff') return 'bottom';
  return !isInterlaced || frame.hasFlags(AV_FRAME_FLAG_TOP_FIELD_FIRST) ? 'top' : 'bottom';
}

function nearest({ width, height }: PictureSize): FilterStep {
  return ['scale', `w=${width}:h=${height}:flags=neighbor`];
}
