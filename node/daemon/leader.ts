import type { BulkRequest, PeerMessage } from '../../src/protocol/messages.ts';
import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import { applyLeader } from '../../src/schedule/leader/apply.ts';
import { reachablePeers } from '../../src/schedule/leader/away.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import { planLeader } from '../../src/schedule/leader/plan.ts';
import { createLeader, type LeaderState } from '../../src/schedule/leader/state.ts';
import { STOOD_STILL_MS } from '../../src/schedule/limits.ts';
import { monotonicMs } from '../clock.ts';
import type { BulkAnswer, Mesh } from '../mesh/mesh.ts';
import { jobDigest } from './build-digests.ts';
import type { JobRun } from './run/job-run.ts';

/** Leases expire and stragglers are noticed without any event: plan at least this often. */
const TICK_MS = 250;

/** The leader's half of the daemon: one scheduler over all of this daemon's jobs, and the loop that obeys it. */
export class Leader {
  readonly #mesh: Mesh;
  readonly #state: LeaderState = createLeader();
  readonly #runs = new Map<string, JobRun>();
  readonly #timer: NodeJS.Timeout;
  #isPumping = false;
  #lookedMs = monotonicMs();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#timer = setInterval(() => {
      this.#lookAtTheClock();
      this.#pump();
    }, TICK_MS);
  }

  get isBusy(): boolean {
    return this.#state.jobs.size > 0;
  }

  /** For read-outs only. */
  get state(): LeaderState {
    return this.#state;
  }

  add(run: JobRun): void {
    this.#runs.set(run.id, run);
    const { frameCountEstimate } = run.prepared.source.video;
    const { firstAttempt } = run;
    const { isLocal } = run.prepared.request.options;
    this.record({
      type: 'job-submitted',
      job: run.id,
      frameCountEstimate,
      firstAttempt,
      isLocal,
      nowMs: monotonicMs(),
    });
    void run.start();
  }

  /** Takes a job out of the schedule and tells the peers that it is over. */
  remove(job: string): void {
    this.#runs.delete(job);
    for (const peer of reachablePeers(this.#state)) {
      this.#mesh.send(peer, { type: 'job-ended', job }).catch(() => undefined);
    }
    this.record({ type: 'job-ended', job });
  }

  onPeerJoined(peer: string, slots: number): void {
    const isOwn = peer === this.#mesh.id;
    this.record({ type: 'peer-joined', peer, slots, isOwn, nowMs: monotonicMs() });
  }

  onPeerAway(peer: string): void {
    this.record({ type: 'peer-away', peer, nowMs: monotonicMs() });
    this.#forgetDropped();
  }

  onPeerBack(peer: string, slots: number): void {
    this.record({ type: 'peer-back', peer, slots, nowMs: monotonicMs() });
  }

  onPeerLeft(peer: string): void {
    this.record({ type: 'peer-left', peer, nowMs: monotonicMs() });
    this.#forgetDropped();
  }

  onMessage(peer: string, message: PeerMessage): void {
    switch (message.type) {
      case 'room-offered':
        return this.record({ type: 'room-offered', peer, leases: message.leases });
      case 'build-measured':
        // This machine's own encoder is the measure for every other, where it has one.
        if (peer === this.#mesh.id) this.#runs.get(message.job)?.build.set(message);
        else if (message.lacks === null) this.#runs.get(message.job)?.build.noteOther(message);
        return this.record(buildEvent(peer, message));
      case 'build-unavailable':
        if (peer === this.#mesh.id) this.#runs.get(message.job)?.build.fail(message.reason);
        return this.record({ type: 'build-unavailable', job: message.job, peer, reason: message.reason });
      default:
        return this.#runs.get(message.job)?.leases.onMessage(peer, message);
    }
  }

  serveSlice(peer: string, request: BulkRequest): BulkAnswer {
    const run = this.#runs.get(request.job);
    return run?.leases.serveSlice(peer, request) ?? { refused: `job ${request.job} is not running here` };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  record(...events: readonly LeaderEvent[]): void {
    this.#lookAtTheClock();
    for (const event of events) {
      applyLeader(this.#state, event);
      this.#note(event);
    }
    this.#pump();
  }

  /** Whatever comes first after a standstill: what was said meanwhile must not find its leases expired. */
  #lookAtTheClock(): void {
    const nowMs = monotonicMs();
    const ms = nowMs - this.#lookedMs - TICK_MS;
    this.#lookedMs = nowMs;
    if (ms < STOOD_STILL_MS) return;
    const event: LeaderEvent = { type: 'leader-stood-still', ms };
    applyLeader(this.#state, event);
    this.#note(event);
  }

  /** What concerns no job in particular concerns all. */
  #note(event: LeaderEvent): void {
    if ('job' in event) return this.#runs.get(event.job)?.note(this.#state, event);
    for (const run of this.#runs.values()) run.note(this.#state, event);
  }

  #forgetDropped(): void {
    for (const run of this.#runs.values()) {
      const attempts = this.#state.jobs.get(run.id)?.attempts;
      run.leases.forgetUnless((attempt) => attempts?.has(attempt) === true);
    }
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let actions = this.#plan(); actions.length > 0; actions = this.#plan()) {
        for (const action of actions) this.#perform(action);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #plan(): LeaderAction[] {
    return planLeader(this.#state, monotonicMs());
  }

  #perform(action: LeaderAction): void {
    const run = this.#runs.get(action.job);
    if (run === undefined) return this.record({ type: 'job-ended', job: action.job });
    if (action.type !== 'announce-job') return run.perform(action);
    const { job, peer } = action;
    const { settings, variants } = run.prepared;
    this.record({ type: 'job-announced', job, peer, nowMs: monotonicMs() });
    this.#mesh
      .send(peer, { type: 'job-announced', job, settings, variants, measure: run.measure })
      .catch(() => undefined);
  }
}

/** Who cannot score what the job asks to be scored is as good as one that cannot encode it. */
function buildEvent(peer: string, message: Extract<PeerMessage, { type: 'build-measured' }>): LeaderEvent {
  const { job, encoder, lacks } = message;
  if (lacks !== null) return { type: 'build-unavailable', job, peer, reason: lacks };
  return { type: 'build-measured', job, peer, digest: jobDigest(message), encoder };
}
