import { encoderOf } from '../../src/encoder/encoders.ts';
import { codedBytes } from '../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import type { TrialProgress } from '../../src/protocol/control-api.ts';
import type { AllocationGoal, CurvePoint } from '../../src/quality/allocate.ts';
import { type TimedEncode, timeRatios } from '../../src/quality/encode-times.ts';
import { oneCrfFor, type SurveyedChunk, surveyCrfs } from '../../src/quality/film-allocation.ts';
import { chooseSamples, type LadderChunk, weightOf } from '../../src/quality/ladder.ts';
import type { Measure } from '../../src/quality/measure.ts';
import {
  type Candidate,
  chooseParams,
  combineWinners,
  judge,
  type ParamEvidence,
  type ParamOutcome,
  type ParamTrial,
  type SampleCurves,
  TRIAL_SAMPLES,
  trialCrfs,
} from '../../src/quality/param-trial.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { crfRangeFor, measureFor } from '../../src/quality/quality-target.ts';
import type { CrfRange } from '../../src/quality/search-crf.ts';
import { type FilmSize, pictureBytes, type SizeGoal } from '../../src/quality/size-goal.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { ChunkSearch, ChunkStep, FilmDecisions } from './chunk-search.ts';
import type { KnownProbe } from './known-probes.ts';
import { likelyCrfOf } from './likely-crf.ts';

/** Of every draw of samples: the same film has the same ones, so that their tries serve again. */
const SEED = 1;

/** What a job's chunks are to have, from which follows where its encoder options are compared. */
export type TrialAim =
  | { readonly type: 'crf'; readonly crf: number }
  | { readonly type: 'score'; readonly metric: ParamTrial['metric']; readonly aim: number }
  | SizeGoal;

/** A round of tries: single changes first, then the winners together. */
export interface ParamRound {
  readonly trial: ParamTrial;
  readonly aim: TrialAim;
  readonly minCrf: number | null;
  readonly maxCrf: number | null;
  /** Each is a variant of the job's settings, in this order. */
  readonly candidates: readonly Candidate[];
  /** Of the round of single changes; null in that round itself. */
  readonly before: { readonly centre: number; readonly evidence: readonly ParamEvidence[] } | null;
}

/** What a round ends with: another one, or what the film is encoded with. */
export type ParamVerdict =
  | { readonly type: 'combine'; readonly round: ParamRound }
  | { readonly type: 'chosen'; readonly outcome: ParamOutcome };

/** One encode of a sample. */
export interface ParamTry {
  readonly chunk: number;
  readonly crf: number;
  /** null: in the job's own settings. */
  readonly variant: number | null;
}

interface MetChunk extends LadderChunk {
  readonly probes: KnownProbe[];
}

/** The search of one job for encoder options: encodes samples of the film in each, compares them, and settles no chunk. */
export class ParamSearch implements ChunkSearch, FilmDecisions {
  readonly measure: Measure;
  readonly keepsSettled = false;
  readonly range: CrfRange;
  readonly film = this;
  readonly #round: ParamRound;
  readonly #settings: EncodeSettings;
  readonly #sizeOf: () => FilmSize;
  readonly #onVerdict: (verdict: ParamVerdict) => void;
  readonly #chunks = new Map<number, MetChunk>();
  /** Null before the film's end. */
  #samples: readonly number[] | null = null;
  /** CRFs of the first tries, by which the others are placed; null: they need none. */
  #survey: readonly number[] | null = null;
  #centre: number | null;
  /** Tries that are wanted and that nobody was asked for yet. */
  #wanted: readonly ParamTry[] = [];
  /** Somebody looks which of them were made before. */
  #isAsked = false;
  /** By chunk and number: tries that are under way or wait for it. */
  readonly #open = new Map<number, Map<number, ParamTry>>();
  #lastTrial = 0;
  /** Of all that were begun or found. */
  #wantedCount = 0;
  #released: readonly number[] = [];
  #isOver = false;

