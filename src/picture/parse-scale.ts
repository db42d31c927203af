import { MAX_PICTURE_SIDE } from '../protocol/limits.ts';
import type { ScaleWish } from './plan-filters.ts';

/**
 * Reads `1280x720`, `1280x-2` (the other side follows from the picture's shape) or `720p` (the height).
 *
 * @throws a sentence.
 */
export function parseScale(text: string): ScaleWish {
  const [, lines] = /^(\d+)p$/.exec(text) ?? [];
  const [, width, height] =
    lines === undefined ? (/^(-?\d+)[x:](-?\d+)$/.exec(text) ?? []) : [text, '-2', lines];
  const wish = { width: sideOf(width), height: sideOf(height) };
  if (wish.width === undefined || wish.height === undefined || (wish.width ?? wish.height) === null) {
    throw new Error(
      `Expected a size such as 1280x720, 1280x-2 or 720p, with even sides of 2 to ${MAX_PICTURE_SIDE}.`,
    );
  }
  return { width: wish.width, height: wish.height };
}

/** Null for a side that follows; undefined for one that cannot be. */
function sideOf(text: string | undefined): number | null | undefined {
  const side = Number(text);
  if (side === -1 || side === -2) return null;
  return side >= 2 && side <= MAX_PICTURE_SIDE && side % 2 === 0 ? side : undefined;
}
