import { guessCrf } from './guess-crf.ts';
import type { MetricName } from './metric.ts';
import type { ScoreTarget } from './score-target.ts';
import {
  type CrfGuess,
  type CrfRange,
  type Probe,
  type ScoreBand,
  type SearchStep,
  searchCrf,
} from './search-crf.ts';
import { straightScore } from './straight-score.ts';

/** The search for the CRF of every chunk of one film. */
export interface FilmSearch {
  readonly metric: MetricName;
  /** All scores in here are straight (straight-score.ts). */
  readonly band: ScoreBand;
  readonly range: CrfRange;
  /** What is expected of the film before anything is known of it. */
  readonly start: CrfGuess;
  /** What was probed, each CRF of a chunk once; the chunk with the latest probe stands last. */
  readonly probes: Map<number, readonly Probe[]>;
  /** CRFs that are being tried, by chunk: whoever tries the same chunk meanwhile tries the same. */
  readonly trials: Map<number, number>;
}

export function createFilmSearch(
  { metric, aim, least, most }: Pick<ScoreTarget, 'metric' | keyof ScoreBand>,
  range: CrfRange,
  start: CrfGuess,
): FilmSearch {
  const [from, at, to] = [least, aim, most].map((score) => straightScore(metric, score)) as [
    number,
    number,
    number,
  ];
  return {
    metric,
    band: { least: from, aim: at, most: to },
    range,
    start,
    probes: new Map(),
    trials: new Map(),
  };
}

/** A chunk was encoded at this CRF and scored, on the metric's own scale. */
export function noteProbe(search: FilmSearch, chunk: number, probe: Probe): void {
  const others = probesOf(search, chunk).filter(({ crf }) => crf !== probe.crf);
  search.probes.delete(chunk);
  search.probes.set(chunk, [...others, { ...probe, score: straightScore(search.metric, probe.score) }]);
  // What was tried beside it says nothing of what is still being tried.
  if (search.trials.get(chunk) === probe.crf) search.trials.delete(chunk);
}

/** What was made at this CRF is no longer there. */
export function forgetProbe(search: FilmSearch, chunk: number, crf: number): void {
  search.probes.set(
    chunk,
    probesOf(search, chunk).filter((probe) => probe.crf !== crf),
  );
}

export function probesOf({ probes }: FilmSearch, chunk: number): readonly Probe[] {
  return probes.get(chunk) ?? [];
}

/** What to do about a chunk next; a guess is made of what is known of the film now. */
export function nextStep(search: FilmSearch, chunk: number): SearchStep {
  const { band, range, start, probes } = search;
  return searchCrf(probesOf(search, chunk), band, range, guessCrf(probes, chunk, band.aim, start));
}

/** The CRF at which a chunk is to be encoded that is not settled. */
export function trialOf(search: FilmSearch, chunk: number): number {
  const known = search.trials.get(chunk);
  if (known !== undefined) return known;
  const step = nextStep(search, chunk);
  const crf = 'probe' in step ? step.probe : step.settled;
  search.trials.set(chunk, crf);
  return crf;
}
