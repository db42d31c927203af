import type { CurvePoint, ShotCurve } from './allocate.ts';

/** How bits follow complexity where every shot is to look equally good. */
export interface Evenness {
  readonly bytes: number;
  /** No shot needs a better score; null: bytes alone limit it. */
  readonly mostScore: number | null;
}

/** Bits a frame that a shot may have beside the film's mean, as in the tool from which `--autobitrate` comes. */
const SHARES = { least: 0.5, most: 1.35 };

/** Halvings of the span of scores: finer than any metric's noise. */
const HALVINGS = 40;

/**
 * Chooses a point for each shot so that all have the same score, as high as the bytes allow, but for shots that would take
 * far less or more bits than the mean.
 *
 * @returns one point a shot: the cheapest that has the score, or its best.
 */
export function equalise(shots: readonly ShotCurve[], { bytes, mostScore }: Evenness): CurvePoint[] {
  const frames = shots.reduce((sum, { frameCount }) => sum + frameCount, 0);
  const choices = shots.map(({ frameCount, points }) => withinShares(points, (bytes * frameCount) / frames));
  const scores = choices.flatMap((points) => points.map(({ score }) => score));
  let low = Math.min(...scores);
  let high = Math.min(Math.max(...scores), mostScore ?? Number.POSITIVE_INFINITY);
  if (bytesOf(atScore(choices, high)) <= bytes) return atScore(choices, high);
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (bytesOf(atScore(choices, middle)) <= bytes) low = middle;
    else high = middle;
  }
  return atScore(choices, low);
}

function atScore(choices: readonly (readonly CurvePoint[])[], score: number): CurvePoint[] {
  return choices.map((points) => {
    const good = points.filter((point) => point.score >= score);
    return good.length > 0
      ? good.reduce((least, point) => (point.bytes < least.bytes ? point : least))
      : points.reduce((best, point) => (point.score > best.score ? point : best));
  });
}

/** The nearest one where none is. */
function withinShares(points: readonly CurvePoint[], meanBytes: number): readonly CurvePoint[] {
  const [least, most] = [SHARES.least * meanBytes, SHARES.most * meanBytes];
  const within = points.filter(({ bytes }) => bytes >= least && bytes <= most);
  if (within.length > 0) return within;
  const distance = ({ bytes }: CurvePoint) => (bytes < least ? least / bytes : bytes / most);
  return [points.reduce((nearest, point) => (distance(point) < distance(nearest) ? point : nearest))];
}

function bytesOf(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0);
}
