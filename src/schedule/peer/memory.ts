import type { EncodeSettings } from '../../encoder/settings.ts';

/** An encoding child before its first picture: Node, FFmpeg's code, the slice's buffers. */
const CHILD_BYTES = 100_000_000;

/** SVT-AV1 at its slow presets and the decoder's frames, for each pixel of a picture (0.5 to 0.9 GB at 1080p). */
const BYTES_PER_PIXEL = 440;

/** What one encode at these settings is reckoned to need. */
export function estimateEncodeBytes(settings: EncodeSettings): number {
  const { width, height } = settings.picture;
  return CHILD_BYTES + width * height * BYTES_PER_PIXEL;
}
