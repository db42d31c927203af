import { type AllocationGoal, allocate, type CurvePoint, type ShotCurve } from './allocate.ts';
import type { SharingRule } from './allocation.ts';
import { equalise } from './equalise.ts';
import { fillCurve } from './rate-curve.ts';
import type { CrfRange } from './search-crf.ts';

/** One chunk of a film whose bits are allocated. */
export interface SurveyedChunk {
  readonly frameCount: number;
  /** What was tried, each CRF once; at least one. */
  readonly measured: readonly CurvePoint[];
}

export interface FilmAllocation {
  readonly goal: AllocationGoal;
  readonly rule: SharingRule;
  readonly range: CrfRange;
  /** Score that the worst chunks may lose against one CRF for all. */
  readonly mayLose: number;
  /** A mean score this near to the goal is as good as met. */
  readonly slack: number;
  readonly chunks: ReadonlyMap<number, SurveyedChunk>;
}

/** CRFs between two tries of a survey: between them bytes and score are nearly as interpolated. */
const SURVEY_STEP = 9;

/** A hull needs its bend, which a chunk has at a place of its own. */
const SURVEY_COUNT = 4;

/** So far beyond what was tried a chunk's curve is believed. */
const BELIEVED_CRFS = SURVEY_STEP;

/** What was tried this near to where a chunk should be is taken: both are hardly told apart. */
const NEAR_CRFS = 1;

/** Rounds of tries that follow a survey; then the best of what was tried is taken. */
export const MOST_ROUNDS = 3;

/** Of each round the chunks that were decided otherwise are tried once more. */
export const MOST_ALLOCATION_PROBES = SURVEY_COUNT + MOST_ROUNDS;

/** CRFs at which every chunk is tried before anything is chosen, spread around the film's likely one. */
export function surveyCrfs(likely: number, { min, max, step }: CrfRange): number[] {
  const span = Math.min(max - min, (SURVEY_COUNT - 1) * SURVEY_STEP);
  const first = Math.min(max - span, Math.max(min, likely - span / 2));
  const crfs = Array.from({ length: SURVEY_COUNT }, (_, place) => {
    const crf = first + (place * span) / (SURVEY_COUNT - 1);
    return Math.min(max, Math.max(min, Math.round(crf / step) * step));
  });
  return [...new Set(crfs)];
}

/** Bytes this near to the goal are as good as all of them. */
const SPENT_SHARE = 0.99;

/** More bytes than this times what the curves promise are worth another round of tries. */
const DEARER_SHARE = 1.02;

/**
 * The CRF of each chunk at which the film meets its goal best, as far as the chunks' curves are known: at equal slope, and
 * no worst chunk much worse than with one CRF for all. Where more was tried than a survey it is chosen if it is near enough,
 * and after the last round always.
 *
 * @param round from 1 on.
 */
export function decideFilm(film: FilmAllocation, round: number): Map<number, number> {
  const numbers = [...film.chunks.keys()].sort((a, b) => a - b);
  const chunks = numbers.flatMap((number) => film.chunks.get(number) ?? []);
  const floors = floorsOf(film, chunks);
  const choose = (goal: AllocationGoal, pointsOf: (chunk: SurveyedChunk) => readonly CurvePoint[]) => {
    const shots = chunks.map((chunk, place): ShotCurve => {
      const leastScore = floors[place] ?? Number.NEGATIVE_INFINITY;
      return { frameCount: chunk.frameCount, points: pointsOf(chunk), leastScore };
    });
    return share(shots, goal, film.rule);
  };
  const tried = choose(slackened(film), ({ measured }) => measured);
  const isRefined = chunks.some(({ measured }) => measured.length > SURVEY_COUNT);
  // How far chunks are from being equal shows nowhere in the film's mean.
  const mayLand = isRefined && film.rule.type === 'slope';
  const likely = choose(film.goal, ({ measured }) => worthTrying(measured, film.range));
  const isLanding = isNear(film, chunks, tried) && isNearlyBest(film, chunks, tried, likely);
  const isTaken = round > MOST_ROUNDS || (mayLand && isLanding);
  const chosen = isTaken ? tried : likely;
  return new Map(
    numbers.flatMap((number, place) => {
      const point = chosen[place];
      return point === undefined ? [] : [[number, point.crf] as const];
    }),
  );
}

