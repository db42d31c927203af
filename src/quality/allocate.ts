/** One way to encode a shot. */
export interface CurvePoint {
  readonly crf: number;
  readonly bytes: number;
  /** Pooled over the shot's frames. */
  readonly score: number;
}

/** What a shot costs and is worth at several CRFs, measured or interpolated; at least one point. */
export interface ShotCurve {
  readonly frameCount: number;
  readonly points: readonly CurvePoint[];
  /** No point below this score is chosen, if the shot has a better one. */
  readonly leastScore: number;
}

/** What the whole film is to have: a mean score over its frames with the fewest bytes, or the best mean for its bytes. */
export type AllocationGoal = { readonly meanScore: number } | { readonly bytes: number };

/** One step along a shot's hull: so many bytes more bring so much more score, summed over its frames. */
interface HullStep {
  readonly shot: number;
  readonly to: CurvePoint;
  readonly bytes: number;
  readonly gain: number;
}

/**
 * Chooses a point for each shot so that the film meets its goal best: at the optimum the last byte spent on any shot
 * buys equally much (constant slope, Ortega and Ramchandran 1998). Every shot starts at its cheapest point; the steps of
 * all shots' convex hulls are then taken in order of what a byte buys.
 *
 * @returns one point a shot. A goal out of reach gives the nearest: all best, or all cheapest.
 */
export function allocate(shots: readonly ShotCurve[], goal: AllocationGoal): CurvePoint[] {
  const hulls = shots.map(({ points, leastScore }) => upperHull(allowed(points, leastScore)));
  const chosen = hulls.map((hull) => hull[0] as CurvePoint);
  const frames = shots.map(({ frameCount }) => frameCount);
  let bytes = chosen.reduce((sum, point) => sum + point.bytes, 0);
  let total = chosen.reduce((sum, point, shot) => sum + point.score * (frames[shot] ?? 0), 0);
  const wanted = 'meanScore' in goal ? goal.meanScore * sum(frames) : Number.POSITIVE_INFINITY;
  const budget = 'bytes' in goal ? goal.bytes : Number.POSITIVE_INFINITY;
  const stopped = new Set<number>();
  for (const step of steepestFirst(hulls, frames)) {
    if (total >= wanted) break;
    // A shot's steps hang together: after one that does not fit, its later ones make no sense.
    if (stopped.has(step.shot)) continue;
    if (bytes + step.bytes > budget) {
      stopped.add(step.shot);
      continue;
    }
    chosen[step.shot] = step.to;
    bytes += step.bytes;
    total += step.gain;
  }
  return chosen;
}

function allowed(points: readonly CurvePoint[], leastScore: number): readonly CurvePoint[] {
  const good = points.filter(({ score }) => score >= leastScore);
  if (good.length > 0) return good;
  const best = points.reduce((most, point) => (point.score > most.score ? point : most));
  return [best];
}

/** The points that no mixture of two others beats, from the cheapest to the best. */
function upperHull(points: readonly CurvePoint[]): CurvePoint[] {
  const sorted = [...points].sort((a, b) => a.bytes - b.bytes || b.score - a.score);
  const hull: CurvePoint[] = [];
  for (const point of sorted) {
    const last = hull.at(-1);
    if (last !== undefined && point.score <= last.score) continue;
    while (hull.length >= 2 && isBelow(hull, point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** Whether the hull's last point lies under the line from the one before it to the new one. */
function isBelow(hull: readonly CurvePoint[], next: CurvePoint): boolean {
  const [before, last] = hull.slice(-2) as [CurvePoint, CurvePoint];
  const left = (last.score - before.score) * (next.bytes - last.bytes);
  const right = (next.score - last.score) * (last.bytes - before.bytes);
  return left <= right;
}

function steepestFirst(hulls: readonly (readonly CurvePoint[])[], frames: readonly number[]): HullStep[] {
  const steps = hulls.flatMap((hull, shot) =>
    hull.slice(1).map((to, index): HullStep => {
      const from = hull[index] as CurvePoint;
      const gain = (to.score - from.score) * (frames[shot] ?? 0);
      return { shot, to, bytes: to.bytes - from.bytes, gain };
    }),
  );
  return steps.sort(
    (a, b) => b.gain / b.bytes - a.gain / a.bytes || a.shot - b.shot || a.to.bytes - b.to.bytes,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
