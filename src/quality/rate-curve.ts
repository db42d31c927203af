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

function pointBetween(from: CurvePoint, to: CurvePoint, crf: number): CurvePoint {
  const share = (crf - from.crf) / (to.crf - from.crf);
  const bytes = Math.exp(Math.log(from.bytes) * (1 - share) + Math.log(to.bytes) * share);
  return { crf, bytes, score: from.score * (1 - share) + to.score * share };
}
