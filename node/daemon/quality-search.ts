import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { ChunkQuality, QualityProgress } from '../../src/protocol/control-api.ts';
import {
  createFilmSearch,
  type FilmSearch,
  forgetProbe,
  nextStep,
  noteProbe,
  probesOf,
  trialOf,
} from '../../src/quality/film-search.ts';
import { type Measure, measureName } from '../../src/quality/measure.ts';
import { poolScores } from '../../src/quality/pool-scores.ts';
import { crfRangeFor, firstGuess, measureFor, type QualityTarget } from '../../src/quality/quality-target.ts';
import type { SearchStep } from '../../src/quality/search-crf.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';

/** A scored encode of a chunk. */
export interface ScoredProbe {
  readonly crf: number;
  /** One for each of the chunk's frames. */
  readonly scores: readonly number[];
  /** Of this run; null: it lay in the store before. */
  readonly attempt: number | null;
}

/** The search of one job for the CRF of each of its chunks. */
export class QualitySearch {
  readonly target: QualityTarget;
  readonly measure: Measure;
  readonly #film: FilmSearch;
  readonly #probes = new Map<number, ScoredProbe[]>();
  readonly #settled = new Map<number, ChunkQuality & { readonly scores: readonly number[] }>();
  #probeCount = 0;
  #reusedProbeCount = 0;
  #missedCount = 0;

  constructor(target: QualityTarget, { encoder, picture }: EncodeSettings) {
    this.target = target;
    this.measure = measureFor(target, picture);
    const { quality } = encoderOf(encoder);
    const { rate } = defaultSettings(picture, encoder);
    const start = firstGuess(target, quality, rate.type === 'quality' ? rate.value : quality.max);
    this.#film = createFilmSearch(target, crfRangeFor(target, quality), start);
  }

  /** What scores are stored under. */
  get measureName(): string {
    return measureName(this.measure);
  }

  /** Every CRF that may be tried. */
  crfs(): number[] {
    const { min, max, step } = this.#film.range;
    return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
  }

  /** What the chunk's next attempts are encoded at. */
  trialOf(chunk: number): number {
    return trialOf(this.#film, chunk);
  }

  note(chunk: number, probe: ScoredProbe): void {
    const others = this.#probesOf(chunk).filter(({ crf }) => crf !== probe.crf);
    this.#probes.set(chunk, [...others, probe]);
    noteProbe(this.#film, chunk, { crf: probe.crf, score: this.#pool(probe.scores) });
  }

  /** Its result is not what it was, or is gone. */
  forget(chunk: number, crf: number): void {
    this.#probes.set(
      chunk,
      this.#probesOf(chunk).filter((probe) => probe.crf !== crf),
    );
    forgetProbe(this.#film, chunk, crf);
  }

  step(chunk: number): SearchStep {
    return nextStep(this.#film, chunk);
  }

  /** Those at which the chunk was probed. */
  crfsOf(chunk: number): number[] {
    return this.#probesOf(chunk).map(({ crf }) => crf);
  }

  /** The attempt of this run that made a probe; null when none did. */
  makerOf(chunk: number, crf: number): number | null {
    return this.#probesOf(chunk).find((probe) => probe.crf === crf)?.attempt ?? null;
  }

  /** The chunk's result is the probe at this CRF. */
  settle(chunk: number, crf: number): ChosenQuality {
    const probes = this.#probesOf(chunk);
    const chosen = probes.find((probe) => probe.crf === crf);
    if (chosen === undefined) throw new Error(`chunk ${chunk} was not probed at ${crf}`);
    const score = this.#pool(chosen.scores);
    const isMet = score >= this.target.least && score <= this.target.most;
    const probeCount = probesOf(this.#film, chunk).length;
    this.#settled.set(chunk, { chunk, crf, score, probeCount, isMet, scores: chosen.scores });
    this.#probes.delete(chunk);
    this.#probeCount += probeCount;
    this.#reusedProbeCount += probes.filter(({ attempt }) => attempt === null).length;
    if (!isMet) this.#missedCount += 1;
    return { quality: crf, score, probeCount };
  }

  get progress(): QualityProgress {
    return {
      target: this.target,
      range: this.#film.range,
      settledCount: this.#settled.size,
      probeCount: this.#probeCount,
      reusedProbeCount: this.#reusedProbeCount,
      missedCount: this.#missedCount,
    };
  }

  /** What became of the film; null while nothing is settled. */
  get outcome(): { readonly score: number; readonly chunks: readonly ChunkQuality[] } | null {
    const settled = [...this.#settled.values()].sort((a, b) => a.chunk - b.chunk);
    if (settled.length === 0) return null;
    return {
      score: this.#pool(settled.flatMap(({ scores }) => scores)),
      chunks: settled.map(({ scores: _, ...chunk }) => chunk),
    };
  }

  #pool(scores: readonly number[]): number {
    return poolScores(scores, this.target.pooling);
  }

  #probesOf(chunk: number): readonly ScoredProbe[] {
    return this.#probes.get(chunk) ?? [];
  }
}
