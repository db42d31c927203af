import type { JobMessage } from '../../src/protocol/messages.ts';
import { createClock } from './clock.ts';
import { type EncodeSpan, Witness } from './invariants.ts';
import { type Disk, LeaderShell } from './leading.ts';
import { Network, type Station } from './network.ts';
import { createRandom } from './random.ts';
import type { Simulation } from './simulation.ts';
import { createTrace, type TraceKind } from './trace.ts';
import { PeerShell } from './working.ts';
import { type Fault, type HostFacts, settingsOf, type World } from './world.ts';

export interface ClusterOptions {
  /** Checks the invariants after every plan: thorough, and slow with thousands of chunks. */
  readonly isChecked: boolean;
  readonly trace: TraceKind;
}

/** What came of a simulated run. Times in virtual milliseconds, work in still frames. */
export interface Outcome {
  readonly traceHash: string;
  readonly traceLines: readonly string[];
  /** By job: null for done, else the reason it failed for. */
  readonly endings: ReadonlyMap<string, string | null>;
  /** By job: from submission to its end. */
  readonly makespanMs: ReadonlyMap<string, number>;
  readonly workDone: number;
  readonly workCommitted: number;
  readonly encodesStarted: number;
  /** Leases that were given up for a thief, and slices that went straight from a victim to one. */
  readonly yieldedCount: number;
  readonly directCount: number;
  readonly spans: readonly EncodeSpan[];
  readonly virtualMs: number;
}

/** A job must end in two virtual days, or it never will. */
const PATIENCE_MS = 48 * 3_600_000;
/** After the last job's end, everything must be cleared up by then. */
const CLEAR_MS = 60_000;
const RECONNECT_MS = 500;

/** There is no slice for it. */
const FLOOD_LEASE = {
  type: 'lease-granted',
  job: 'flood0',
  chunk: 0,
  frameCount: 24,
  sliceBytes: 1_000,
  quality: null,
  variant: null,
  isScored: false,
  stolenSlice: null,
} as const;

/** Runs real leaders and peers of a world on a virtual clock, to the end of every job. Throws on a broken invariant. */
export function runCluster(world: World, options: ClusterOptions): Outcome {
  return new Cluster(world, options).run();
}

class Daemon implements Station {
  readonly id: string;
  readonly leader: LeaderShell;
  readonly peer: PeerShell;

  readonly #whenAwake: (arrive: () => void) => void;

  constructor(sim: Simulation, facts: HostFacts, disk: Disk, whenAwake: (arrive: () => void) => void) {
    this.id = facts.id;
    this.#whenAwake = whenAwake;
    this.peer = new PeerShell(sim, this, facts, disk);
    this.leader = new LeaderShell(sim, this, disk);
  }

  onJoined(other: string): void {
    this.#whenAwake(() => {
      this.peer.join(other);
      this.leader.join(other);
    });
  }

  onAway(other: string): void {
    this.#whenAwake(() => {
      this.peer.away(other);
      this.leader.away(other);
    });
  }

  onBack(other: string): void {
    this.#whenAwake(() => {
      this.peer.back(other);
      this.leader.back(other);
    });
  }

  onLeft(other: string): void {
    this.#whenAwake(() => {
      this.peer.leave(other);
      this.leader.leave(other);
    });
  }

  onSuspect(other: string, isSuspect: boolean): void {
    this.#whenAwake(() => this.leader.suspect(other, isSuspect));
  }

  onMessage(from: string, message: JobMessage): void {
    this.#whenAwake(() => this.#receive(from, message));
  }

  #receive(from: string, message: JobMessage): void {
    switch (message.type) {
      case 'job-announced':
      case 'lease-granted':
      case 'steal-asked':
      case 'attempt-cancelled':
      case 'result-settled':
      case 'job-ended':
        this.peer.receive(from, message);
        break;
      default:
        this.leader.receive(from, message);
    }
  }

  stop(): void {
    this.leader.stop();
    this.peer.stop();
  }
}

class Cluster {
  readonly #world: World;
  readonly #clock = createClock();
  readonly #sim: Simulation;
  readonly #daemons = new Map<string, Daemon>();
  readonly #disks = new Map<string, Disk>();
  readonly #slowness = new Map<string, number>();
  readonly #mute = new Set<string>();
  readonly #full = new Set<string>();
  /** By host that sleeps: what came to it, and what its own timers would do. */
  readonly #asleep = new Map<
    string,
    { readonly arrivals: (() => void)[]; readonly timers: (() => void)[] }
  >();
  readonly #facts: ReadonlyMap<string, HostFacts>;
  /** Pairs whose cable is out. */
  readonly #cables = new Set<string>();