function share(shots: readonly ShotCurve[], goal: AllocationGoal, rule: SharingRule): CurvePoint[] {
  if (rule.type === 'slope' || !('bytes' in goal)) return allocate(shots, goal);
  return equalise(shots, { bytes: goal.bytes, mostScore: rule.mostScore });
}

function slackened({ goal, slack }: FilmAllocation): AllocationGoal {
  return 'bytes' in goal ? goal : { meanScore: goal.meanScore - slack };
}

function isNear(
  { goal, slack }: FilmAllocation,
  chunks: readonly SurveyedChunk[],
  points: readonly CurvePoint[],
): boolean {
  if ('bytes' in goal) {
    const bytes = bytesOf(points);
    return bytes <= goal.bytes && bytes >= SPENT_SHARE * goal.bytes;
  }
  return Math.abs(meanScore(chunks, points) - goal.meanScore) <= slack;
}

/**
 * Whether what was tried is hardly worse than what the curves promise. Of what an earlier goal tried there is always something that is
 * near to another one, and may take more bytes than one CRF for all.
 */
function isNearlyBest(
  { goal, slack }: FilmAllocation,
  chunks: readonly SurveyedChunk[],
  tried: readonly CurvePoint[],
  likely: readonly CurvePoint[],
): boolean {
  if ('bytes' in goal) return meanScore(chunks, tried) >= meanScore(chunks, likely) - slack;
  return bytesOf(tried) <= DEARER_SHARE * bytesOf(likely);
}

function bytesOf(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Over the film's frames. */
export function meanScore(
  chunks: readonly { readonly frameCount: number }[],
  points: readonly { readonly score: number }[],
): number {
  const frames = chunks.reduce((sum, { frameCount }) => sum + frameCount, 0);
  return (
    chunks.reduce((sum, chunk, place) => sum + chunk.frameCount * (points[place]?.score ?? 0), 0) / frames
  );
}

/** One CRF for all chunks, and what it would bring by their curves. */
export interface OneCrf {
  readonly crf: number;
  readonly bytes: number;
  /** By chunk, in the order in which they were given. */
  readonly points: readonly CurvePoint[];
}

/** The one CRF that meets the goal with the fewest bytes, or best with the bytes there are; the nearest where none does. */
export function oneCrfFor(
  { goal, range }: Pick<FilmAllocation, 'goal' | 'range'>,
  chunks: readonly SurveyedChunk[],
): OneCrf | null {
  const curves = chunks.map(({ measured }) => byCrf(wholeCurve(measured, range)));
  const [first] = curves;
  if (first === undefined) return null;
  const crfs = [...first.keys()]
    .filter((crf) => curves.every((curve) => curve.has(crf)))
    .sort((a, b) => a - b);
  const all = crfs.map((crf): OneCrf => {
    const points = curves.flatMap((curve) => curve.get(crf) ?? []);
    return { crf, bytes: bytesOf(points), points };
  });
  const fits = ({ bytes, points }: OneCrf) =>
    'bytes' in goal ? bytes <= goal.bytes : meanScore(chunks, points) >= goal.meanScore;
  return ('bytes' in goal ? (all.find(fits) ?? all.at(-1)) : (all.findLast(fits) ?? all[0])) ?? null;
}

/** No chunk may fall far below what one CRF would give it, nor, if it was better than the worst twentieth, far below that. */
function floorsOf(film: FilmAllocation, chunks: readonly SurveyedChunk[]): number[] {
  const one = oneCrfFor(film, chunks);
  if (one === null) return [];
  const scores = one.points.map(({ score }) => score);
  const sorted = [...scores].sort((a, b) => a - b);
  const low = sorted[Math.floor(LOW_SHARE * (sorted.length - 1))] ?? 0;
  return scores.map((score) => Math.min(score, low) - film.mayLose);
}

const LOW_SHARE = 0.05;

/** What was tried, and CRFs that are not too near to it to be worth another try. */
function worthTrying(measured: readonly CurvePoint[], range: CrfRange): CurvePoint[] {
  const tried = new Set(measured.map(({ crf }) => crf));
  return wholeCurve(measured, range).filter(
    ({ crf }) => tried.has(crf) || measured.every((point) => Math.abs(point.crf - crf) > NEAR_CRFS),
  );
}

function wholeCurve(measured: readonly CurvePoint[], range: CrfRange): CurvePoint[] {
  return fillCurve(measured, range, BELIEVED_CRFS);
}

function byCrf(points: readonly CurvePoint[]): ReadonlyMap<number, CurvePoint> {
  return new Map(points.map((point) => [point.crf, point]));
}
