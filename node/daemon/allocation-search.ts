import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import type { AllocationOutcome, AllocationProgress, OneCrfOutcome } from '../../src/protocol/control-api.ts';
import type { AllocationGoal } from '../../src/quality/allocate.ts';
import { type Allocation, allocationRange, mayLose, slackOf } from '../../src/quality/allocation.ts';
import {
  decideFilm,
  meanScore,
  type OneCrf,
  oneCrfFor,
  type SurveyedChunk,
  surveyCrfs,
} from '../../src/quality/film-allocation.ts';
import type { Measure } from '../../src/quality/measure.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { measureFor } from '../../src/quality/quality-target.ts';
import type { CrfRange } from '../../src/quality/search-crf.ts';
import { type FilmSize, pictureBytes } from '../../src/quality/size-goal.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { ChunkSearch, ChunkStep, FilmDecisions } from './chunk-search.ts';
import { type KnownProbe, KnownProbes } from './known-probes.ts';
import { likelyCrfOf } from './likely-crf.ts';

/** A chunk of the film, until the job is over. */
interface FilmChunk {
  readonly frameCount: number;
  /** CRFs of the survey that were not known when it was offered, for its first tries at once; null before. */
  survey: readonly number[] | null;
}

/** The search of one job for the CRFs of all its chunks together, once all were found and tried. */
export class AllocationSearch implements ChunkSearch, FilmDecisions {
  readonly measure: Measure;
  readonly keepsSettled = false;
  readonly range: CrfRange;
  readonly film: FilmDecisions = this;
  readonly #allocation: Allocation;
  readonly #settings: EncodeSettings;
  readonly #sizeOf: () => FilmSize;
  readonly #chunks = new Map<number, FilmChunk>();
  readonly #known = new KnownProbes();
  #areAllFound = false;
  #round = 0;
  /** By chunk: what the latest round decided; empty during the survey. */
  #decided: ReadonlyMap<number, number> = new Map();
  #released: readonly number[] = [];
  /** Every chunk was tried where the latest round wants it. */
  #isFinal = false;
  /** By chunk that is settled: what it was encoded at. */
  readonly #taken = new Map<number, number>();

  constructor(allocation: Allocation, settings: EncodeSettings, sizeOf: () => FilmSize) {
    this.#allocation = allocation;
    this.#settings = settings;
    this.#sizeOf = sizeOf;
    const { quality } = encoderOf(settings.encoder);
    this.measure = measureFor(allocation, settings.picture);
    this.range = allocationRange(allocation, quality);
  }

  meet(chunk: number, frames: FrameRange): void {
    this.#chunks.set(chunk, { frameCount: frameCount(frames), survey: null });
  }

  widen(): readonly number[] {
    return [];
  }

