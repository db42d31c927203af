import type { EncodeSettings } from '../../encoder/settings.ts';

/** An encoding child before its first picture: Node, FFmpeg's code, the slice's buffers. */
const CHILD_BYTES = 100_000_000;

/**
 * SVT-AV1 at its slow presets holds some fifty 10-bit pictures and their reference structures, the decoder's frames
 * come on top: so much for each pixel of a picture (0.5 to 0.9 GB measured at 1080p).
 */
const BYTES_PER_PIXEL = 440;

/** Share of the memory that encodes may take of what they have and what is free: the rest is for the person there. */
const MEMORY_SHARE = 0.75;

/**
 * With less than this available the system begins to swap, and everything is slow at once: the greater of a part of
 * all memory and of what the caches of an idle desktop need.
 */
const FLOOR_SHARE = 0.05;
const FLOOR_BYTES = 256_000_000;

/** What one encode at these settings is reckoned to need. */
export function estimateEncodeBytes(settings: EncodeSettings): number {
  const { width, height } = settings.picture;
  return CHILD_BYTES + width * height * BYTES_PER_PIXEL;
}

/** Memory that all encodes together may take, by estimate. */
export function memoryBudget(availableBytes: number, encodesBytes: number): number {
  return Math.floor((availableBytes + encodesBytes) * MEMORY_SHARE);
}

/** Available memory below which an encode must go. */
export function memoryFloor(totalBytes: number): number {
  return Math.max(FLOOR_BYTES, totalBytes * FLOOR_SHARE);
}
