import type { CrfGuess, Probe } from './search-crf.ts';

/** How many of the film's latest chunks speak for the next one: pictures change, and a median needs a few. */
const CHUNKS_HEARD = 7;

/** What each chunk of the film probed, the one with the latest probe last. */
export type FilmProbes = readonly (readonly Probe[])[];

/**
 * Where to begin a chunk's search: the median of the CRFs at which the film's latest chunks would have met the aim, and
 * the median of how steep they were. It chooses the first probe only; what is accepted was measured.
 *
 * @param start for the film's first chunk.
 */
export function guessCrf(film: FilmProbes, aim: number, start: CrfGuess): CrfGuess {
  const heard = film.filter((probes) => probes.length > 0).slice(-CHUNKS_HEARD);
  if (heard.length === 0) return start;
  const slopes = heard.flatMap((probes) => slopeOf(probes) ?? []);
  const scorePerCrf = slopes.length === 0 ? start.scorePerCrf : median(slopes);
  return { crf: median(heard.map((probes) => crfAt(probes, aim, scorePerCrf))), scorePerCrf };
}

/** The CRF at which a chunk would have met the aim, by its probe nearest to that. */
function crfAt(probes: readonly Probe[], aim: number, scorePerCrf: number): number {
  const nearest = probes.reduce((best, probe) =>
    Math.abs(probe.score - aim) < Math.abs(best.score - aim) ? probe : best,
  );
  return nearest.crf + (nearest.score - aim) / scorePerCrf;
}

/** Null for one probe alone and for a chunk that does not get worse. */
function slopeOf(probes: readonly Probe[]): number | null {
  const sorted = [...probes].sort((a, b) => a.crf - b.crf);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined || first.crf === last.crf) return null;
  const slope = (first.score - last.score) / (last.crf - first.crf);
  return slope > 0 ? slope : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
