import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { startSearch } from '../../src/encoder/start-search.ts';
import type { ChunkQuality, QualityProgress } from '../../src/protocol/control-api.ts';
import { bracketCrfs } from '../../src/quality/bracket.ts';
import {
  type FilmSearch,
  forgetProbe,
  nextStep,
  noteProbe,
  probesOf,
  trialOf,
} from '../../src/quality/film-search.ts';
import type { Measure } from '../../src/quality/measure.ts';
import { poolScores } from '../../src/quality/pool-scores.ts';
import { measureFor, type QualityTarget } from '../../src/quality/quality-target.ts';
import type { CrfRange, SearchStep } from '../../src/quality/search-crf.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { ChunkSearch } from './chunk-search.ts';
import { type KnownProbe, KnownProbes } from './known-probes.ts';

/** Tries beside a chunk's own at once: more than one on either side brings little. */
const MOST_BESIDE = 2;

/** A chunk that was tried so often has a bracket. */
const MOST_PROBES_WIDENED = 3;

/** The search of one job for the CRF of each of its chunks. */
export class QualitySearch implements ChunkSearch {
  readonly target: QualityTarget;
  readonly measure: Measure;
  readonly film = null;
  readonly #film: FilmSearch;
  readonly #known = new KnownProbes();
  readonly #settled = new Map<number, ChunkQuality & { readonly scores: readonly number[] }>();
  /** By chunk and number of the trial, which no two chunks share: CRFs that are tried beside the chunk's own. */
  readonly #besides = new Map<number, Map<number, number>>();
  /** The same of all trials that there ever were: one may be granted while the probe that ends it is taken in. */
  readonly #crfOfTrial = new Map<number, number>();
  #lastTrial = 0;
  #besideCount = 0;
  #probeCount = 0;
  #reusedProbeCount = 0;
  #missedCount = 0;

  constructor(target: QualityTarget, settings: EncodeSettings) {
    this.target = target;
    this.measure = measureFor(target, settings.picture);
    this.#film = startSearch(target, settings);
  }

  get range(): CrfRange {
    return this.#film.range;
  }

  /** A score is looked for in each chunk alone. */
  meet(): void {}

  trialsBeside(): readonly number[] {
    return [];
  }

  /** Spare slots try a chunk beside what it is tried at anyway. */
  widen(chunk: number, most: number): readonly number[] {
    const open = this.#besides.get(chunk) ?? new Map<number, number>();
    const count = Math.min(most, MOST_BESIDE - open.size);
    const probes = probesOf(this.#film, chunk);
    if (count <= 0 || this.#settled.has(chunk) || probes.length >= MOST_PROBES_WIDENED) return [];
    const next = trialOf(this.#film, chunk);
    const tried = new Set([next, ...open.values(), ...probes.map(({ crf }) => crf)]);
    const trials = bracketCrfs(probes, next, tried, this.range, count).map((crf) => {
      this.#lastTrial += 1;
      open.set(this.#lastTrial, crf);
      this.#crfOfTrial.set(this.#lastTrial, crf);
      return this.#lastTrial;
    });
    this.#besides.set(chunk, open);
    this.#besideCount += trials.length;
    return trials;
  }

  /** What comes next is being tried already. */
  isResting(chunk: number): boolean {
    const open = [...(this.#besides.get(chunk)?.values() ?? [])];
    return open.length > 0 && open.includes(trialOf(this.#film, chunk));
  }

  /** What the chunk's next attempts are encoded at. */
  trialOf(chunk: number, trial: number): number {
    if (trial === 0) return trialOf(this.#film, chunk);
    const crf = this.#crfOfTrial.get(trial);
    if (crf === undefined) throw new Error(`chunk ${chunk} was never tried beside itself as ${trial}`);
    return crf;
  }

  note(chunk: number, probe: KnownProbe): void {
    this.#known.add(chunk, probe);
    for (const [trial, crf] of this.#besides.get(chunk) ?? []) {
      if (crf === probe.crf) this.#besides.get(chunk)?.delete(trial);
    }
    noteProbe(this.#film, chunk, {
      crf: probe.crf,
      score: this.#pool(probe.scores),
      isOld: probe.attempt === null,
    });
  }

  /** Its result is not what it was, or is gone. */
  forget(chunk: number, crf: number): void {
    this.#known.forget(chunk, crf);
    forgetProbe(this.#film, chunk, crf);
  }

  step(chunk: number): SearchStep {
    return nextStep(this.#film, chunk);
  }

  probesOf(chunk: number): readonly KnownProbe[] {
    return this.#known.of(chunk);
  }

  scoreOf({ scores }: KnownProbe): number {
    return this.#pool(scores);
  }

  /** The chunk's result is the probe at this CRF. */
  settle(chunk: number, crf: number, taken: number): ChosenQuality {
    const probes = this.#known.of(chunk);
    const chosen = this.#known.at(chunk, crf);
    if (chosen === undefined) throw new Error(`chunk ${chunk} was not probed at ${crf}`);
    const score = this.#pool(chosen.scores);
    const isMet = score >= this.target.least && score <= this.target.most;
    const probeCount = probes.length;
    const refused = probes.flatMap((probe) => (probe.isRefused ? [probe.crf] : []));
    const spoiled = refused.sort((a, b) => a - b);
    this.#settled.set(chunk, {
      ...{ chunk, crf: taken, score, probeCount, spoiled, isMet },
      scores: chosen.scores,
    });
    this.#known.forgetChunk(chunk);
    this.#besides.delete(chunk);
    this.#probeCount += probeCount;
    this.#reusedProbeCount += probes.filter(({ attempt }) => attempt === null).length;
    if (!isMet) this.#missedCount += 1;
    return { quality: taken, score, probeCount };
  }

  get progress(): QualityProgress {
    return {
      target: this.target,
      targetCount: 1,
      range: this.#film.range,
      settledCount: this.#settled.size,
      probeCount: this.#probeCount,
      reusedProbeCount: this.#reusedProbeCount,
      missedCount: this.#missedCount,
      besideCount: this.#besideCount,
    };
  }

  /** Of every frame that is settled. */
  get scores(): number[] {
    return [...this.#settled.values()].flatMap(({ scores }) => scores);
  }

  /** What became of the film; null while nothing is settled. */
  get outcome(): { readonly score: number; readonly chunks: readonly ChunkQuality[] } | null {
    const settled = [...this.#settled.values()].sort((a, b) => a.chunk - b.chunk);
    if (settled.length === 0) return null;
    return {
      score: this.#pool(this.scores),
      chunks: settled.map(({ scores: _, ...chunk }) => chunk),
    };
  }

  #pool(scores: readonly number[]): number {
    return poolScores(scores, this.target.pooling);
  }
}
