/** Half-open range of frames in presentation order: `startFrame` is in it, `endFrame` is not. */
export interface FrameRange {
  readonly startFrame: number;
  readonly endFrame: number;
}

/** Number of frames in the range. */
export function frameCount(range: FrameRange): number {
  return range.endFrame - range.startFrame;
}
