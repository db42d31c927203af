import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import type { BudgetProgress } from '../../src/protocol/control-api.ts';
import { type SurveyedChunk, surveyCrfs } from '../../src/quality/film-allocation.ts';
import { bytesAtScore, chooseSamples, type Ladder, type LadderChunk } from '../../src/quality/ladder.ts';
import type { Measure } from '../../src/quality/measure.ts';
import { formatScore } from '../../src/quality/metric.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { crfRangeFor, measureFor } from '../../src/quality/quality-target.ts';
import type { CrfRange } from '../../src/quality/search-crf.ts';
import type { FilmSize } from '../../src/quality/size-goal.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import { BudgetSearch } from './budget-search.ts';
import type { ChunkSearch, ChunkStep, FilmDecisions } from './chunk-search.ts';
import { type KnownProbe, KnownProbes } from './known-probes.ts';
import { likelyCrfOf } from './likely-crf.ts';

/** Of every draw of samples: the same film has the same ones, so that their tries serve again. */
const SEED = 1;

interface MetChunk extends LadderChunk {
  readonly frames: FrameRange;
}

/** The search of one job for the bitrate that has a mean score on samples of the film, and then for that bitrate. */
export class LadderSearch implements ChunkSearch, FilmDecisions {
  readonly measure: Measure;
  readonly keepsSettled = false;
  readonly range: CrfRange;
  readonly #ladder: Ladder;
  readonly #settings: EncodeSettings;
  readonly #sizeOf: () => FilmSize;
  readonly #onFound: (sentence: string) => void;
  readonly #chunks = new Map<number, MetChunk>();
  readonly #known = new KnownProbes();
  /** By chunk: CRFs of a sample that nobody knew when it was drawn; null before the film's end. */
  #samples: ReadonlyMap<number, readonly number[]> | null = null;
  /** Once the bitrate is found. */
  #budget: BudgetSearch | null = null;
  #released: readonly number[] = [];
  readonly #scores = new Map<number, readonly number[]>();

  /** @param onFound is told the bitrate, in a sentence. */
  constructor(
    ladder: Ladder,
    settings: EncodeSettings,
    sizeOf: () => FilmSize,
    onFound: (sentence: string) => void,
  ) {
    this.#ladder = ladder;
    this.#settings = settings;
    this.#sizeOf = sizeOf;
    this.#onFound = onFound;
    this.measure = measureFor(ladder, settings.picture);
    this.range = crfRangeFor(ladder, encoderOf(settings.encoder).quality);
  }

  /** Until the bitrate is found all chunks rest but the samples. */
  get film(): FilmDecisions | null {
    return this.#budget === null ? this : null;
  }

  meet(chunk: number, frames: FrameRange, complexity: number): void {
    this.#chunks.set(chunk, { number: chunk, frameCount: frameCount(frames), complexity, frames });
  }

  widen(): readonly number[] {
    return [];
  }

  trialsBeside(chunk: number): readonly number[] {
    return this.#budget === null
      ? (this.#samples?.get(chunk) ?? []).slice(1).map((_, place) => place + 1)
      : [];
  }

  isResting(): boolean {
    return this.#budget === null;
  }

  trialOf(chunk: number, trial: number): number {
    if (this.#budget !== null && trial === 0) return this.#budget.trialOf(chunk);
    const crf = this.#samples?.get(chunk)?.[trial];
    if (crf === undefined) throw new Error(`chunk ${chunk} is no sample`);
    return crf;
  }

  note(chunk: number, probe: KnownProbe): void {
    this.#known.add(chunk, probe);
    if (this.#budget === null) this.#findWhenReady();
    else this.#budget.note(chunk, probe);
  }

  forget(chunk: number, crf: number): void {
    this.#known.forget(chunk, crf);
    this.#budget?.forget(chunk, crf);
  }

  probesOf(chunk: number): readonly KnownProbe[] {
    return this.#known.of(chunk);
  }

  endFilm(): void {
    const likely = surveyCrfs(likelyCrfOf(this.#ladder, this.#settings), this.range);
    const numbers = chooseSamples([...this.#chunks.values()], SEED);
    this.#samples = new Map(
      numbers.map((chunk) => [chunk, likely.filter((crf) => this.#known.at(chunk, crf) === undefined)]),
    );
    this.#released = numbers.filter((chunk) => (this.#samples?.get(chunk)?.length ?? 0) > 0);
    this.#findWhenReady();
  }

  step(chunk: number): ChunkStep {
    if (this.#budget !== null) return this.#budget.step(chunk);
    const next = this.#samples?.get(chunk)?.[0];
    return next === undefined || this.#known.at(chunk, next) !== undefined ? 'rest' : { probe: next };
  }

  takeReleased(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  settle(chunk: number, crf: number, taken: number): ChosenQuality {
    if (this.#budget === null) throw new Error('no bitrate is found yet');
    const chosen = this.#known.at(chunk, crf);
    if (chosen === undefined) throw new Error(`chunk ${chunk} was not tried at ${crf}`);
    this.#scores.set(chunk, chosen.scores);
    this.#known.forgetChunk(chunk);
    return { ...this.#budget.settle(chunk, crf, taken), score: this.scoreOf(chosen) };
  }

  scoreOf({ scores }: KnownProbe): number {
    return poolScores(scores, MEAN);
  }

  /** Null until the bitrate is found. */
  get progress(): BudgetProgress | null {
    if (this.#budget === null) return null;
    const { metric, aim } = this.#ladder;
    const scores = [...this.#scores.values()].flat();
    const reached = scores.length === 0 ? null : poolScores(scores, MEAN);
    return { ...this.#budget.progress, score: { metric, aim, reached } };
  }

  #findWhenReady(): void {
    const samples = this.#samples;
    if (samples === null || samples.size === 0) return;
    for (const [chunk, crfs] of samples) {
      if (crfs.some((crf) => this.#known.at(chunk, crf) === undefined)) return;
    }
    const surveyed = new Map([...samples.keys()].map((chunk) => [chunk, this.#surveyed(chunk)]));
    const bytes = bytesAtScore(this.#ladder, [...this.#chunks.values()], surveyed, this.range);
    const { seconds } = this.#sizeOf();
    const kbps = Math.max(1, Math.round((bytes * 8) / 1000 / seconds));
    const { minCrf, maxCrf } = this.#ladder;
    const goal = { type: 'bitrate', kbps } as const;
    const budget = new BudgetSearch({ goal, minCrf, maxCrf }, this.#settings, this.#sizeOf);
    for (const { number, frames, complexity } of this.#chunks.values())
      budget.meet(number, frames, complexity);
    for (const chunk of this.#chunks.keys()) {
      for (const probe of this.#known.of(chunk)) budget.note(chunk, probe);
    }
    budget.endFilm();
    this.#budget = budget;
    this.#released = [...this.#chunks.keys()];
    const { metric, aim } = this.#ladder;
    this.#onFound(
      `${formatScore(metric, aim)} takes about ${kbps} kb/s, by ${samples.size} of the film’s ${this.#chunks.size} chunks.`,
    );
  }

  #surveyed(chunk: number): SurveyedChunk {
    const frames = this.#chunks.get(chunk)?.frameCount ?? 0;
    const measured = this.#known.pointsOf(chunk, frames, (probe) => this.scoreOf(probe));
    return { frameCount: frames, measured };
  }
}
