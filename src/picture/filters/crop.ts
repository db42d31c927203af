import { whole } from '../../encoder/params.ts';
import { MAX_PICTURE_SIDE } from '../../protocol/limits.ts';
import type { FilterDefinition } from '../filter-definition.ts';

const side = whole(2, MAX_PICTURE_SIDE);
const place = whole(0, MAX_PICTURE_SIDE);

/** Cuts the edges off. Sizes and places are even, as chroma has half the resolution. */
export const crop: FilterDefinition = {
  params: { w: side, h: side, x: place, y: place },
  required: ['w', 'h'],
  positional: ['w', 'h', 'x', 'y'],
  changes: 'geometry',
  wantsSource: false,
  complete({ w = '0', h = '0', x, y }, { size }) {
    const middle = (length: number, kept: string) => String(evenBelow((length - Number(kept)) / 2));
    return { w, h, x: x ?? middle(size.width, w), y: y ?? middle(size.height, h) };
  },
  reshape(shape, options) {
    const { width, height } = shape;
    const [w, h, x, y] = ['w', 'h', 'x', 'y'].map((key) => Number(options[key]));
    const words = `crop=${options.w}:${options.h}:${options.x}:${options.y}`;
    if ([w, h, x, y].some((value) => (value as number) % 2 !== 0)) {
      throw new Error(`${words} has odd numbers, expected even ones: chroma has half the resolution.`);
    }
    if ((w as number) + (x as number) > width || (h as number) + (y as number) > height) {
      throw new Error(`${words} reaches beyond the picture of ${width}x${height}.`);
    }
    return { ...shape, width: w as number, height: h as number };
  },
  steps: ({ w, h, x, y }) => [['crop', `w=${w}:h=${h}:x=${x}:y=${y}:exact=1`]],
};

function evenBelow(length: number): number {
  return Math.max(0, 2 * Math.floor(length / 2));
}
