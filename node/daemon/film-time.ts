import type { FrameRange } from '../../src/media/frame-range.ts';
import type { Rational } from '../../src/media/rational.ts';
import type { ScanFiles } from '../storage/scan-files.ts';

/** When frames are shown, in seconds from the film's first one. */
export interface ShownSeconds {
  readonly from: number;
  /** About when the next frame follows. */
  readonly until: number;
}

/** Reads it in the scan's records, whatever the frame rate does. */
export async function shownSeconds(
  { startFrame, endFrame }: FrameRange,
  files: ScanFiles,
  timeBase: Rational,
): Promise<ShownSeconds> {
  const ptsOf = async (frame: number): Promise<bigint> =>
    (await files.frames(frame, frame + 1))[0]?.pts ?? 0n;
  const zero = await ptsOf(0);
  const secondsOf = (pts: bigint): number => (Number(pts - zero) * timeBase.num) / timeBase.den;
  const from = secondsOf(await ptsOf(startFrame));
  const last = secondsOf(await ptsOf(endFrame - 1));
  const steps = endFrame - 1 - startFrame;
  // Of a single frame nothing is known but that it is shown.
  return { from, until: steps === 0 ? last : last + (last - from) / steps };
}
