import type { PictureSize } from '../media/source-video.ts';
import type { CropPlace } from './plan-filters.ts';

/** First and last column and row of one frame that are not black; the first behind the last where all is black. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Fewer frames that are not black say nothing of a film. */
const LEAST_FRAMES = 3;
/** Less of a side than this is a title on black, not a picture between bars: a tall video in a wide one has 0.31. */
const LEAST_SHARE = 0.25;

/**
 * The part of the picture that some frame shows: the least crop of all frames wins. Black frames say nothing.
 *
 * @param size even sides.
 * @returns even numbers; null where nothing is black, or nothing certain.
 */
export function pictureInside(boxes: readonly Box[], size: PictureSize): CropPlace | null {
  const seen = boxes.filter(({ left, top, right, bottom }) => left < right && top < bottom);
  if (seen.length < LEAST_FRAMES) return null;
  const x = evenBelow(Math.min(...seen.map(({ left }) => left)));
  const y = evenBelow(Math.min(...seen.map(({ top }) => top)));
  const right = Math.min(size.width, evenAbove(Math.max(...seen.map((box) => box.right)) + 1));
  const bottom = Math.min(size.height, evenAbove(Math.max(...seen.map((box) => box.bottom)) + 1));
  const [width, height] = [right - x, bottom - y];
  if (width === size.width && height === size.height) return null;
  if (width < LEAST_SHARE * size.width || height < LEAST_SHARE * size.height) return null;
  return { width, height, x, y };
}

function evenBelow(place: number): number {
  return place - (place % 2);
}

function evenAbove(place: number): number {
  return place + (place % 2);
}
