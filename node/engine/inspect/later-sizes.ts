import type { FormatContext, Stream } from 'node-av/lib';
import type { PictureSize } from '../../../src/media/source-video.ts';
import { spreadLooks } from './spread-looks.ts';

/** Two recordings that were joined show, and a look takes 0.1 s in 1080p. */
const PLACES = 6;

/**
 * Decodes a keyframe at some places of a file and tells each size that is not the one given, once. A change that lies
 * between two places and goes back before the second is missed: the scan sees every frame.
 *
 * @param format moved to other places; read nothing else from it afterwards.
 */
export async function laterSizes(
  format: FormatContext,
  stream: Stream,
  fileBytes: number,
  first: PictureSize,
): Promise<PictureSize[]> {
  const sizes: PictureSize[] = [];
  for await (const { width, height } of spreadLooks(format, stream, fileBytes, PLACES)) {
    if (![first, ...sizes].some((known) => known.width === width && known.height === height)) {
      sizes.push({ width, height });
    }
  }
  return sizes;
}
