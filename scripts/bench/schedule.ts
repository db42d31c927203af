import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import { applyLeader } from '../../src/schedule/leader/apply.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import { planLeader } from '../../src/schedule/leader/plan.ts';
import { createLeader } from '../../src/schedule/leader/state.ts';
import { recordOf } from '../../test/schedule/leader/record.ts';
import { createClock } from '../../test/simulation/clock.ts';
import { createRandom } from '../../test/simulation/random.ts';

/** What one leader's decisions cost, over a whole job. */
export interface ScheduleBench {
  readonly peers: number;
  readonly chunks: number;
  readonly plans: number;
  /** Of one call of `planLeader`. */
  readonly planMs: { readonly median: number; readonly p99: number; readonly most: number };
  /** Processor time for each event, its plans included. */
  readonly eventMicroseconds: number;
  /** Of this process so far; sizes are run from small to large. */
  readonly peakMemoryMb: number;
}

const SIZES = [
  { peers: 10, chunks: 500 },
  { peers: 100, chunks: 5_000 },
  { peers: 1_000, chunks: 50_000 },
  { peers: 10_000, chunks: 100_000 },
] as const;
const JOB = 'j';
const SLOTS = 2;
const TICK_MS = 1_000;
/** Virtual: far more than the job takes. */
const LONGEST_MS = 1e9;

/** One job after the other, each on more peers, without a network: only the leader's own work is measured. */
export function benchSchedule(): ScheduleBench[] {
  return SIZES.map(({ peers, chunks }) => {
    const farm = new Farm(peers, chunks);
    const before = process.cpuUsage();
    farm.run();
    const { user, system } = process.cpuUsage(before);
    const times = farm.planMs.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? Number.NaN;
    return {
      peers,
      chunks,
      plans: times.length,
      planMs: { median: at(0.5), p99: at(0.99), most: at(1) },
      eventMicroseconds: (user + system) / farm.eventCount,
      peakMemoryMb: process.resourceUsage().maxRSS / 1000,
    };
  });
}

/** Peers of unequal speeds that encode what they are granted, and a leader that is told of it. */
class Farm {
  readonly planMs: number[] = [];
  eventCount = 0;
  readonly #state = createLeader();
  readonly #clock = createClock();
  readonly #random = createRandom(1);
  readonly #speeds = new Map<string, number>();
  readonly #waiting = new Map<string, number[]>();
  readonly #running = new Map<string, number>();
  readonly #chunkCount: number;

