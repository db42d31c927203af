import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { atQuality } from '../../src/encoder/at-quality.ts';
import { canonicalJson } from '../../src/encoder/chunk-identity.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { ENCODER_THREADS } from '../../src/encoder/threads.ts';
import type { BulkRequest, LeaderMessage, PeerMessage, StolenSlice } from '../../src/protocol/messages.ts';
import { clipWords } from '../../src/protocol/words.ts';
import type { Measure } from '../../src/quality/measure.ts';
import type { PeerAction } from '../../src/schedule/peer/actions.ts';
import { applyPeer } from '../../src/schedule/peer/apply.ts';
import type { AttemptName, PeerEvent } from '../../src/schedule/peer/events.ts';
import type { Intake } from '../../src/schedule/peer/intake.ts';
import { planPeer } from '../../src/schedule/peer/plan.ts';
import { largestJobBytes, loadOf } from '../../src/schedule/peer/room.ts';
import type { MachineSample } from '../../src/schedule/peer/slot-control.ts';
import {
  createPeer,
  isKeptFor,
  attemptKey as nameKey,
  type PeerState,
  type Refusal,
} from '../../src/schedule/peer/state.ts';
import { type CodingVariant, inVariant } from '../../src/zones/coding-variants.ts';
import { monotonicMs } from '../clock.ts';
import { EnginePool } from '../engine/engine-pool.ts';
import type { EncodeMessage, EncodeRequest, MeasureBuildRequest } from '../engine/messages.ts';
import { resolveMeasure } from '../engine/score/resolve-measure.ts';
import type { BulkAnswer, Mesh } from '../mesh/mesh.ts';
import { sentenceOf } from '../sentence.ts';
import type { EncoderBuild } from '../storage/build-book.ts';
import { DiskError } from '../storage/disk-error.ts';
import { readFilePieces } from '../storage/file-pieces.ts';
import { openSink } from '../storage/file-sink.ts';
import type { EncoderBuilds } from './encoder-builds.ts';
import { withRestarts } from './with-restarts.ts';

export interface WorkerOptions {
  readonly mesh: Mesh;
  /** Folder for slices and results, this run's own. */
  readonly workDirectory: string;
  readonly slots: number;
  readonly memoryBytes: number;
  readonly niceness: number;
  readonly builds: EncoderBuilds;
}

/** What one attempt holds on this machine. */
interface AttemptHoldings {
  readonly slicePath: string;
  readonly resultPath: string;
  /** Folder of the encoder's own files. */
  readonly workPath: string;
  readonly stop: AbortController;
  /** As it was announced when this was leased: its memory is reckoned by that. Undefined: it never was. */
  readonly job: AnnouncedJob | undefined;
  framesEncoded: number;
  /** A victim that has the slice for this attempt. */
  readonly stolenSlice: StolenSlice | null;
  /** On the encoder's own scale; null: the job's. */
  readonly quality: number | null;
  /** Of the job's settings; null: none. */
  readonly variant: number | null;
  readonly isScored: boolean;
  /** Ends when nothing touches the files any more: a transfer or an encode, never both. */
  work: Promise<void>;
}

/** What a leader said of a job. */
interface AnnouncedJob {
  readonly settings: EncodeSettings;
  readonly variants: readonly CodingVariant[];
  readonly measure: Measure | null;
}

/** What the encodes of a machine take and bring. */
export type EncodesUse = Pick<MachineSample, 'running' | 'runningBytes' | 'nextBytes' | 'pixels'>;

