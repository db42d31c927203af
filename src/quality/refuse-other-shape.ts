import type { Rational } from '../media/rational.ts';
import type { PictureSize } from '../media/source-video.ts';

export interface PictureShape extends PictureSize {
  readonly sampleAspectRatio: Rational;
}

/** A scaled picture's sides are even, so one may be so many pixels from what the other says. */
const ROUNDED = 2;

/**
 * A picture that was cropped is not the source's scaled: stretched over it, the source would have a score that says nothing.
 * Samples may have become square ones on the way.
 *
 * @param source what is known to have been done to it included.
 * @throws a sentence where the output has another shape than the source.
 */
export function refuseOtherShape(source: PictureShape, output: PictureShape): void {
  if (isScaled(source, output) || isScaled(shownSize(source), shownSize(output))) return;
  throw new Error(
    `The output's picture of ${output.width}x${output.height} has another shape than the source's of ${source.width}x${source.height}, so it was cropped or turned. Say what was done to it as it was submitted, with --autocrop or --crop-override.`,
  );
}

function isScaled(a: PictureSize, b: PictureSize): boolean {
  const isWidthRight = Math.abs((a.width * b.height) / a.height - b.width) <= ROUNDED;
  return isWidthRight || Math.abs((a.height * b.width) / a.width - b.height) <= ROUNDED;
}

/** In square pixels. */
function shownSize({ width, height, sampleAspectRatio: { num, den } }: PictureShape): PictureSize {
  return { width: (width * num) / den, height };
}
