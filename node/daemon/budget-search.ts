import { encoderOf } from '../../src/encoder/encoders.ts';
import { codedBytes } from '../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { byteWeight } from '../../src/media/byte-weight.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import type { BudgetProgress } from '../../src/protocol/control-api.ts';
import { type BudgetChunk, type FilmBudget, nextOfBudget } from '../../src/quality/film-budget.ts';
import { crfRangeFor } from '../../src/quality/quality-target.ts';
import type { CrfRange, SearchStep } from '../../src/quality/search-crf.ts';
import { type Budget, type FilmSize, pictureBytes } from '../../src/quality/size-goal.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { ChunkSearch, FilmDecisions } from './chunk-search.ts';
import { type KnownProbe, KnownProbes } from './known-probes.ts';
import { likelyCrfOf } from './likely-crf.ts';

/** Chunks that are tried before any is settled: what a single one takes says little of the film. */
const SURVEYED = 6;

/** The search of one job for the CRFs at which the whole film takes what it may. */
export class BudgetSearch implements ChunkSearch, FilmDecisions {
  readonly measure = null;
  readonly keepsSettled = true;
  readonly range: CrfRange;
  readonly #budget: Budget;
  readonly #settings: EncodeSettings;
  readonly #sizeOf: () => FilmSize;
  readonly #chunks = new Map<number, BudgetChunk>();
  readonly #known = new KnownProbes();
  readonly #trials = new Map<number, number>();
  readonly #crfs: number[] = [];
  #areAllFound = false;
  #isSurveyed = false;
  #released: readonly number[] = [];
  #foundFrames = 0;
  #settledBytes = 0;
  #probeCount = 0;
  #reusedProbeCount = 0;

  constructor(budget: Budget, settings: EncodeSettings, sizeOf: () => FilmSize) {
    this.#budget = budget;
    this.#settings = settings;
    this.#sizeOf = sizeOf;
    const { quality } = encoderOf(settings.encoder);
    // All of the scale: no metric is deceived here, and what was asked for counts.
    const { minCrf, maxCrf } = budget;
    this.range = crfRangeFor({ minCrf: minCrf ?? quality.min, maxCrf: maxCrf ?? quality.max }, quality);
  }

  /** Chunks rest until the first of them are known. */
  get film(): FilmDecisions | null {
    return this.#isSurveyed ? null : this;
  }

  meet(chunk: number, frames: FrameRange, complexity: number): void {
    const count = frameCount(frames);
    const weight = byteWeight(count, complexity);
    this.#chunks.set(chunk, { frameCount: count, weight, probes: [], settledBytes: null });
    this.#foundFrames += count;
  }

  widen(): readonly number[] {
    return [];
  }

  trialsBeside(): readonly number[] {
    return [];
  }

  isResting(chunk: number): boolean {
    return !this.#isSurveyed && this.#known.of(chunk).length > 0;
  }

  endFilm(): void {
    this.#areAllFound = true;
    this.#surveyWhenReady();
  }

  takeReleased(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  trialOf(chunk: number): number {
    const known = this.#trials.get(chunk);
    if (known !== undefined) return known;
    const step = this.step(chunk);
    const crf = 'probe' in step ? step.probe : step.settled;
    this.#trials.set(chunk, crf);
    return crf;
  }

  note(chunk: number, probe: KnownProbe): void {
    this.#known.add(chunk, probe);
    this.#trials.delete(chunk);
    this.#refresh(chunk);
    this.#surveyWhenReady();
  }

  forget(chunk: number, crf: number): void {
    this.#known.forget(chunk, crf);
    this.#refresh(chunk);
  }

  probesOf(chunk: number): readonly KnownProbe[] {
    return this.#known.of(chunk);
  }

  step(chunk: number): SearchStep {
    return nextOfBudget(this.#film(), chunk);
  }

  settle(chunk: number, crf: number, taken: number): ChosenQuality {
    const probes = this.#known.of(chunk);
    const chosen = this.#known.at(chunk, crf);
    const known = this.#chunks.get(chunk);
    if (chosen === undefined || known === undefined)
      throw new Error(`chunk ${chunk} was not tried at ${crf}`);
    const settledBytes = codedBytes(chosen.bytes, known.frameCount);
    this.#chunks.set(chunk, { ...known, settledBytes });
    this.#known.forgetChunk(chunk);
    this.#crfs.push(taken);
    this.#settledBytes += settledBytes;
    this.#probeCount += probes.length;
    this.#reusedProbeCount += probes.filter(({ attempt }) => attempt === null).length;
    return { quality: taken, score: null, probeCount: probes.length };
  }

  scoreOf(): null {
    return null;
  }

  get progress(): BudgetProgress {
    const { seconds } = this.#sizeOf();
    return {
      goal: this.#budget.goal,
      range: this.range,
      settledCount: this.#crfs.length,
      probeCount: this.#probeCount,
      reusedProbeCount: this.#reusedProbeCount,
      crfs: this.#crfs.length === 0 ? null : [Math.min(...this.#crfs), Math.max(...this.#crfs)],
      score: null,
      kbps: seconds > 0 ? (this.#settledBytes * 8) / 1000 / seconds : 0,
    };
  }

  #film(): FilmBudget {
    const size = this.#sizeOf();
    const bytes = pictureBytes(this.#budget.goal, size);
    return {
      bytes,
      range: this.range,
      startCrf: likelyCrfOf({ bytes, frameCount: size.frameCount }, this.#settings),
      unseenFrames: Math.max(0, size.frameCount - this.#foundFrames),
      chunks: this.#chunks,
    };
  }

  #surveyWhenReady(): void {
    if (this.#isSurveyed) return;
    const tried = [...this.#chunks].filter(([, { probes }]) => probes.length > 0);
    if (tried.length < SURVEYED && !(this.#areAllFound && tried.length === this.#chunks.size)) return;
    this.#isSurveyed = true;
    this.#released = tried.flatMap(([chunk, { settledBytes }]) => (settledBytes === null ? [chunk] : []));
  }

  #refresh(chunk: number): void {
    const known = this.#chunks.get(chunk);
    if (known === undefined) return;
    const probes = this.#known.of(chunk).map((probe) => ({
      crf: probe.crf,
      bytes: codedBytes(probe.bytes, known.frameCount),
      isOld: probe.attempt === null,
    }));
    this.#chunks.set(chunk, { ...known, probes });
  }
}
