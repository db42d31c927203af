/**
 * The curve through these points that is smooth and keeps between each two of them: piecewise cubics (PCHIP: Fritsch and
 * Butland 1984). Beyond the outermost points it means nothing.
 *
 * @param x rising, at least two.
 * @param y as many.
 */
export function monotoneCubic(x: readonly number[], y: readonly number[]): (at: number) => number {
  const slopes = tangents(x, y);
  return (at) => {
    const before = x.findLastIndex((known) => known <= at);
    const place = Math.min(x.length - 2, Math.max(0, before));
    const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [x[place], x[place + 1], y[place], y[place + 1]];
    const [m0 = 0, m1 = 0] = [slopes[place], slopes[place + 1]];
    const width = x1 - x0;
    const t = (at - x0) / width;
    return (
      y0 * (1 + 2 * t) * (1 - t) ** 2 +
      m0 * width * t * (1 - t) ** 2 +
      y1 * t ** 2 * (3 - 2 * t) +
      m1 * width * t ** 2 * (t - 1)
    );
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
