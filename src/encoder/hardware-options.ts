/** Frames from a keyframe to the next: the most that all of FFmpeg's hardware encoders can count, and more than a chunk has. */
export const ENDLESS_GOP = '65535';
