import type { RecordedClip } from './recorded-costs.ts';
import { costOf } from './recorded-source.ts';

/** Whole numbers are tried up to here: far beyond, complexity would hardly count. */
const MOST = 32;

/** The complexity at which a frame costs twice a still one that predicts these clips' measured costs best. */
export function fitDoubling(clips: readonly RecordedClip[]): number {
  const candidates = Array.from({ length: MOST }, (_, place) => place + 1);
  const [best = Number.NaN] = candidates.sort((a, b) => errorOf(clips, a) - errorOf(clips, b));
  return best;
}

/** Standard deviation of the logarithm of measured ÷ predicted: a common factor is no error. */
function errorOf(clips: readonly RecordedClip[], doubling: number): number {
  const logs = clips.flatMap((clip) =>
    clip.chunks.map((chunk) => {
      const { frameCount, complexity, work } = costOf(chunk, clip);
      return Math.log(work / (frameCount + complexity / doubling));
    }),
  );
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);
}
