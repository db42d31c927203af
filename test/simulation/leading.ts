import { FINGERPRINT_BYTES } from '../../src/media/sketch.ts';
import type { JobMessage, PeerMessage } from '../../src/protocol/messages.ts';
import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import { applyLeader } from '../../src/schedule/leader/apply.ts';
import { reachablePeers } from '../../src/schedule/leader/away.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import { planLeader } from '../../src/schedule/leader/plan.ts';
import { attemptOf, createLeader, type LeaderState } from '../../src/schedule/leader/state.ts';
import type { Station } from './network.ts';
import type { Result, Simulation, Slice } from './simulation.ts';
import type { ChunkFacts, JobFacts } from './world.ts';

/** What a daemon's disk keeps through any crash. */
export interface Disk {
  /** Jobs that have not ended. */
  readonly jobs: Map<string, JobFacts>;
  /** By job: committed chunks. */
  readonly stored: Map<string, Set<number>>;
  /** Jobs for whose settings its encoder's build was measured. */
  readonly measured: Set<string>;
  /** By job and chunk: results that were kept as probes. */
  readonly probes: Map<string, number>;
  /** By job, chunk and trial: qualities at which the encoder was found to spoil it. */
  readonly spoiled: Map<string, number>;
  /** By job, where its user has chosen one. */
  readonly priorities: Map<string, number>;
  runs: number;
}

/** More planning rounds than this at one instant would mean that planning does not settle. */
const MOST_ROUNDS = 50;
const TICK_MS = 5_000;
const ATTEMPTS_A_RUN = 1_000_000;
/** From submission to the first lease: the leader measures its own build and scans the first chunk meanwhile. */
export const READY_MS = 800;
const PROOF_MS = 200;
/** Beside a chunk that is searched longest: it is tried at so many more qualities at once. */
export const TRIALS = [1, 2];
/** One searched chunk in so many rests after each probe, until others would have told what it is to be tried at. */
const RESTING_EVERY = 2;
const REST_OF_FILM_MS = 3_000;
/** Of a chunk's quality; then it fails where it is refused. */
const MOST_CHANGES = 7;
const APPEND_MS = 20;
const FINISH_MS = 100;
/** What a job ends with that its user gave up. */
export const CANCELLED = 'It was cancelled.';
/** From the last encoded frame to the finished file, at least. */
export const END_MS = PROOF_MS + APPEND_MS + FINISH_MS;

/** The daemon's loop around the leader's pure pair, as node/ has it, on virtual time. */
export class LeaderShell {
  readonly state: LeaderState = createLeader();
  readonly #sim: Simulation;
  readonly #station: Station;
  readonly #disk: Disk;
  readonly #results = new Map<string, Result>();
  /** What was refused: job, chunk, how often its quality was changed, and whose bytes. */
  readonly #refused = new Set<string>();
  #isStopped = false;
  #isAwake = false;

  constructor(sim: Simulation, station: Station, disk: Disk) {
    this.#sim = sim;
    this.#station = station;
    this.#disk = disk;
    this.#disk.runs += 1;
    for (const job of disk.jobs.values()) this.#begin(job);
    this.#tick();
  }

  submit(job: JobFacts): void {
    this.#disk.jobs.set(job.id, job);
    this.#disk.stored.set(job.id, new Set());
    this.#begin(job);
  }

  stop(): void {
    this.#isStopped = true;
  }