/** The peer's half of the daemon: encodes chunks for any leader, this daemon's own included. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #state: PeerState;
  readonly #encoders: EnginePool<EncodeRequest | MeasureBuildRequest, EncodeMessage>;
  readonly #attempts = new Map<string, AttemptHoldings>();
  readonly #jobs = new Map<string, AnnouncedJob>();
  readonly #stop = new AbortController();
  #isPumping = false;
  /** Encoded since the start, for any leader. */
  #pixels = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#state = createPeer({ slots: options.slots, memoryBudgetBytes: options.memoryBytes });
    this.#encoders = new EnginePool('encode', {
      niceness: options.niceness,
      orphanedFolder: options.workDirectory,
    });
  }

  /** Slots that encode right now. */
  get running(): number {
    return this.#state.places.working.size;
  }

  get slots(): number {
    return this.#state.slots;
  }

  /** What the encodes here take and bring, for the control of slots. */
  get use(): EncodesUse {
    const { slots: running, memoryBytes: runningBytes } = loadOf(this.#state);
    return { running, runningBytes, nextBytes: largestJobBytes(this.#state), pixels: this.#pixels };
  }

  setSlots(slots: number): void {
    if (slots !== this.#state.slots) this.#record({ type: 'slots-changed', slots });
  }

  setMemoryBudget(budgetBytes: number): void {
    if (budgetBytes !== this.#state.memoryBudgetBytes) this.#record({ type: 'memory-changed', budgetBytes });
  }

  /** Before the machine swaps. */
  giveBackNewest(): void {
    this.#record({ type: 'memory-short' });
  }

  /** Leases held here and results not yet fetched, of every leader: none when this machine is dry. */
  get attemptCount(): number {
    return this.#state.attempts.size;
  }

  /** Whether it was told of jobs of this leader that are not over. */
  hasJobsOf(leader: string): boolean {
    return (this.#state.leaders.get(leader)?.jobs.size ?? 0) > 0;
  }

  /** @param reason a sentence for the leaders that get their leases back. */
  setIntake(intake: Intake, reason: string): void {
    this.#record({ type: 'intake-changed', intake, reason });
  }

  onLeaderJoined(leader: string): void {
    this.#record({ type: 'leader-joined', leader });
  }

  /** What runs for it goes on, and what is encoded is kept: it may come back. */
  onLeaderAway(leader: string): void {
    this.#record({ type: 'leader-away', leader });
  }

  onLeaderBack(leader: string): void {
    this.#record({ type: 'leader-back', leader });
  }

  onLeaderLeft(leader: string): void {
    for (const key of this.#jobs.keys()) if (key.startsWith(jobKey(leader, ''))) this.#jobs.delete(key);
    this.#record({ type: 'leader-left', leader });
  }

  onMessage(leader: string, message: LeaderMessage): void {
    const nowMs = monotonicMs();
    switch (message.type) {
      case 'job-announced': {
        const { job, settings, variants, measure } = message;
        this.#jobs.set(jobKey(leader, job), message);
        // Work follows soon: its first chunk should not wait for a child to start.
        if (this.running === 0) this.#encoders.warm();
        this.#record({ type: 'job-announced', leader, job, settings, variants, measure });
        if (this.#state.leaders.get(leader)?.jobs.has(job) !== true) this.#jobs.delete(jobKey(leader, job));
        return;
      }
      case 'lease-granted': {
        const name = { leader, job: message.job, attempt: message.attempt };
        const { frameCount, sliceBytes, variant } = message;
        this.#hold(name, message);
        this.#record({ type: 'lease-granted', name, frameCount, sliceBytes, variant, nowMs });
        if (!this.#state.attempts.has(nameKey(name))) this.#attempts.delete(attemptKey(name));
        return;
      }
      case 'steal-asked': {
        const name = { leader, job: message.job, attempt: message.attempt };
        return this.#record({ type: 'steal-asked', name, thief: message.thief });
      }
      case 'attempt-cancelled':
        return this.#record({
          type: 'attempt-cancelled',
          name: { leader, job: message.job, attempt: message.attempt },
        });
      case 'result-settled':
        return this.#record({
          type: 'result-settled',
          name: { leader, job: message.job, attempt: message.attempt },
        });
      case 'job-ended':
        this.#jobs.delete(jobKey(leader, message.job));
        return this.#record({ type: 'job-ended', leader, job: message.job });
    }
  }

  /** Serves the result of an attempt to the leader it was made for, and to nobody else. */
  async serveResult(leader: string, request: Pick<BulkRequest, 'job' | 'attempt'>): Promise<BulkAnswer> {
    const holdings = this.#attempts.get(attemptKey({ leader, ...request }));
    if (holdings === undefined) return { refused: `there is no result of attempt ${request.attempt} here` };
    const { size } = await stat(holdings.resultPath);
    return { bytes: size, source: readFilePieces(holdings.resultPath) };
  }

  /** Serves the slice of an attempt that was given up to the thief that its leader named, and to nobody else. */
  async serveStolenSlice(thief: string, name: AttemptName): Promise<BulkAnswer> {
    const holdings = this.#attempts.get(attemptKey(name));
    if (holdings === undefined || !isKeptFor(this.#state, name, thief)) {
      return { refused: `no slice of attempt ${name.attempt} is kept here for this peer` };
    }
    const { size } = await stat(holdings.slicePath);
    return { bytes: size, source: readFilePieces(holdings.slicePath) };
  }

  /** Gives every lease back and ends every child. */
  async shutDown(): Promise<void> {
    this.setIntake('emptying', 'The daemon stops.');
    this.#stop.abort(new Error('the daemon stops'));
    await this.#encoders.close();
    await Promise.all([...this.#attempts.keys()].map((key) => this.#removeFiles(key)));
  }

  #record(event: PeerEvent): void {
    applyPeer(this.#state, event);
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      let actions = planPeer(this.#state, monotonicMs());
      while (actions.length > 0) {
        for (const action of actions) this.#perform(action);
        actions = planPeer(this.#state, monotonicMs());
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #perform(action: PeerAction): void {
    switch (action.type) {
      case 'tell-room':
        this.#record({ type: 'room-told', leader: action.leader, leases: action.leases });
        return this.#tell(action.leader, { type: 'room-offered', leases: action.leases });
      case 'tell-refusal':
        return this.#tellRefusal(action.refusal);
      case 'measure-build':
        this.#record({ type: 'build-measuring', leader: action.leader, job: action.job });
        return void this.#measureBuild(action.leader, action.job);
      case 'fetch-slice':
        this.#record({ type: 'slice-fetching', name: action.name });
        return this.#work(action.name, (holdings) => this.#fetchSlice(action.name, holdings));
      case 'start-encode':
        this.#record({ type: 'encode-started', name: action.name, nowMs: monotonicMs() });
        return this.#work(action.name, (holdings) => this.#encode(action.name, holdings));
      case 'answer-steal':
        return this.#answerSteal(action);
      case 'return-lease':
        this.#tell(action.name.leader, {
          type: 'lease-returned',
          job: action.name.job,
          attempt: action.name.attempt,
          reason: action.reason,
        });
        return this.#discard(action.name);
      case 'discard-attempt':
        return this.#discard(action.name);
    }
  }

  /** A message to a leader that left is lost on purpose: `peer-left` puts everything right. */
  #tell(leader: string, message: PeerMessage): void {
    this.#options.mesh.send(leader, message).catch(() => undefined);
  }

  #tellRefusal(refusal: Refusal): void {
    this.#record({ type: 'refusal-told', refusal });
    const { reason } = refusal;
    if (refusal.type === 'lease') {
      const { leader, job, attempt } = refusal.name;
      return this.#tell(leader, { type: 'lease-returned', job, attempt, reason });
    }
    this.#tell(refusal.leader, { type: 'build-unavailable', job: refusal.job, reason });
  }

  async #measureBuild(leader: string, job: string): Promise<void> {
    const announced = this.#jobs.get(jobKey(leader, job));
    if (announced === undefined) return this.#record({ type: 'build-outdated', leader, job });
    const answer = await this.#answerOfBuild(job, announced);
    if (!this.#isAnnounced(jobKey(leader, job), announced)) {
      return this.#record({ type: 'build-outdated', leader, job });
    }
    this.#tell(leader, answer);
    this.#record({ type: 'build-told', leader, job });
  }

  async #answerOfBuild(job: string, { settings, variants, measure }: AnnouncedJob): Promise<PeerMessage> {
    try {
      const measureOne = (probe: EncodeSettings) => withRestarts(() => this.#measure(probe));
      const build = await this.#options.builds.of(settings, measureOne);
      const variantDigests: string[] = [];
      for (const [index] of variants.entries()) {
        const inIt = inVariant(settings, variants, index);
        variantDigests.push((await this.#options.builds.of(inIt, measureOne)).digest);
      }
      const lacks = await whyUnscorable(measure);
      return { type: 'build-measured', job, ...build, variantDigests, lacks };
    } catch (error) {
      return { type: 'build-unavailable', job, reason: clipWords(sentenceOf(error)) };
    }
  }

  /** Whether a job still is what it was: one that was announced anew with other settings is measured anew, too. */
  #isAnnounced(key: string, announced: AnnouncedJob): boolean {
    const now = this.#jobs.get(key);
    return now === announced || (now !== undefined && canonicalJson(now) === canonicalJson(announced));
  }

  async #measure(probe: EncodeSettings): Promise<EncoderBuild> {
    let build: EncoderBuild | null = null;
    const onAnswer = (answer: EncodeMessage): boolean => {
      if (answer.type === 'failed' || answer.type === 'attempt-failed') throw new Error(answer.message);
      if (answer.type !== 'build-measured') return false;
      build = { digest: answer.digest, encoder: answer.encoder };
      return true;
    };
    const request: MeasureBuildRequest = {
      type: 'measure-build',
      workPath: join(this.#options.workDirectory, randomUUID()),
      settings: probe,
      threads: ENCODER_THREADS,
    };
    await this.#encoders.run(request, onAnswer, this.#stop.signal);
    if (build === null) throw new Error('the encoder said nothing of its build');
    return build;
  }

  #answerSteal({ name, answer }: Extract<PeerAction, { type: 'answer-steal' }>): void {
    const { leader, job, attempt } = name;
    this.#record({ type: 'steal-answered', name });
    if (answer === 'refused') return this.#tell(leader, { type: 'steal-refused', job, attempt });
    this.#tell(leader, { type: 'lease-yielded', job, attempt, hasSlice: answer === 'yielded-with-slice' });
  }

  async #fetchSlice(name: AttemptName, holdings: AttemptHoldings): Promise<void> {
    try {
      const isHere = await this.#fetchFromVictim(name, holdings);
      const request: BulkRequest = { kind: 'slice', job: name.job, attempt: name.attempt };
      if (!isHere) await this.#download(name.leader, request, holdings);
      this.#record({ type: 'slice-fetched', name });
    } catch (error) {
      this.#fail(name, error instanceof DiskError ? 'peer' : 'slice', sentenceOf(error));
    }
  }

  /** Whether the slice came from there. Where it does not come, or is another one, the leader's counts. */
  async #fetchFromVictim({ leader, job }: AttemptName, holdings: AttemptHoldings): Promise<boolean> {
    const { stolenSlice, stop } = holdings;
    if (stolenSlice === null) return false;
    const { peer, attempt, sha256 } = stolenSlice;
    try {
      const request: BulkRequest = { kind: 'stolen-slice', leader, job, attempt };
      return (await this.#download(peer, request, holdings)) === sha256;
    } catch {
      stop.signal.throwIfAborted();
      return false;
    }
  }

  /** Gives the sha256 of what came. */
  async #download(peer: string, request: BulkRequest, { slicePath, stop }: AttemptHoldings): Promise<string> {
    const file = await openSink(slicePath);
    try {
      return (await this.#options.mesh.fetch(peer, request, file.sink, stop.signal)).sha256;
    } catch (error) {
      throw file.fault ?? error;
    } finally {
      await file.close();
    }
  }

  async #encode(name: AttemptName, holdings: AttemptHoldings): Promise<void> {
    const { slicePath, resultPath: outputPath, workPath, job, variant, quality, isScored } = holdings;
    if (job === undefined)
      return this.#fail(name, 'peer', 'the job of this attempt was never announced here');
    try {
      const request: EncodeRequest = {
        type: 'encode',
        slicePath,
        outputPath,
        workPath,
        settings: atQuality(inVariant(job.settings, job.variants, variant), quality),
        threads: ENCODER_THREADS,
        score: job.measure === null || !isScored ? null : await resolveMeasure(job.measure),
      };
      await this.#encoders.run(request, (answer) => this.#relay(name, answer), holdings.stop.signal);
      await rm(slicePath, { force: true });
    } catch (error) {
      this.#fail(name, 'encoder', sentenceOf(error));
    }
  }

  /** Passes an encode child's answer on to the leader; true when it was the last one of this attempt. */
  #relay(name: AttemptName, answer: EncodeMessage): boolean {
    const { leader, job, attempt } = name;
    switch (answer.type) {
      case 'started':
        this.#tell(leader, { type: 'attempt-started', job, attempt });
        return false;
      case 'decoded':
        this.#tell(leader, {
          type: 'frames-decoded',
          job,
          attempt,
          firstFrame: answer.firstFrame,
          fingerprints: answer.fingerprints,
        });
        return false;
      case 'progress':
        this.#count(name, answer.framesEncoded);
        this.#tell(leader, {
          type: 'attempt-progress',
          job,
          attempt,
          framesEncoded: answer.framesEncoded,
          bytes: answer.bytes,
        });
        return false;
      case 'scored': {
        const { firstFrame, scores } = answer;
        this.#tell(leader, { type: 'frames-scored', job, attempt, firstFrame, scores });
        return false;
      }
      case 'encoded': {
        const { type: _, ...result } = answer;
        this.#count(name, answer.frameCount);
        this.#record({ type: 'encode-ended', name, nowMs: monotonicMs() });
        this.#tell(leader, { type: 'attempt-encoded', job, attempt, ...result });
        return true;
      }
      case 'attempt-failed':
        this.#fail(name, answer.cause, answer.message);
        return true;
      case 'failed':
        throw new Error(answer.message);
      case 'build-measured':
        return false;
    }
  }

  #count(name: AttemptName, framesEncoded: number): void {
    const holdings = this.#attempts.get(attemptKey(name));
    if (holdings?.job === undefined) return;
    const { picture } = holdings.job.settings;
    this.#pixels += (framesEncoded - holdings.framesEncoded) * picture.width * picture.height;
    holdings.framesEncoded = framesEncoded;
  }

  /** Tells the leader why, unless the attempt was stopped from outside: then the leader knows. */
  #fail(name: AttemptName, cause: 'frames' | 'encoder' | 'slice' | 'peer', words: string): void {
    const holdings = this.#attempts.get(attemptKey(name));
    if (holdings === undefined || holdings.stop.signal.aborted) return;
    this.#tell(name.leader, {
      type: 'attempt-failed',
      job: name.job,
      attempt: name.attempt,
      cause,
      words: clipWords(words),
    });
    this.#record({ type: 'attempt-failed', name });
  }

  #discard(name: AttemptName): void {
    this.#record({ type: 'attempt-discarding', name });
    // What cannot be deleted now is swept when the daemon ends or starts.
    void this.#removeFiles(attemptKey(name))
      .catch(() => undefined)
      .then(() => this.#record({ type: 'attempt-discarded', name, nowMs: monotonicMs() }));
  }

  /** A child that is being killed may still create its file: its end is waited for before deleting. */
  async #removeFiles(key: string): Promise<void> {
    const holdings = this.#attempts.get(key);
    if (holdings === undefined) return;
    holdings.stop.abort(new Error('the attempt was cancelled'));
    await holdings.work;
    await rm(holdings.slicePath, { force: true });
    await rm(holdings.resultPath, { force: true });
    await rm(holdings.workPath, { recursive: true, force: true });
    this.#attempts.delete(key);
  }

  #hold(name: AttemptName, lease: Extract<LeaderMessage, { type: 'lease-granted' }>): void {
    const { stolenSlice, quality, variant, isScored } = lease;
    const key = attemptKey(name);
    if (this.#attempts.has(key)) return;
    const base = join(this.#options.workDirectory, key);
    this.#attempts.set(key, {
      slicePath: `${base}.slice`,
      resultPath: `${base}.ivf`,
      workPath: `${base}.encoder`,
      stop: new AbortController(),
      job: this.#jobs.get(jobKey(name.leader, name.job)),
      framesEncoded: 0,
      stolenSlice,
      quality,
      variant,
      isScored,
      work: Promise.resolve(),
    });
  }

  #work(name: AttemptName, run: (holdings: AttemptHoldings) => Promise<void>): void {
    const holdings = this.#attempts.get(attemptKey(name));
    if (holdings === undefined) return;
    holdings.work = holdings.work.then(() => run(holdings));
  }
}

/** A sentence when this machine cannot score so, else null. */
async function whyUnscorable(measure: Measure | null): Promise<string | null> {
  if (measure === null) return null;
  return resolveMeasure(measure).then(
    () => null,
    (error: unknown) => clipWords(sentenceOf(error)),
  );
}

function jobKey(leader: string, job: string): string {
  return `${leader}-${job}`;
}

/** Also a file name: peer ids and job ids are plain letters and digits (node/protocol checks them). */
function attemptKey(name: AttemptName): string {
  return `${jobKey(name.leader, name.job)}-${name.attempt}`;
}