  /** @param onVerdict is told once, when everything is tried. */
  constructor(
    round: ParamRound,
    settings: EncodeSettings,
    sizeOf: () => FilmSize,
    onVerdict: (verdict: ParamVerdict) => void,
  ) {
    this.#round = round;
    this.#settings = settings;
    this.#sizeOf = sizeOf;
    this.#onVerdict = onVerdict;
    this.measure = measureFor(round.trial, settings.picture);
    const { quality } = encoderOf(settings.encoder);
    const { minCrf, maxCrf, aim } = round;
    this.range =
      aim.type === 'score'
        ? crfRangeFor({ minCrf, maxCrf }, quality)
        : crfRangeFor({ minCrf: minCrf ?? quality.min, maxCrf: maxCrf ?? quality.max }, quality);
    this.#centre = round.before?.centre ?? (aim.type === 'crf' ? aim.crf : null);
  }

  meet(chunk: number, frames: FrameRange, complexity: number): void {
    this.#chunks.set(chunk, { number: chunk, frameCount: frameCount(frames), complexity, probes: [] });
  }

  endFilm(): void {
    this.#samples = chooseSamples([...this.#chunks.values()], SEED, TRIAL_SAMPLES);
    if (this.#centre === null) {
      this.#survey = surveyCrfs(likelyCrfOf(this.#goal(), this.#settings), this.range);
      this.#wanted = this.#triesAt(this.#survey, [null]);
    } else this.#wanted = this.#candidateTries();
  }

  /** Tries that are wanted: whoever asks looks which of them were made before, and begins the others. */
  takeWanted(): readonly ParamTry[] {
    const wanted = this.#wanted;
    this.#wanted = [];
    this.#isAsked = wanted.length > 0;
    this.#wantedCount += wanted.length;
    return wanted;
  }

  /** @param tries that nobody made before; what is known of the others was noted. */
  begin(tries: readonly ParamTry[]): void {
    this.#isAsked = false;
    for (const one of tries) {
      const open = this.#open.get(one.chunk) ?? new Map<number, ParamTry>();
      // A chunk's first is the chunk's own.
      const number = open.size === 0 ? 0 : this.#lastTrial + 1;
      if (number > 0) this.#lastTrial = number;
      open.set(number, one);
      this.#open.set(one.chunk, open);
    }
    this.#released = [...new Set(tries.map(({ chunk }) => chunk))];
    this.#goOnWhenReady();
  }

