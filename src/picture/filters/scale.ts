import { whole } from '../../encoder/params.ts';
import { type Rational, reduced } from '../../media/rational.ts';
import { MAX_PICTURE_SIDE } from '../../protocol/limits.ts';
import type { FilterDefinition, PictureShape } from '../filter-definition.ts';

/** Sides are rounded to even numbers: a smaller change of shape than this is nobody's wish. */
const ROUNDING = 0.01;

const side = whole(2, MAX_PICTURE_SIDE);

/** Makes the picture larger or smaller, bit-exact on every CPU. */
export const scale: FilterDefinition = {
  params: { w: side, h: side, flags: { words: ['lanczos', 'bicubic', 'spline', 'bilinear', 'area'] } },
  required: ['w', 'h'],
  positional: ['w', 'h'],
  changes: 'size',
  wantsSource: false,
  reshape(shape, { w, h }) {
    const [width, height] = [Number(w), Number(h)];
    if (width % 2 === 0 && height % 2 === 0)
      return { width, height, sampleAspectRatio: keptShape(shape, width, height) };
    throw new Error(`scale=${w}:${h} has an odd side, expected even ones: chroma has half the resolution.`);
  },
  steps: ({ w, h, flags = 'lanczos' }) => [['scale', `w=${w}:h=${h}:flags=${flags}+accurate_rnd+bitexact`]],
};

/** Samples become wider or narrower where the picture's sides do not change alike, so that it is shown in its old shape. */
function keptShape(
  { width, height, sampleAspectRatio }: PictureShape,
  newWidth: number,
  newHeight: number,
): Rational {
  const { num, den } = sampleAspectRatio;
  const change = (width * newHeight) / (height * newWidth);
  if (num === 0 || Math.abs(change - 1) < ROUNDING) return sampleAspectRatio;
  return reduced({ num: num * width * newHeight, den: den * height * newWidth });
}
