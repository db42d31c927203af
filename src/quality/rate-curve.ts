import type { CurvePoint } from './allocate.ts';
import { monotoneCubic } from './monotone-cubic.ts';
import type { CrfRange } from './search-crf.ts';

/**
 * A shot's points at every CRF between its outermost measured ones, and so many beyond. Between them the score and the
 * logarithm of the bytes bend evenly: a straight line lies below the scores by 0.1 to 0.6 VMAF in the middle of nine CRFs,
 * this curve by 0.1 at most (docs/measurements.md). Beyond them both go on as between the outermost two.
 *
 * @param measured at least one point, each CRF once.
 */
export function fillCurve(
  measured: readonly CurvePoint[],
  { min, max, step }: CrfRange,
  beyond = 0,
): CurvePoint[] {
  const sorted = [...measured].sort((a, b) => a.crf - b.crf);
  const [first, second] = sorted;
  const [beforeLast, last] = sorted.slice(-2);
  if (first === undefined || second === undefined || beforeLast === undefined || last === undefined)
    return sorted;
  const filled = between(sorted, step);
  for (let crf = first.crf - step; crf >= Math.max(min, first.crf - beyond); crf -= step)
    filled.unshift(onLine(first, second, crf));
  for (let crf = last.crf + step; crf <= Math.min(max, last.crf + beyond); crf += step)
    filled.push(onLine(beforeLast, last, crf));
  return filled;
}

function between(sorted: readonly CurvePoint[], step: number): CurvePoint[] {
  const crfs = sorted.map(({ crf }) => crf);
  const scoreAt = monotoneCubic(
    crfs,
    sorted.map(({ score }) => score),
  );
  const logBytesAt = monotoneCubic(
    crfs,
    sorted.map(({ bytes }) => Math.log(bytes)),
  );
  return sorted.flatMap((point, index) => {
    const points = [point];
    const end = crfs[index + 1] ?? point.crf;
    for (let crf = point.crf + step; crf < end; crf += step)
      points.push({ crf, bytes: Math.exp(logBytesAt(crf)), score: scoreAt(crf) });
    return points;
  });
}

function onLine(from: CurvePoint, to: CurvePoint, crf: number): CurvePoint {
  const share = (crf - from.crf) / (to.crf - from.crf);
  const bytes = Math.exp(Math.log(from.bytes) * (1 - share) + Math.log(to.bytes) * share);
  return { crf, bytes, score: from.score * (1 - share) + to.score * share };
}
