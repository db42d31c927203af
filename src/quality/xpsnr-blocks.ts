import type { PictureSize } from '../media/source-video.ts';

/** The picture to which XPSNR's blocks of 128 belong (ITU-T P.910); those of others are smaller by as much as they are. */
const FULL = { pixels: 3840 * 2160, blocks: 32 };

/** Above this many pixels FFmpeg's filter looks at the activity of two columns at once. */
const MOST_FINE_PIXELS = 2048 * 1152;

/**
 * Throws a sentence for a picture of which FFmpeg's XPSNR filter says nothing true: one so small that it has no block, by
 * which the filter divides, and one whose last blocks are too narrow to have an activity, so that they weigh as if
 * nothing hid their errors.
 */
export function refuseUnscorable({ width, height }: PictureSize): void {
  const pixels = width * height;
  const block = 4 * Math.trunc(FULL.blocks * Math.sqrt(pixels / FULL.pixels) + 0.5);
  const border = pixels > MOST_FINE_PIXELS ? 2 : 1;
  const isNarrow = (length: number): boolean => length % block > 0 && length % block <= border;
  if (block > 0 && !isNarrow(width) && !isNarrow(height)) return;
  throw new Error(
    `XPSNR, as FFmpeg measures it, says nothing of a picture of ${width}x${height}: ${block === 0 ? 'it is too small' : `its blocks of ${block} pixels leave ${border} or less at an edge`}. Take VMAF or SSIM, or crop or scale to another size.`,
  );
}
