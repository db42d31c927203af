import { monotoneCubic } from './monotone-cubic.ts';

/** A film at some setting. */
export interface RatePoint {
  readonly bytes: number;
  readonly score: number;
}

/** Of each interval between two points the integral is taken in so many steps. */
const STEPS = 200;

/**
 * Bjøntegaard's delta (ITU-T VCEG-M33, 2001): by how much more or fewer bytes `other` has the same scores than `base`, on
 * average over the scores that both reach, as a share; below 0 is fewer. Bytes' logarithms are interpolated by piecewise
 * cubics that keep between their points (PCHIP: Fritsch and Butland 1984), as JCT-VC's later sheets do instead of one cubic.
 * Null where the two have no scores in common.
 */
export function bdRate(base: readonly RatePoint[], other: readonly RatePoint[]): number | null {
  const [from, to] = [curveOf(base), curveOf(other)];
  const low = Math.max(from.low, to.low);
  const high = Math.min(from.high, to.high);
  if (!(high > low)) return null;
  let sum = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const score = low + ((step + 0.5) * (high - low)) / STEPS;
    sum += to.at(score) - from.at(score);
  }
  return Math.exp(sum / STEPS) - 1;
}

interface Curve {
  readonly low: number;
  readonly high: number;
  /** The logarithm of the bytes. */
  at(score: number): number;
}

function curveOf(points: readonly RatePoint[]): Curve {
  const sorted = [...points].sort((a, b) => a.score - b.score);
  const scores = sorted.map(({ score }) => score);
  const at = monotoneCubic(
    scores,
    sorted.map(({ bytes }) => Math.log(bytes)),
  );
  return { low: scores[0] ?? Number.NaN, high: scores.at(-1) ?? Number.NaN, at };
}
