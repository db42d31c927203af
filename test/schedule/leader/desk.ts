import type { LeaderAction } from '../../../src/schedule/leader/actions.ts';
import { applyLeader } from '../../../src/schedule/leader/apply.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import { planLeader } from '../../../src/schedule/leader/plan.ts';
import {
  type Attempt,
  attemptOf,
  createLeader,
  type FailureCause,
  type JobState,
} from '../../../src/schedule/leader/state.ts';
import { recordOf } from './record.ts';

/** A leader whose time, peers and messages a test moves by hand; what it plans is recorded as a daemon would. */
export class Desk {
  readonly state = createLeader();
  readonly actions: LeaderAction[] = [];
  nowMs = 0;

  apply(...events: LeaderEvent[]): void {
    for (const event of events) applyLeader(this.state, event);
  }

  /** Plans until nothing is left to do now; gives what was done. */
  plan(): LeaderAction[] {
    const done: LeaderAction[] = [];
    for (let actions = this.#next(); actions.length > 0; actions = this.#next()) {
      done.push(...actions);
      for (const action of actions) this.apply(recordOf(action, this.nowMs));
      if (done.length > 10_000) throw new Error('Planning does not settle.');
    }
    this.actions.push(...done);
    return done;
  }

  submit(job = 'j', digest: string | null = 'd'): void {
    const event = {
      type: 'job-submitted',
      isLocal: false,
      job,
      frameCountEstimate: null,
      firstAttempt: 0,
    } as const;
    this.apply({ ...event, nowMs: this.nowMs }, { type: 'scan-begun', job });
    if (digest !== null) this.apply({ type: 'job-build-known', job, digest });
  }

  /** A peer joins, answers for every job, offers twice its slots. */
  join(peer: string, slots = 1, digest = 'd', room = 2 * slots, isOwn = false): void {
    this.apply({ type: 'peer-joined', peer, slots, isOwn, nowMs: this.nowMs });
    for (const job of this.state.jobs.keys()) {
      this.apply({ type: 'job-announced', job, peer, nowMs: this.nowMs });
      this.apply({ type: 'build-measured', job, peer, digest, encoder: 'E' });
    }
    this.apply({ type: 'room-offered', peer, leases: room });
  }

  leave(peer: string): void {
    this.apply({ type: 'peer-left', peer, nowMs: this.nowMs });
  }

  /** Chunks of these lengths, and the scan's end unless told otherwise. */
  find(frameCounts: readonly number[], options: { job?: string; isEnded?: boolean } = {}): void {
    const { job = 'j', isEnded = true } = options;
    let startFrame = 0;
    frameCounts.forEach((count, chunk) => {
      const endFrame = startFrame + count;
      this.apply({ type: 'chunk-found', job, chunk, startFrame, endFrame, complexity: 0 });
      startFrame = endFrame;
    });
    if (isEnded) this.apply({ type: 'scan-ended', job, chunkCount: frameCounts.length });
  }

  job(id = 'j'): JobState {
    const job = this.state.jobs.get(id);
    if (job === undefined) throw new Error(`There is no job ${id}.`);
    return job;
  }

  attempt(number: number, job = 'j'): Attempt {
    const attempt = attemptOf(this.state, job, number);
    if (attempt === undefined) throw new Error(`There is no attempt ${number}.`);
    return attempt;
  }

  /** The open lease of a chunk. */
  leaseOf(chunk: number, job = 'j'): Attempt {
    const [attempt] = this.job(job).chunks.get(chunk)?.attempts ?? [];
    if (attempt === undefined) throw new Error(`Chunk ${chunk} is not leased.`);
    return attempt;
  }

  start(attempt: Attempt): void {
    const names = { job: attempt.job.id, attempt: attempt.number };
    this.apply({ type: 'attempt-started', ...names, nowMs: this.nowMs });
  }

  progress(attempt: Attempt, framesEncoded: number): void {
    const names = { job: attempt.job.id, attempt: attempt.number };
    this.apply({ type: 'attempt-progress', ...names, framesEncoded, nowMs: this.nowMs });
  }

  encode(attempt: Attempt, durationMs = 1_000): void {
    const names = { job: attempt.job.id, attempt: attempt.number };
    this.start(attempt);
    this.nowMs += durationMs;
    this.apply({ type: 'attempt-encoded', ...names, bytes: 1_000, nowMs: this.nowMs });
  }

  /** Encoded, fetched, proven, committed; gives what was done on the way and after. */
  commit(attempt: Attempt, durationMs = 1_000): LeaderAction[] {
    const names = { job: attempt.job.id, attempt: attempt.number };
    const { length } = this.actions;
    this.encode(attempt, durationMs);
    this.plan();
    this.apply({ type: 'result-fetched', ...names, nowMs: this.nowMs });
    this.plan();
    this.apply({ type: 'chunk-committed', ...names, chunk: attempt.chunk.number, bytes: 1_000 });
    this.plan();
    return this.actions.slice(length);
  }

  /** Commits whatever is leased, again and again, until nothing is. */
  commitAll(): void {
    for (;;) {
      const jobs = [...this.state.jobs.values()];
      const leases = jobs.flatMap((job) =>
        [...job.attempts.values()].filter(({ state }) => state === 'granted'),
      );
      const [lease] = leases;
      if (lease === undefined) return;
      this.commit(lease);
    }
  }

  fail(attempt: Attempt, cause: FailureCause, words = 'It failed.'): void {
    const names = { job: attempt.job.id, attempt: attempt.number };
    this.apply({ type: 'attempt-failed', ...names, cause, words, nowMs: this.nowMs });
  }

  /** Who was granted what by these actions, as `chunk@peer`, a lead-in behind a plus. */
  static grants(actions: readonly LeaderAction[]): string[] {
    return actions.flatMap((action) => {
      if (action.type !== 'grant-lease') return [];
      return [`${action.chunk}@${action.peer}${action.leadIn > 0 ? `+${action.leadIn}` : ''}`];
    });
  }

  #next(): LeaderAction[] {
    return planLeader(this.state, this.nowMs);
  }
}