  takeReleased(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  trialsBeside(chunk: number): readonly number[] {
    return [...(this.#open.get(chunk)?.keys() ?? [])].filter((number) => number > 0);
  }

  widen(): readonly number[] {
    return [];
  }

  isResting(): boolean {
    return true;
  }

  trialOf(chunk: number, trial: number): number {
    return this.#tryOf(chunk, trial).crf;
  }

  variantOf(chunk: number, trial: number): number | null {
    return this.#tryOf(chunk, trial).variant;
  }

  note(chunk: number, probe: KnownProbe): void {
    const { crf, variant } = probe;
    const open = this.#open.get(chunk);
    for (const [number, one] of open ?? []) {
      if (one.crf === crf && one.variant === variant) open?.delete(number);
    }
    if (this.#find({ chunk, crf, variant }) === undefined) this.#chunks.get(chunk)?.probes.push(probe);
    this.#goOnWhenReady();
  }

  /** What was measured stays true when its result is gone. */
  forget(): void {}

  probesOf(): readonly KnownProbe[] {
    return [];
  }

  step(chunk: number): ChunkStep {
    const own = this.#open.get(chunk)?.get(0);
    return own === undefined ? 'rest' : { probe: own.crf };
  }

  settle(chunk: number): ChosenQuality {
    throw new Error(`chunk ${chunk} is only tried, and not settled`);
  }

  scoreOf({ scores }: KnownProbe): number {
    return poolScores(scores, MEAN);
  }

  get progress(): TrialProgress {
    const openCount = [...this.#open.values()].reduce((sum, { size }) => sum + size, 0);
    const isCombined = this.#round.before !== null;
    return { isCombined, wantedCount: this.#wantedCount, triedCount: this.#wantedCount - openCount };
  }

  get #areAllTried(): boolean {
    if (this.#isAsked || this.#wanted.length > 0) return false;
    return [...this.#open.values()].every(({ size }) => size === 0);
  }

  #goOnWhenReady(): void {
    if (this.#samples === null || this.#isOver || !this.#areAllTried) return;
    if (this.#centre === null) {
      this.#centre = this.#centreBySurvey();
      this.#wanted = this.#candidateTries();
      if (!this.#areAllTried) return;
    }
    this.#isOver = true;
    this.#onVerdict(this.#verdict(this.#centre));
  }

  #tryOf(chunk: number, trial: number): ParamTry {
    const open = this.#open.get(chunk)?.get(trial);
    if (open === undefined) throw new Error(`nothing is tried of chunk ${chunk} by number ${trial}`);
    return open;
  }

  #candidateTries(): ParamTry[] {
    const variants = this.#round.candidates.map((_, index) => index);
    return this.#triesAt(trialCrfs(this.#centre ?? this.range.min, this.range), [null, ...variants]);
  }

  /** Those that were not made yet. */
  #triesAt(crfs: readonly number[], variants: readonly (number | null)[]): ParamTry[] {
    return (this.#samples ?? [])
      .flatMap((chunk) => variants.flatMap((variant) => crfs.map((crf) => ({ chunk, crf, variant }))))
      .filter((one) => this.#find(one) === undefined);
  }

  #find({ chunk, crf, variant }: ParamTry): KnownProbe | undefined {
    return this.#chunks.get(chunk)?.probes.find((probe) => probe.crf === crf && probe.variant === variant);
  }

  #goal(): { readonly metric: ParamTrial['metric']; readonly aim: number } | (FilmSize & { bytes: number }) {
    const { aim } = this.#round;
    if (aim.type === 'score') return aim;
    if (aim.type === 'crf') throw new Error('a CRF needs no goal');
    const size = this.#sizeOf();
    return { ...size, bytes: pictureBytes(aim, size) };
  }

  /** The CRF at which the samples have what the film is to have. */
  #centreBySurvey(): number {
    const goal = this.#goal();
    const chunks = [...this.#chunks.values()];
    const sampled = chunks.filter(({ number }) => this.#samples?.includes(number));
    const share = weightOf(sampled) / weightOf(chunks);
    const wanted: AllocationGoal = 'aim' in goal ? { meanScore: goal.aim } : { bytes: goal.bytes * share };
    const own = this.#curvesOf(null, this.#survey ?? []);
    const surveyed = sampled.map(
      ({ number, frameCount: frames }): SurveyedChunk => ({
        frameCount: frames,
        measured: own.get(number) ?? [],
      }),
    );
    return oneCrfFor({ goal: wanted, range: this.range }, surveyed)?.crf ?? this.range.min;
  }

  #verdict(centre: number): ParamVerdict {
    const { candidates, before, trial } = this.#round;
    // Of all the same points: what lies between them is off by the same.
    const crfs = trialCrfs(centre, this.range);
    const own = this.#curvesOf(null, crfs);
    const times = timeRatios([...this.#timed()]);
    const here = candidates.map(({ params }, variant) =>
      judge(params, own, this.#curvesOf(variant, crfs), times.get(variant + 1) ?? null),
    );
    const combined = before === null ? combineWinners(candidates, here) : null;
    if (combined !== null) {
      const round: ParamRound = {
        ...this.#round,
        candidates: [{ kind: 0, params: combined }],
        before: { centre, evidence: here },
      };
      return { type: 'combine', round };
    }
    const outcome: ParamOutcome = {
      ...trial,
      sampleCount: this.#samples?.length ?? 0,
      chunkCount: this.#chunks.size,
      crfs,
      ...chooseParams([...(before?.evidence ?? []), ...here]),
    };
    return { type: 'chosen', outcome };
  }

  /** A CRF at which the encoder leaves pictures out has no score, and is no point. */
  #curvesOf(variant: number | null, crfs: readonly number[]): SampleCurves {
    return new Map(
      (this.#samples ?? []).map((number) => {
        const { probes = [], frameCount: frames = 0 } = this.#chunks.get(number) ?? {};
        const points = probes
          .filter((probe) => probe.variant === variant && crfs.includes(probe.crf))
          .map((probe): CurvePoint => {
            return { crf: probe.crf, bytes: codedBytes(probe.bytes, frames), score: this.scoreOf(probe) };
          });
        return [number, points.filter(({ score }) => score > 0)];
      }),
    );
  }

  *#timed(): Generator<TimedEncode> {
    for (const { number, probes } of this.#chunks.values()) {
      for (const { crf, variant, cost } of probes) {
        if (cost === null) continue;
        const way = variant === null ? 0 : variant + 1;
        yield { way, work: `${number} ${crf}`, peer: cost.peer, seconds: cost.cpuSeconds };
      }
    }
  }
}
