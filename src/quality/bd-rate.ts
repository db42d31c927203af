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
  const x = sorted.map(({ score }) => score);
  const y = sorted.map(({ bytes }) => Math.log(bytes));
  const slopes = tangents(x, y);
  return {
    low: x[0] ?? Number.NaN,
    high: x.at(-1) ?? Number.NaN,
    at(score) {
      const place = Math.min(
        x.length - 2,
        Math.max(
          0,
          x.findLastIndex((known) => known <= score),
        ),
      );
      const [x0, x1, y0, y1] = [x[place], x[place + 1], y[place], y[place + 1]] as [
        number,
        number,
        number,
        number,
      ];
      const width = x1 - x0;
      const t = (score - x0) / width;
      const [m0 = 0, m1 = 0] = [slopes[place], slopes[place + 1]];
      return (
        y0 * (1 + 2 * t) * (1 - t) ** 2 +
        m0 * width * t * (1 - t) ** 2 +
        y1 * t ** 2 * (3 - 2 * t) +
        m1 * width * t ** 2 * (t - 1)
      );
    },
  };
}

/** The slope of the curve at each of its points: that of its neighbours' secants, and nothing where it turns. */
function tangents(x: readonly number[], y: readonly number[]): number[] {
  const widths = x.slice(1).map((next, place) => next - (x[place] ?? 0));
  const secants = widths.map((width, place) =>
    width === 0 ? 0 : ((y[place + 1] ?? 0) - (y[place] ?? 0)) / width,
  );
  return x.map((_, place) => {
    const [before, after] = [secants[place - 1], secants[place]];
    const [left = 0, right = 0] = [widths[place - 1], widths[place]];
    if (before !== undefined && after !== undefined) return meanSlope(left, right, before, after);
    if (after !== undefined) return endSlope(right, widths[1], after, secants[1]);
    return before === undefined ? 0 : endSlope(left, widths[place - 2], before, secants[place - 2]);
  });
}

/** Harmonic, weighted by how near each neighbour is. */
function meanSlope(left: number, right: number, before: number, after: number): number {
  if (before * after <= 0) return 0;
  const [weightBefore, weightAfter] = [2 * right + left, right + 2 * left];
  return (weightBefore + weightAfter) / (weightBefore / before + weightAfter / after);
}

/** Of the parabola through the last three points, as far as it does not turn. */
function endSlope(width: number, next: number | undefined, secant: number, nextSecant: number | undefined) {
  if (next === undefined || nextSecant === undefined) return secant;
  const slope = ((2 * width + next) * secant - width * nextSecant) / (width + next);
  if (slope * secant <= 0) return 0;
  return secant * nextSecant <= 0 && Math.abs(slope) > 3 * Math.abs(secant) ? 3 * secant : slope;
}
