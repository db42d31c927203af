import type { CurvePoint } from './allocate.ts';
import type { CrfRange } from './search-crf.ts';

/**
 * A shot's points at every CRF between its outermost measured ones: bytes fall by about the same share with every CRF,
 * so their logarithm is interpolated linearly; the score is nearly straight between neighbours.
 *
 * @param measured at least one point, each CRF once.
 */
export function fillCurve(measured: readonly CurvePoint[], { step }: CrfRange): CurvePoint[] {
  const sorted = [...measured].sort((a, b) => a.crf - b.crf);
  const filled: CurvePoint[] = [];
  for (const [index, point] of sorted.entries()) {
    filled.push(point);
    const next = sorted[index + 1];
    if (next === undefined) break;
    for (let crf = point.crf + step; crf < next.crf; crf += step) filled.push(pointBetween(point, next, crf));
  }
  return filled;
}

/** The same curve with a point at either end that lies so many CRFs beyond, as its outermost points go on. */
export function extendCurve(
  measured: readonly CurvePoint[],
  { min, max }: CrfRange,
  crfs: number,
): CurvePoint[] {
  const sorted = [...measured].sort((a, b) => a.crf - b.crf);
  const [first, second] = sorted;
  const [beforeLast, last] = sorted.slice(-2);
  if (first === undefined || second === undefined || beforeLast === undefined || last === undefined)
    return sorted;
  const low = Math.max(min, first.crf - crfs);
  const high = Math.min(max, last.crf + crfs);
  return [
    ...(low < first.crf ? [pointBetween(first, second, low)] : []),
    ...sorted,
    ...(high > last.crf ? [pointBetween(beforeLast, last, high)] : []),
  ];
}

function pointBetween(from: CurvePoint, to: CurvePoint, crf: number): CurvePoint {
  const share = (crf - from.crf) / (to.crf - from.crf);
  const bytes = Math.exp(Math.log(from.bytes) * (1 - share) + Math.log(to.bytes) * share);
  return { crf, bytes, score: from.score * (1 - share) + to.score * share };
}