  constructor(world: World, options: ClusterOptions) {
    this.#world = world;
    this.#facts = new Map(world.hosts.map((host) => [host.id, host]));
    const random = createRandom(world.seed);
    const network = new Network(world, this.#clock, random);
    this.#sim = {
      clock: this.#clock,
      random,
      network,
      trace: createTrace(options.trace),
      witness: new Witness(world, this.#clock, network, options.isChecked, (host) => this.#daemons.get(host)),
      progressMs: world.progressMs,
      hostFacts: (host) => this.#fact(host),
      slowness: (host) => this.#slowness.get(host) ?? 1,
      isMute: (host) => this.#mute.has(host),
      isFull: (host) => this.#full.has(host),
      onTimer: (host, run) => {
        const asleep = this.#asleep.get(host);
        if (asleep === undefined) run();
        else asleep.timers.push(run);
      },
      isLeading: (host) => world.jobs.some(({ leader }) => leader === host),
      kill: (host) => this.#crash(host, 5_000),
      sliceAt: (leader, job, attempt) => this.#daemons.get(leader)?.leader.slice(job, attempt) ?? null,
      stolenSliceAt: (victim, name, thief) =>
        this.#daemons.get(victim)?.peer.stolenSlice(name, thief) ?? null,
      resultAt: (peer, leader, job, attempt) =>
        this.#daemons.get(peer)?.peer.result({ leader, job, attempt }) ?? null,
    };
  }

  run(): Outcome {
    const { witness } = this.#sim;
    const joiners = new Set(this.#world.faults.flatMap((fault) => (fault.kind === 'join' ? fault.host : [])));
    for (const host of this.#world.hosts) if (!joiners.has(host.id)) this.#start(host.id);
    for (const job of this.#world.jobs) {
      this.#clock.after(job.submittedMs, () => this.#submit(job.id));
    }
    for (const fault of this.#world.faults) this.#clock.after(fault.atMs, () => this.#strike(fault));
    let clearedMs = PATIENCE_MS;
    while (this.#clock.nowMs() < clearedMs && this.#clock.step()) {
      const isOver = witness.endings.size === this.#world.jobs.length;
      if (isOver && clearedMs === PATIENCE_MS) clearedMs = this.#clock.nowMs() + CLEAR_MS;
    }
    witness.atTheEnd([...this.#daemons.values()]);
    return {
      traceHash: this.#sim.trace.hash(),
      traceLines: this.#sim.trace.lines,
      endings: witness.endings,
      makespanMs: witness.makespanMs,
      workDone: witness.workDone,
      workCommitted: witness.workCommitted,
      encodesStarted: witness.encodesStarted,
      yieldedCount: witness.yieldedCount,
      directCount: witness.directCount,
      spans: witness.spans,
      virtualMs: this.#clock.nowMs(),
    };
  }

  #strike(fault: Fault): void {
    this.#sim.trace.note(() => `${this.#clock.nowMs()} ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'crash':
        this.#crash(fault.host, fault.backAfterMs);
        break;
      case 'leave':
        this.#daemons.get(fault.host)?.peer.drain();
        this.#leaveWhenIdle(fault.host, fault.backAfterMs);
        break;
      case 'join':
        this.#start(fault.host);
        break;
      case 'cut':
        this.#cut(fault.host, fault.other, fault.backAfterMs);
        break;
      case 'silence':
        this.#sim.network.hold(fault.host, fault.other, fault.forMs);
        break;
      case 'slow':
        this.#slowness.set(fault.host, fault.factor);
        break;
      case 'flood':
        this.#flood(fault);
        break;
      case 'mute':
        this.#mute.add(fault.host);
        if (fault.forMs !== null) this.#clock.after(fault.forMs, () => this.#mute.delete(fault.host));
        break;
      case 'full-disk':
        this.#full.add(fault.host);
        this.#clock.after(fault.forMs, () => this.#full.delete(fault.host));
        break;
      case 'sleep':
        this.#sleep(fault.host, fault.forMs);
        break;
      case 'pause':
        this.#daemons.get(fault.host)?.peer.pause(fault.isNow);
        this.#clock.after(fault.forMs, () => this.#daemons.get(fault.host)?.peer.resume());
        break;
      case 'squeeze': {
        const { slots, memoryBudgetBytes } = this.#fact(fault.host);
        this.#daemons.get(fault.host)?.peer.resize(fault.slots, fault.memoryBudgetBytes);
        this.#clock.after(fault.forMs, () =>
          this.#daemons.get(fault.host)?.peer.resize(slots, memoryBudgetBytes),
        );
        break;
      }
      case 'prioritise':
        this.#leaderOf(fault.job)?.prioritise(fault.job, fault.priority);
        break;
      case 'cancel':
        this.#leaderOf(fault.job)?.cancel(fault.job);
        break;
    }
  }

  #leaderOf(job: string): LeaderShell | undefined {
    const host = this.#world.jobs.find(({ id }) => id === job)?.leader ?? '';
    return this.#asleep.has(host) ? undefined : this.#daemons.get(host)?.leader;
  }

  /** Something comes to a host: at once, or when it wakes. */
  #reach(host: string, arrive: () => void): void {
    const asleep = this.#asleep.get(host);
    if (asleep === undefined) arrive();
    else asleep.arrivals.push(arrive);
  }

  /** Short enough that nobody gives it up. */
  #sleep(host: string, forMs: number): void {
    const daemon = this.#daemons.get(host);
    if (daemon === undefined || this.#asleep.has(host)) return;
    const asleep = { arrivals: [], timers: [] };
    this.#asleep.set(host, asleep);
    for (const { id } of this.#world.hosts) this.#sim.network.hold(host, id, forMs);
    this.#clock.after(forMs, () => {
      if (this.#asleep.get(host) !== asleep) return;
      this.#asleep.delete(host);
      daemon.leader.wakeUp(forMs);
      for (const run of [...asleep.arrivals, ...asleep.timers] as (() => void)[]) run();
    });
  }

  /** A job can only be submitted to a running daemon; the user tries again. */
  #submit(id: string): void {
    const job = this.#world.jobs.find((candidate) => candidate.id === id);
    const daemon = this.#daemons.get(job?.leader ?? '');
    if (job === undefined) throw new Error(`There is no job ${id}.`);
    if (daemon === undefined) this.#clock.after(1_000, () => this.#submit(id));
    else daemon.leader.submit(job);
  }

