/** Frames from a keyframe to the next: the most that all of FFmpeg's hardware encoders can count, and more than a chunk has. */
export const ENDLESS_GOP = '65535';

/** What a definition says the same of every one of them. */
export const OF_ALL_HARDWARE = {
  passes: { quality: 1, bitrate: 1 },
  maxGrain: 0,
  bitDepth: 10,
  // Not measured: pictures that wait for the device, and the decoder's.
  bytesPerPixel: () => 400,
} as const;