  constructor(peerCount: number, chunkCount: number) {
    this.#chunkCount = chunkCount;
    this.#tell({
      type: 'job-submitted',
      isLocal: false,
      job: JOB,
      frameCountEstimate: null,
      firstAttempt: 0,
      nowMs: 0,
    });
    this.#tell({ type: 'scan-begun', job: JOB });
    this.#tell({ type: 'job-build-known', job: JOB, digest: 'd' });
    for (let index = 0; index < peerCount; index += 1) {
      const peer = `p${index}`;
      this.#speeds.set(peer, this.#random.between(0.002, 0.02));
      this.#waiting.set(peer, []);
      this.#tell({ type: 'peer-joined', peer, isOwn: false, slots: SLOTS, nowMs: 0 });
      this.#tell({ type: 'room-offered', peer, leases: 2 * SLOTS });
    }
  }

  run(): void {
    let startFrame = 0;
    for (let chunk = 0; chunk < this.#chunkCount; chunk += 1) {
      const endFrame = startFrame + this.#random.whole(48, 480);
      const complexity = (endFrame - startFrame) * this.#random.between(0, 16);
      this.#tell({ type: 'chunk-found', job: JOB, chunk, startFrame, endFrame, complexity });
      startFrame = endFrame;
    }
    this.#tell({ type: 'scan-ended', job: JOB, chunkCount: this.#chunkCount });
    this.#tick();
    while (this.#state.jobs.size > 0 && this.#clock.step()) {
      // Everything happens in the alarms.
      if (this.#clock.nowMs() > LONGEST_MS) throw new Error('The job came to no end.');
    }
  }

  /** A daemon plans from time to time, too, for what is due. */
  #tick(): void {
    this.#clock.after(TICK_MS, () => {
      this.#plan();
      if (this.#state.jobs.size > 0) this.#tick();
    });
  }

  #tell(event: LeaderEvent): void {
    applyLeader(this.#state, event);
    this.eventCount += 1;
    this.#plan();
  }

  #plan(): void {
    for (;;) {
      const startedMs = performance.now();
      const actions = planLeader(this.#state, this.#clock.nowMs());
      this.planMs.push(performance.now() - startedMs);
      if (actions.length === 0) return;
      for (const action of actions) {
        applyLeader(this.#state, recordOf(action, this.#clock.nowMs()));
        this.#perform(action);
      }
    }
  }

  #perform(action: LeaderAction): void {
    const { job } = action;
    switch (action.type) {
      case 'announce-job':
        this.#later({ type: 'build-measured', job, peer: action.peer, digest: 'd', encoder: 'e' });
        break;
      case 'grant-lease':
        this.#waiting.get(action.peer)?.push(action.attempt);
        this.#clock.after(1, () => this.#startNext(action.peer));
        break;
      case 'ask-steal':
        this.#clock.after(1, () => this.#answer(action.peer, action.attempt));
        break;
      case 'fetch-result':
        this.#clock.after(1, () =>
          this.#tell({ type: 'result-fetched', job, attempt: action.attempt, nowMs: this.#clock.nowMs() }),
        );
        break;
      case 'prove-result':
        this.#later({ type: 'chunk-committed', job, chunk: action.chunk, attempt: action.attempt, bytes: 1 });
        break;
      case 'append-chunk':
        this.#later({ type: 'chunk-appended', job, chunk: action.chunk });
        break;
      case 'finish-job':
        this.#later({ type: 'job-ended', job });
        break;
      default:
        break;
    }
  }

  #answer(peer: string, attempt: number): void {
    const waiting = this.#waiting.get(peer) ?? [];
    const place = waiting.indexOf(attempt);
    if (place < 0) return this.#tell({ type: 'steal-refused', job: JOB, attempt });
    waiting.splice(place, 1);
    this.#tell({ type: 'lease-yielded', job: JOB, attempt, hasSlice: true });
  }

  #later(event: LeaderEvent): void {
    this.#clock.after(1, () => this.#tell(event));
  }

  /** Each attempt tells that it began, that it came half way, and that it ended. */
  #startNext(peer: string): void {
    const running = this.#running.get(peer) ?? 0;
    const attempt = running < SLOTS ? this.#waiting.get(peer)?.shift() : undefined;
    if (attempt === undefined) return;
    const facts = this.#state.jobs.get(JOB)?.attempts.get(attempt);
    if (facts === undefined) return this.#startNext(peer);
    this.#running.set(peer, running + 1);
    const { chunk } = facts;
    const frameCount = chunk.endFrame - chunk.startFrame;
    const endMs = (chunk.cost * this.#random.logNormal(0, 0.2)) / (this.#speeds.get(peer) ?? 1);
    const names = { job: JOB, attempt };
    const nowMs = () => this.#clock.nowMs();
    this.#tell({ type: 'attempt-started', ...names, nowMs: nowMs() });
    this.#clock.after(endMs / 2, () =>
      this.#tell({
        type: 'attempt-progress',
        ...names,
        framesEncoded: Math.floor(frameCount / 2),
        nowMs: nowMs(),
      }),
    );
    this.#clock.after(endMs, () => {
      this.#running.set(peer, (this.#running.get(peer) ?? 1) - 1);
      this.#tell({ type: 'attempt-encoded', ...names, bytes: 1, nowMs: nowMs() });
      this.#startNext(peer);
    });
  }
}