  #start(host: string): void {
    if (this.#daemons.has(host)) return;
    const disk = this.#disks.get(host) ?? {
      jobs: new Map(),
      stored: new Map(),
      probes: new Map(),
      spoiled: new Map(),
      measured: new Set(),
      priorities: new Map(),
      runs: 0,
    };
    this.#disks.set(host, disk);
    const daemon = new Daemon(this.#sim, this.#fact(host), disk, (arrive) => this.#reach(host, arrive));
    this.#daemons.set(host, daemon);
    this.#sim.network.connect(daemon, daemon);
    for (const other of this.#daemons.values()) {
      if (other !== daemon)
        this.#clock.after(this.#sim.random.between(1, 2_000), () => this.#meet(daemon, other));
    }
  }

  #meet(a: Daemon, b: Daemon): void {
    if (this.#daemons.get(a.id) !== a || this.#daemons.get(b.id) !== b) return;
    if (this.#cables.has(cable(a.id, b.id))) this.#clock.after(RECONNECT_MS, () => this.#meet(a, b));
    else this.#sim.network.connect(a, b);
  }

  #crash(host: string, backAfterMs: number | null): void {
    const daemon = this.#daemons.get(host);
    if (daemon === undefined) return;
    this.#daemons.delete(host);
    this.#asleep.delete(host);
    daemon.stop();
    // A killed process is noticed at once, a machine without power by its heartbeat.
    const isNoticedAtOnce = this.#sim.random.chance(0.7);
    const notice = () => this.#sim.random.between(1, isNoticedAtOnce ? 20 : 15_000);
    this.#sim.network.remove(daemon, notice);
    if (backAfterMs !== null) this.#clock.after(backAfterMs, () => this.#start(host));
  }

  #leaveWhenIdle(host: string, backAfterMs: number | null): void {
    const daemon = this.#daemons.get(host);
    if (daemon === undefined) return;
    if (daemon.peer.state.attempts.size > 0) {
      this.#clock.after(1_000, () => this.#leaveWhenIdle(host, backAfterMs));
      return;
    }
    this.#crash(host, backAfterMs);
  }

  #cut(a: string, b: string, backAfterMs: number): void {
    this.#cables.add(cable(a, b));
    this.#sim.network.cut(a, b, () => this.#sim.random.between(1_000, 15_000), null);
    this.#clock.after(backAfterMs, () => {
      this.#cables.delete(cable(a, b));
      const [first, second] = [this.#daemons.get(a), this.#daemons.get(b)];
      if (first !== undefined && second !== undefined) this.#meet(first, second);
    });
  }

  #flood({ host, other, times }: Extract<Fault, { kind: 'flood' }>): void {
    const from = this.#daemons.get(host);
    if (from === undefined) return;
    const send = (message: JobMessage) => this.#sim.network.send(from, other, message);
    const settings = settingsOf(1280, 720);
    for (let number = 0; number < times; number += 1) {
      send({ type: 'job-announced', job: `flood${number}`, settings, variants: [], measure: null });
    }
    for (let attempt = 0; attempt < times; attempt += 1) {
      send({ ...FLOOD_LEASE, attempt });
      if (attempt % 2 === 0) send({ type: 'attempt-cancelled', job: FLOOD_LEASE.job, attempt, reason: '' });
    }
  }

  #fact(host: string): HostFacts {
    const facts = this.#facts.get(host);
    if (facts === undefined) throw new Error(`There is no host ${host}.`);
    return facts;
  }
}

function cable(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
