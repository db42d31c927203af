import type { CrfGuess, Probe } from './search-crf.ts';

/** How many of the film's latest chunks speak for one: pictures change. */
const CHUNKS_HEARD = 7;

/** How much scores differ from what is expected of them, as standard deviations. */
interface Spread {
  /** CRFs by which the aim is met earlier or later. */
  readonly crfs: number;
  /** Share by which a CRF takes away more or less. */
  readonly slope: number;
  /** Correlation of both: what is better at one CRF gets worse faster. */
  readonly together: number;
}

/**
 * Of films, and of the chunks of one. Found on recorded curves of five films (SVT-AV1, VMAF on its straight scale); whatever
 * they are, they decide only how soon a film's own chunks are believed.
 */
const FILMS: Spread = { crfs: 5, slope: 0.4, together: 0.7 };
const CHUNKS: Spread = { crfs: 2.5, slope: 0.22, together: 0.6 };

/** CRFs by which a single score is beside its curve: encoders do not go evenly from one CRF to the next. */
const JITTER_CRFS = 0.35;

/** Correlation of one chunk with the next one, and chunks after which it has fallen by e. */
const NEXT_CHUNK = 0.5 * Math.exp(-1 / 2);
const CHUNKS_ALIKE = 2;

/** Share of the expected slope: what seems flatter is taken for that. */
const LEAST_SLOPE = 0.2;

/** What each chunk of the film probed, the one with the latest probe last. */
export type FilmProbes = ReadonlyMap<number, readonly Probe[]>;

/** One probe on the scale of the expected curve: of it, CRFs are counted from where it meets the aim. */
interface Sighting {
  readonly chunk: number;
  readonly crf: number;
  /** CRFs by which the score is better than expected. */
  readonly better: number;
}

/**
 * The CRF at which a chunk probably meets the aim, of all that is known: what it was tried at itself, its film's latest
 * chunks, its neighbours most, and `start` the less the more there is of these. Every chunk's score is taken for a straight line,
 * whose height and slope are what is expected, plus what is the film's own, plus what is the chunk's own; the most likely line
 * follows from the probes (best linear unbiased prediction, Henderson 1975). It chooses where to look next; what is
 * accepted was measured.
 *
 * @param start what is expected of a film of which nothing is known.
 */
export function guessCrf(film: FilmProbes, chunk: number, aim: number, start: CrfGuess): number {
  const own = film.get(chunk) ?? [];
  const others = [...film].filter(([other, probes]) => other !== chunk && probes.length > 0);
  const sightings = [...others.slice(-CHUNKS_HEARD), [chunk, own] as const].flatMap(([of, probes]) =>
    probes.map(({ crf, score }): Sighting => {
      const beyond = crf - start.crf;
      return { chunk: of, crf: beyond, better: (score - aim) / start.scorePerCrf + beyond };
    }),
  );
  const weights = solve(
    sightings.map((a, row) =>
      sightings.map((b, column) => likeness(a, b) + (row === column ? JITTER_CRFS ** 2 : 0)),
    ),
    sightings.map(({ better }) => better),
  );
  const betterAt = (crf: number) =>
    sightings.reduce((sum, seen, i) => sum + (weights[i] ?? 0) * likeness(seen, { chunk, crf }), 0);
  const atStart = betterAt(0);
  const slope = Math.max(LEAST_SLOPE, 1 + atStart - betterAt(1));
  if (own.length === 0) return start.crf + atStart / slope;
  // Of what it has itself no more than the slope is guessed.
  const nearest = own.reduce((best, probe) =>
    Math.abs(probe.score - aim) < Math.abs(best.score - aim) ? probe : best,
  );
  return nearest.crf + (nearest.score - aim) / (slope * start.scorePerCrf);
}

type Place = Pick<Sighting, 'chunk' | 'crf'>;

/** Covariance of two scores, in CRFs squared. */
function likeness(a: Place, b: Place): number {
  const apart = Math.abs(a.chunk - b.chunk);
  const alike = apart === 0 ? 1 : NEXT_CHUNK * Math.exp((1 - apart) / CHUNKS_ALIKE);
  return covariance(FILMS, a.crf, b.crf) + alike * covariance(CHUNKS, a.crf, b.crf);
}

/** Of a line that varies so, at two places. */
function covariance({ crfs, slope, together }: Spread, a: number, b: number): number {
  return crfs * crfs - together * crfs * slope * (a + b) + slope * slope * a * b;
}

/** Solves a system of equations whose matrix is symmetric and positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (const [i, pivot] of rows.entries()) {
    for (const row of rows.slice(i + 1)) {
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k < row.length; k += 1) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  const solution = new Array<number>(rows.length).fill(0);
  for (const [i, row] of [...rows.entries()].reverse()) {
    const known = solution.reduce((sum, value, k) => sum + (k > i ? value * (row[k] ?? 0) : 0), 0);
    solution[i] = ((row.at(-1) ?? 0) - known) / (row[i] ?? 1);
  }
  return solution;
}