  /** CRFs of the survey that nobody knows yet are tried at once. */
  trialsBeside(chunk: number): readonly number[] {
    const met = this.#chunks.get(chunk);
    if (met === undefined || this.#decided.size > 0) return [];
    met.survey = surveyCrfs(this.#likelyCrf(), this.range).filter(
      (crf) => this.#known.at(chunk, crf) === undefined,
    );
    return met.survey.slice(1).map((_, place) => place + 1);
  }

  /** Everything that the survey wants of it was tried before. */
  isResting(chunk: number): boolean {
    return this.#isSurveyed(chunk);
  }

  trialOf(chunk: number, trial: number): number {
    const crf = this.#decided.get(chunk) ?? this.#chunks.get(chunk)?.survey?.[trial];
    if (crf === undefined) throw new Error(`chunk ${chunk} is not to be tried`);
    return crf;
  }

  note(chunk: number, probe: KnownProbe): void {
    this.#known.add(chunk, probe);
    // Its result was gone when it was to be settled, and is there again: no round follows that would release it.
    if (this.#isFinal && this.#isTriedAsDecided(chunk)) this.#released = [...this.#released, chunk];
    this.#decideWhenReady();
  }

  forget(chunk: number, crf: number): void {
    this.#known.forget(chunk, crf);
  }

  probesOf(chunk: number): readonly KnownProbe[] {
    return this.#known.of(chunk);
  }

  /** Every chunk was met. */
  endFilm(): void {
    this.#areAllFound = true;
    this.#decideWhenReady();
  }

  /** A chunk rests until the whole film is decided, and again until every chunk was tried where it is to be. */
  step(chunk: number): ChunkStep {
    const decided = this.#decided.get(chunk);
    if (decided === undefined) return 'rest';
    if (this.#known.at(chunk, decided) === undefined) return { probe: decided };
    return this.#isFinal ? { settled: decided } : 'rest';
  }

  takeReleased(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  settle(chunk: number, crf: number, taken: number): ChosenQuality {
    const chosen = this.#known.at(chunk, crf);
    if (chosen === undefined) throw new Error(`chunk ${chunk} was not tried at ${crf}`);
    this.#taken.set(chunk, taken);
    return { quality: taken, score: this.scoreOf(chosen), probeCount: this.#known.of(chunk).length };
  }

  scoreOf({ scores }: KnownProbe): number {
    return poolScores(scores, MEAN);
  }

  get progress(): AllocationProgress {
    const probes = [...this.#chunks.keys()].flatMap((chunk) => this.#known.of(chunk));
    const surveyed = [...this.#chunks].filter(([chunk]) => this.#isSurveyed(chunk));
    return {
      allocation: this.#allocation,
      range: this.range,
      surveyedCount: surveyed.length,
      surveyedFrames: surveyed.reduce((sum, [, met]) => sum + met.frameCount, 0),
      round: this.#round,
      settledCount: this.#taken.size,
      probeCount: probes.length,
      reusedProbeCount: probes.filter(({ attempt }) => attempt === null).length,
    };
  }

  /** What became of the film, and what one CRF would have brought by the same tries; null before it is settled. */
  get outcome(): AllocationOutcome | null {
    if (!this.#isFinal || this.#chunks.size === 0) return null;
    const numbers = [...this.#chunks.keys()].sort((a, b) => a - b);
    const surveyed = numbers.map((chunk) => this.#surveyed(chunk));
    const chunks = numbers.map((chunk, place) => {
      const decided = this.#decided.get(chunk) ?? 0;
      const crf = this.#taken.get(chunk) ?? decided;
      const measured = surveyed[place]?.measured ?? [];
      const curve = measured.map((point) => (point.crf === decided ? { ...point, crf } : point));
      const { bytes = 0, score = 0 } = curve.find((point) => point.crf === crf) ?? {};
      return { chunk, crf, bytes, score, curve };
    });
    const scores = chunks.map(({ score }) => score);
    const mean = meanScore(surveyed, chunks);
    // Bits are compared where the means are equal, whatever was asked for.
    const one = oneCrfFor({ goal: { meanScore: mean }, range: this.range }, surveyed);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    return {
      score: mean,
      bytes,
      kbps: (bytes * 8) / 1000 / this.#sizeOf().seconds,
      leastScore: Math.min(...scores),
      oneCrf: one === null ? null : oneCrfOutcome(one, surveyed),
      chunks,
    };
  }

  #likelyCrf(): number {
    const { goal, metric } = this.#allocation;
    if (goal.type === 'score') return likelyCrfOf({ metric, aim: goal.aim }, this.#settings);
    const size = this.#sizeOf();
    return likelyCrfOf({ bytes: pictureBytes(goal, size), frameCount: size.frameCount }, this.#settings);
  }

  #decideWhenReady(): void {
    if (!this.#areAllFound || this.#isFinal) return;
    for (const chunk of this.#chunks.keys()) if (!this.#isTriedAsDecided(chunk)) return;
    this.#round += 1;
    const film = {
      goal: this.#goal(),
      rule: this.#allocation.rule,
      range: this.range,
      mayLose: mayLose(this.#allocation.metric),
      slack: slackOf(this.#allocation.metric),
      chunks: new Map([...this.#chunks.keys()].map((chunk) => [chunk, this.#surveyed(chunk)])),
    };
    this.#decided = decideFilm(film, this.#round);
    this.#isFinal = [...this.#chunks.keys()].every((chunk) => this.#isTriedAsDecided(chunk));
    this.#released = [...this.#chunks.keys()].filter((chunk) => this.step(chunk) !== 'rest');
  }

  #goal(): AllocationGoal {
    const { goal } = this.#allocation;
    return goal.type === 'score' ? { meanScore: goal.aim } : { bytes: pictureBytes(goal, this.#sizeOf()) };
  }

  #isTriedAsDecided(chunk: number): boolean {
    const decided = this.#decided.get(chunk);
    return decided === undefined ? this.#isSurveyed(chunk) : this.#known.at(chunk, decided) !== undefined;
  }

  #isSurveyed(chunk: number): boolean {
    const { survey = null } = this.#chunks.get(chunk) ?? {};
    return survey?.every((crf) => this.#known.at(chunk, crf) !== undefined) ?? false;
  }

  #surveyed(chunk: number): SurveyedChunk {
    const frames = this.#chunks.get(chunk)?.frameCount ?? 0;
    const measured = this.#known.pointsOf(chunk, frames, (probe) => this.scoreOf(probe));
    return { frameCount: frames, measured: measured.sort((a, b) => a.crf - b.crf) };
  }
}

function oneCrfOutcome({ crf, bytes, points }: OneCrf, chunks: readonly SurveyedChunk[]): OneCrfOutcome {
  const leastScore = Math.min(...points.map(({ score }) => score));
  return { crf, bytes, score: meanScore(chunks, points), leastScore };
}