  prioritise(job: string, priority: number): void {
    if (!this.#disk.jobs.has(job)) return;
    this.#disk.priorities.set(job, priority);
    this.#apply({ type: 'job-prioritised', job, priority });
  }

  cancel(job: string): void {
    if (!this.#isStopped) this.#end(job, CANCELLED);
  }

  /** Before anything else that came meanwhile. */
  wakeUp(sleptMs: number): void {
    this.#apply({ type: 'leader-stood-still', ms: sleptMs });
  }

  join(peer: string): void {
    const slots = this.#sim.hostFacts(peer).slots;
    const isOwn = peer === this.#station.id;
    this.#apply({ type: 'peer-joined', peer, slots, isOwn, nowMs: this.#now() });
  }

  away(peer: string): void {
    this.#apply({ type: 'peer-away', peer, nowMs: this.#now() });
  }

  back(peer: string): void {
    const { slots } = this.#sim.hostFacts(peer);
    this.#apply({ type: 'peer-back', peer, slots, nowMs: this.#now() });
  }

  leave(peer: string): void {
    this.#apply({ type: 'peer-left', peer, nowMs: this.#now() });
  }

  suspect(peer: string, isSuspect: boolean): void {
    if (isSuspect) this.#apply({ type: 'peer-suspected', peer });
    else this.#apply({ type: 'peer-heard', peer, nowMs: this.#now() });
  }

  receive(peer: string, message: PeerMessage): void {
    if ('attempt' in message) {
      const attempt = attemptOf(this.state, message.job, message.attempt);
      if (attempt !== undefined && attempt.peer !== peer) return;
    }
    const event = this.#eventOf(peer, message);
    if (event !== null) this.#apply(event);
  }

  /** What a peer gets when it asks for an attempt's slice. */
  slice(job: string, number: number): Slice | null {
    const attempt = attemptOf(this.state, job, number);
    const chunk = this.#disk.jobs.get(job)?.chunks[attempt?.chunk.number ?? -1];
    if (attempt === undefined || chunk === undefined) return null;
    return { chunk, leadIn: attempt.leadIn };
  }

  #begin(job: JobFacts): void {
    this.#apply({
      type: 'job-submitted',
      isLocal: job.isLocal,
      job: job.id,
      frameCountEstimate: null,
      firstAttempt: this.#disk.runs * ATTEMPTS_A_RUN,
      nowMs: this.#now(),
    });
    const priority = this.#disk.priorities.get(job.id);
    if (priority !== undefined) this.#apply({ type: 'job-prioritised', job: job.id, priority });
    this.#apply({ type: 'scan-begun', job: job.id });
    const build = this.#sim.hostFacts(this.#station.id).build ?? 'none';
    this.#after(READY_MS, () => this.#apply({ type: 'job-build-known', job: job.id, digest: build }));
    for (const chunk of job.chunks) this.#after(this.#scanMs(job, chunk), () => this.#find(job, chunk));
    const last = job.chunks.at(-1);
    this.#after(last === undefined ? 1 : this.#scanMs(job, last) + 1, () => {
      this.#apply({ type: 'scan-ended', job: job.id, chunkCount: job.chunks.length });
    });
  }

  #scanMs(job: JobFacts, chunk: ChunkFacts): number {
    return 100 + chunk.endFrame / job.scanFramesPerMs;
  }

  #find(job: JobFacts, chunk: ChunkFacts): void {
    const { number, startFrame, endFrame, complexity } = chunk;
    this.#apply({ type: 'chunk-found', job: job.id, chunk: number, startFrame, endFrame, complexity });
    if (chunk.probes > 1) {
      this.#apply({ type: 'trials-opened', job: job.id, chunk: number, trials: TRIALS });
    }
    if (!this.#disk.stored.get(job.id)?.has(number)) return;
    this.#apply({
      type: 'chunk-committed',
      job: job.id,
      chunk: number,
      attempt: null,
      bytes: chunk.resultBytes,
    });
  }

  #eventOf(peer: string, message: PeerMessage): LeaderEvent | null {
    const nowMs = this.#now();
    switch (message.type) {
      case 'room-offered':
        return { ...message, peer };
      case 'build-measured': {
        const { lacks: _, ...measured } = message;
        return { ...measured, peer };
      }
      case 'build-unavailable':
        return { ...message, peer };
      case 'frames-decoded':
        return this.#compare(message);
      case 'frames-scored':
        return null;
      case 'attempt-started':
      case 'attempt-progress':
      case 'attempt-encoded':
      case 'attempt-failed':
        return { ...message, nowMs };
      case 'lease-yielded':
      case 'steal-refused':
      case 'lease-returned':
        return message;
    }
  }

  #compare(message: Extract<PeerMessage, { type: 'frames-decoded' }>): LeaderEvent | null {
    const { job, attempt } = message;
    const isRight = message.fingerprints.every((byte) => byte === 1);
    const isWhole = message.fingerprints.length % FINGERPRINT_BYTES === 0;
    const framesEncoded = attemptOf(this.state, job, attempt)?.framesEncoded ?? 0;
    const nowMs = this.#now();
    if (isRight && isWhole) return { type: 'attempt-progress', job, attempt, framesEncoded, nowMs };
    const words = 'Frame 0 of the slice decoded to another picture.';
    return { type: 'attempt-failed', job, attempt, cause: 'frames', words, nowMs };
  }

  #apply(event: LeaderEvent): void {
    if (this.#isStopped) return;
    this.#sim.trace.note(() => `${this.#now()} ${this.#station.id} leads ${JSON.stringify(event)}`);
    this.#sim.witness.beforeLeaderEvent(this, this.#station, event);
    applyLeader(this.state, event);
    this.#wake();
  }

  #wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#after(0, () => this.#plan());
  }

  #plan(): void {
    this.#isAwake = false;
    for (let round = 0; ; round += 1) {
      const actions = planLeader(this.state, this.#now());
      if (actions.length === 0) break;
      if (round > MOST_ROUNDS) throw new Error(`Leading does not settle: ${JSON.stringify(actions)}`);
      for (const action of actions) this.#perform(action);
    }
    this.#sim.witness.afterLeaderPlan(this, this.#station);
  }

  #tick(): void {
    this.#after(TICK_MS, () => {
      if (this.state.jobs.size > 0) this.#plan();
      this.#tick();
    });
  }

  #perform(action: LeaderAction): void {
    const nowMs = this.#now();
    switch (action.type) {
      case 'announce-job': {
        this.#apply({ ...action, type: 'job-announced', nowMs });
        const job = this.#disk.jobs.get(action.job);
        if (job === undefined) throw new Error(`Job ${action.job} was announced after its end.`);
        const { id, settings, variants } = job;
        this.#send(action.peer, { type: 'job-announced', job: id, settings, variants, measure: null });
        break;
      }
      case 'grant-lease':
        this.#grant(action);
        break;
      case 'ask-steal': {
        const { job, attempt, peer, thief } = action;
        this.#apply({ type: 'steal-asked', job, attempt, thief, nowMs });
        this.#send(peer, { type: 'steal-asked', job, attempt, thief });
        break;
      }
      case 'cancel-attempt':
        this.#apply({ type: 'attempt-cancelled', job: action.job, attempt: action.attempt });
        this.#send(action.peer, {
          type: 'attempt-cancelled',
          job: action.job,
          attempt: action.attempt,
          reason: action.reason,
        });
        break;
      case 'expire-lease':
        this.#apply({ ...action, type: 'attempt-failed', cause: 'expired', nowMs });
        break;
      case 'forget-pace':
        this.#apply({ type: 'pace-forgotten', job: action.job, peer: action.peer, nowMs });
        break;
      case 'settle-result':
        this.#apply({ type: 'result-settled', job: action.job, attempt: action.attempt });
        this.#send(action.peer, {
          type: 'result-settled',
          job: action.job,
          attempt: action.attempt,
          accepted: action.accepted,
        });
        break;
      case 'fetch-result':
        this.#fetch(action);
        break;
      case 'prove-result':
        this.#prove(action);
        break;
      case 'append-chunk':
        this.#apply({ type: 'chunk-appending', job: action.job, chunk: action.chunk });
        this.#after(APPEND_MS, () => {
          this.#apply({ type: 'chunk-appended', job: action.job, chunk: action.chunk });
        });
        break;
      case 'finish-job':
        this.#apply({ type: 'job-finishing', job: action.job });
        this.#after(FINISH_MS, () => this.#end(action.job, null));
        break;
      case 'fail-job':
        this.#end(action.job, action.reason);
        break;
    }
  }

  #grant(action: Extract<LeaderAction, { type: 'grant-lease' }>): void {
    const chunk = this.#disk.jobs.get(action.job)?.chunks[action.chunk];
    if (chunk === undefined) throw new Error(`A chunk was granted that does not exist: ${action.chunk}`);
    this.#sim.witness.onGrant(this, this.#station, action);
    this.#apply({ ...action, type: 'lease-granted', nowMs: this.#now() });
    this.#send(action.peer, {
      type: 'lease-granted',
      job: action.job,
      chunk: action.chunk,
      attempt: action.attempt,
      frameCount: chunk.endFrame - chunk.startFrame,
      sliceBytes: chunk.sliceBytes,
      quality: null,
      variant: chunk.variant,
      isScored: false,
      stolenSlice: action.stolenFrom === null ? null : { ...action.stolenFrom, sha256: '' },
    });
  }

  #fetch(action: Extract<LeaderAction, { type: 'fetch-result' }>): void {
    const { job, attempt, peer } = action;
    this.#apply({ type: 'result-fetching', job, attempt, nowMs: this.#now() });
    const bytes = attemptOf(this.state, job, attempt)?.bytes ?? 0;
    this.#sim.network.transfer(peer, this.#station, bytes, (isWhole) => {
      const result = isWhole ? this.#sim.resultAt(peer, this.#station.id, job, attempt) : null;
      if (!this.#isStopped) this.#sim.onTimer(this.#station.id, () => this.#takeResult(job, attempt, result));
    });
  }

  #takeResult(job: string, attempt: number, result: Result | null): void {
    const nowMs = this.#now();
    if (result === null) {
      const words = 'The result broke off.';
      this.#apply({ type: 'attempt-failed', job, attempt, cause: 'transfer', words, nowMs });
      return;
    }
    this.#results.set(`${job} ${attempt}`, result);
    this.#apply({ type: 'result-fetched', job, attempt, nowMs });
  }

  #prove(action: Extract<LeaderAction, { type: 'prove-result' }>): void {
    const { job, attempt, chunk } = action;
    this.#apply({ type: 'result-proving', job, attempt });
    this.#after(PROOF_MS, () => {
      const result = this.#results.get(`${job} ${attempt}`);
      this.#results.delete(`${job} ${attempt}`);
      if (attemptOf(this.state, job, attempt)?.state !== 'proving') return;
      const isRight = result?.isGood === true && result.chunk.number === chunk;
      const changes = this.#disk.spoiled.get(this.#spoiledName(job, chunk, attempt)) ?? 0;
      if (!isRight || changes < result.chunk.spoiled) {
        return this.#refuse(job, chunk, attempt, { isRight, isMovedOn: result?.chunk.isMovedOn === true });
      }
      if (this.#keepProbe(job, result.chunk, attempt, changes)) return;
      this.#sim.witness.onStored(job, chunk);
      this.#disk.stored.get(job)?.add(chunk);
      const choice = { quality: changes, score: null, probeCount: 1 };
      this.#apply({ type: 'chunk-committed', job, chunk, attempt, bytes: result.chunk.resultBytes, choice });
    });
  }

  /**
   * Every encoder writes the same bytes, every liar its own. The same ones twice: the chunk's quality is changed. A search
   * that moves on changes it at once.
   */
  #refuse(
    job: string,
    chunk: number,
    attempt: number,
    { isRight, isMovedOn }: { readonly isRight: boolean; readonly isMovedOn: boolean },
  ): void {
    const words = 'Its pictures are not the source’s.';
    const spoiled = this.#spoiledName(job, chunk, attempt);
    const changes = this.#disk.spoiled.get(spoiled) ?? 0;
    const bytes = isRight ? 'the encoder' : attemptOf(this.state, job, attempt)?.peer;
    const name = `${spoiled} ${changes} ${bytes}`;
    if (!this.#refused.has(name) || changes === MOST_CHANGES) {
      this.#refused.add(name);
      if (isRight && isMovedOn) this.#disk.spoiled.set(spoiled, changes + 1);
      const failed = { type: 'attempt-failed', job, attempt, cause: 'result', quality: changes } as const;
      this.#apply({ ...failed, words, nowMs: this.#now() });
      return;
    }
    this.#disk.spoiled.set(spoiled, changes + 1);
    this.#apply({ type: 'result-spoiled', job, chunk, attempt, words });
  }

  /** Each of a chunk's trials has a quality of its own. */
  #spoiledName(job: string, chunk: number, attempt: number): string {
    return `${job} ${chunk} ${attemptOf(this.state, job, attempt)?.chunk.trial}`;
  }

  /** A result of a trial beside its chunk is always a probe; of the chunk itself as often as its world says. */
  #keepProbe(
    job: string,
    { number: chunk, probes: most }: ChunkFacts,
    attempt: number,
    quality: number,
  ): boolean {
    const kept = this.#disk.probes.get(`${job} ${chunk}`) ?? 0;
    const isTrial = attemptOf(this.state, job, attempt)?.chunk.trial !== 0;
    if (!isTrial && kept >= most) return false;
    if (!isTrial) this.#disk.probes.set(`${job} ${chunk}`, kept + 1);
    const isResting = chunk % RESTING_EVERY === 0;
    this.#apply({ type: 'probe-kept', job, chunk, attempt, quality, score: null, isResting });
    if (isResting) this.#after(REST_OF_FILM_MS, () => this.#apply({ type: 'chunk-wanted', job, chunk }));
    return true;
  }

  #end(job: string, reason: string | null): void {
    if (!this.#disk.jobs.delete(job)) return;
    this.#sim.witness.onEnded(job, reason, this.#disk.stored.get(job)?.size ?? 0);
    for (const peer of reachablePeers(this.state)) this.#send(peer, { type: 'job-ended', job });
    this.#apply({ type: 'job-ended', job });
  }

  #send(peer: string, message: JobMessage): void {
    this.#sim.witness.onSent(message);
    this.#sim.network.send(this.#station, peer, message);
  }

  #after(delayMs: number, run: () => void): void {
    this.#sim.clock.after(delayMs, () => {
      if (!this.#isStopped) this.#sim.onTimer(this.#station.id, run);
    });
  }

  #now(): number {
    return this.#sim.clock.nowMs();
  }
}
