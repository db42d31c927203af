import { MAX_UNCONFIRMED_MESSAGES } from '../../src/protocol/limits.ts';
import type { JobMessage } from '../../src/protocol/messages.ts';
import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import { isAlone, isEligible, type Moment, mayBackUp } from '../../src/schedule/leader/eligible.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import { goesBefore, isIdle } from '../../src/schedule/leader/idle.ts';
import { outlookOf, slotsFor } from '../../src/schedule/leader/outlook.ts';
import { changeOf } from '../../src/schedule/leader/pace.ts';

import type { Attempt, Chunk, JobPeer, JobState, LeaderState } from '../../src/schedule/leader/state.ts';
import { FETCHES_AT_ONCE, MAX_LEAD_IN, PROOFS_AT_ONCE, RATE_UNITS } from '../../src/schedule/limits.ts';

import type { AttemptName } from '../../src/schedule/peer/events.ts';
import { isHeld } from '../../src/schedule/peer/places.ts';
import { loadOf, mostReady, roomFor } from '../../src/schedule/peer/room.ts';
import { attemptKey, type PeerState } from '../../src/schedule/peer/state.ts';
import type { Clock } from './clock.ts';
import { type Bounds, leaderBounds, outgrown, oversized, peerBounds } from './growth.ts';
import type { LeaderShell } from './leading.ts';
import type { Network, Station } from './network.ts';
import type { Slice } from './simulation.ts';
import type { PeerShell } from './working.ts';
import type { ChunkFacts, JobFacts, World } from './world.ts';

interface Running {
  readonly host: string;
  readonly name: AttemptName;
}

/** One attempt's time in a slot; what ended it is known to its peer alone. */
export interface EncodeSpan {
  readonly host: string;
  readonly job: string;
  readonly chunk: number;
  readonly attempt: number;
  readonly isBackup: boolean;
  readonly startMs: number;
  endMs: number;
  /** `lost`: with its whole daemon. */
  end: 'running' | 'encoded' | 'failed' | 'lost' | 'stopped';
}

interface Pair {
  readonly leader: LeaderShell;
  readonly peer: PeerShell;
}

/** After so many plans of all daemons the sizes of everything in one of them are looked at. */
const PLANS_A_LOOK = 31;

/** Sees everything in a simulated swarm and throws as soon as something is not as it must be. */
export class Witness {
  readonly endings = new Map<string, string | null>();
  readonly makespanMs = new Map<string, number>();
  workDone = 0;
  workCommitted = 0;
  encodesStarted = 0;
  /** Leases that were given up for a thief, and slices that went straight from a victim to one. */
  yieldedCount = 0;
  directCount = 0;
  readonly spans: EncodeSpan[] = [];
  readonly #world: World;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #isChecked: boolean;
  readonly #daemonOf: (host: string) => Pair | undefined;
  readonly #leaderBounds: Bounds;
  #plans = 0;
  readonly #stored = new Set<string>();
  /** Attempts that a peer gave up. */
  readonly #yielded = new Set<string>();
  readonly #running = new Map<string, Set<Running>>();
  /** By leader's run and job: chunks in the output so far. */
  readonly #appended = new Map<LeaderShell, Map<string, number>>();

  constructor(
    world: World,
    clock: Clock,
    network: Network,
    isChecked: boolean,
    daemonOf: (host: string) => Pair | undefined,
  ) {
    this.#world = world;
    this.#leaderBounds = leaderBounds(world);
    this.#clock = clock;
    this.#network = network;
    this.#isChecked = isChecked;
    this.#daemonOf = daemonOf;
  }

  onGrant(
    leader: LeaderShell,
    station: Station,
    action: Extract<LeaderAction, { type: 'grant-lease' }>,
  ): void {
    const { job, chunk: number, peer, trial } = action;
    const jobState = leader.state.jobs.get(job);
    const whole = jobState?.chunks.get(number);
    const chunk = trial === 0 ? whole : whole?.trials?.get(trial);
    const jobPeer = jobState?.peers.get(peer);
    this.#must(!this.#stored.has(key(job, number)), `chunk ${number} was granted though it is committed`);
    this.#must(this.#network.isConnected(station, peer), `a lease was granted to ${peer}, which is gone`);
    if (chunk === undefined || jobPeer === undefined) this.#must(false, 'a lease names what does not exist');
    else {
      const moment = this.#moment(jobPeer);
      const isAllowed = isEligible(jobPeer, chunk, moment) || mayBackUp(jobPeer, chunk, moment);
      this.#must(isAllowed, `chunk ${number} is not eligible on ${peer}`);
      this.#must(jobPeer.peer.held < jobPeer.peer.room, `${peer} was granted more than its room`);
    }
  }

  onSent(message: JobMessage): void {
    if (!this.#isChecked) return;
    const words = oversized(message);
    this.#must(words === null, words ?? '');
    const { mostWaiting } = this.#network;
    this.#must(mostWaiting <= MAX_UNCONFIRMED_MESSAGES, `${mostWaiting} messages wait in one link`);
  }

  onYielded(station: Station, name: AttemptName): void {
    this.yieldedCount += 1;
    this.#yielded.add(`${station.id} ${attemptKey(name)}`);
  }

  onFetched(holder: string, name: AttemptName): void {
    if (holder !== name.leader) this.directCount += 1;
  }

  onEncodeStarted(station: Station, name: AttemptName, { chunk }: Slice): void {
    const isYielded = this.#yielded.has(`${station.id} ${attemptKey(name)}`);
    this.#must(!isYielded, `${station.id} encodes chunk ${chunk.number}, which it gave up for a thief`);
    this.encodesStarted += 1;
    this.spans.push({
      host: station.id,
      job: name.job,
      chunk: chunk.number,
      attempt: name.attempt,
      isBackup: this.#isBackedUp(name),
      startMs: this.#clock.nowMs(),
      endMs: Number.POSITIVE_INFINITY,
      end: 'running',
    });
    const runningHere = this.#running.get(key(name.job, chunk.number)) ?? new Set();
    this.#running.set(key(name.job, chunk.number), runningHere);
    for (const other of runningHere) {
      const isBoth = this.#isOpen(other.name) && this.#isOpen(name);
      const isSame = this.#triedBy(other.name) === this.#triedBy(name);
      this.#must(
        !isBoth || !isSame || this.#isBackedUp(name),
        `chunk ${chunk.number} is encoded by ${other.host} and ${station.id} at once`,
      );
    }
    runningHere.add({ host: station.id, name });
  }

  onEncodeStopped(
    station: Station,
    name: AttemptName,
    { chunk }: Slice,
    { workDone, end }: { workDone: number; end: EncodeSpan['end'] },
  ): void {
    this.workDone += workDone;
    const span = this.spans.findLast(
      (one) => one.host === station.id && one.job === name.job && one.attempt === name.attempt,
    );
    if (span !== undefined) Object.assign(span, { endMs: this.#clock.nowMs(), end });
    const runningHere = this.#running.get(key(name.job, chunk.number)) ?? new Set();
    for (const other of runningHere) {
      if (other.host === station.id && other.name.attempt === name.attempt) runningHere.delete(other);
    }
  }

  onStored(job: string, chunk: number): void {
    this.#must(!this.#stored.has(key(job, chunk)), `chunk ${chunk} was committed twice`);
    this.#stored.add(key(job, chunk));
    this.workCommitted += this.#chunk(job, chunk).work;
  }

  onEnded(job: string, reason: string | null, storedCount: number): void {
    const facts = this.#job(job);
    this.#must(!this.endings.has(job), `job ${job} ended twice`);
    this.endings.set(job, reason);
    this.makespanMs.set(job, this.#clock.nowMs() - facts.submittedMs);
    if (reason === null)
      this.#must(storedCount === facts.chunks.length, `job ${job} is done without all chunks`);
    else this.#checkFailure(facts, reason);
  }

  beforeLeaderEvent(leader: LeaderShell, _station: Station, event: LeaderEvent): void {
    if (event.type !== 'chunk-appended' && event.type !== 'job-finishing') return;
    const counts = this.#appended.get(leader) ?? new Map<string, number>();
    this.#appended.set(leader, counts);
    const count = counts.get(event.job) ?? 0;
    if (event.type === 'job-finishing') {
      this.#must(
        count === this.#job(event.job).chunks.length,
        'the output was finished before its last chunk',
      );
      return;
    }
    this.#must(event.chunk === count, `chunk ${event.chunk} was appended where ${count} belongs`);
    this.#must(this.#stored.has(key(event.job, event.chunk)), `chunk ${event.chunk} was appended unproven`);
    counts.set(event.job, count + 1);
  }

  afterLeaderPlan({ state }: LeaderShell, station: Station): void {
    if (!this.#isChecked) return;
    this.#must(state.fetching.size <= FETCHES_AT_ONCE, 'more results are fetched at once than may be');
    this.#must(state.proving.size <= PROOFS_AT_ONCE, 'more results are proven at once than may be');
    this.#must(state.closing.size === 0, 'a peer was not told that its attempt is over');
    this.#must(state.unannounced.size === 0, 'a peer was not told of a job');
    this.#checkGrowth(state, this.#leaderBounds);
    for (const peer of state.peers.keys()) {
      this.#must(this.#network.isConnected(station, peer), `${peer} is known but not connected`);
    }
    for (const job of state.jobs.values()) {
      this.#checkIndexes(state, job);
      this.#checkNobodyIdles(job);
    }
  }

  afterPeerPlan(peer: PeerShell, station: Station): void {
    if (!this.#isChecked) return;
    const { state } = peer;
    this.#must(peer.encodeCount() <= state.slots, 'more children live than there are slots');
    const load = loadOf(state);
    const attempts = [...state.attempts.values()];
    const memory = state.memoryBudgetBytes;
    this.#must(load.slots <= state.slots, 'more encodes run than there are slots');
    this.#must(load.memoryBytes <= memory || load.slots === 1, 'encodes run that do not fit the memory');
    this.#must(load.prepared <= state.slots + mostReady(state, load), 'too many slices are kept');
    this.#checkPlaces(state);
    this.#checkGrowth(state, peerBounds(this.#world, state.slots));
    if (state.intake !== 'open') return;
    const ready = attempts.filter((attempt) => attempt.state === 'ready');
    const hasMemory =
      ready.every((next) => load.memoryBytes + next.memoryBytes <= memory) || load.slots === 0;
    const isIdle = load.slots < state.slots && hasMemory;
    this.#must(!(isIdle && ready.length > 0), `a slot of ${station.id} is idle beside a slice`);
    for (const leader of state.leaders.values()) {
      const room = roomFor(state, leader, load);
      const held = leader.places.held.size;
      this.#must(leader.told === room, `${leader.id} was not told the room it has`);
      const isWorking = load.held > 0 || load.slots > 0 || state.slots === 0;
      const wouldIdle = !isWorking && leader.jobs.size > 0 && !leader.isAway;
      const unsettled = leader.attempts.size - held;
      this.#must(!wouldIdle || room > held || unsettled > 0, `idle ${station.id} offers no room`);
    }
  }

  /** What is found without a walk over all attempts is what a walk finds. */
  #checkPlaces({ places, attempts, leaders }: PeerState): void {
    const all = [...attempts.values()];
    for (const [of, here] of [
      [null, places] as const,
      ...[...leaders].map(([id, one]) => [id, one.places] as const),
    ]) {
      const its = all.filter(
        ({ name, leader }) => of === null || (name.leader === of && leader.places === here),
      );
      const isRight =
        here.held.size === its.filter(isHeld).length &&
        here.prepared.size === its.filter(({ state }) => state === 'fetching' || state === 'ready').length &&
        here.running.size === its.filter(({ state }) => state === 'running').length &&
        here.working.size === its.filter(({ hasChild }) => hasChild).length;
      this.#must(isRight, `the attempts of ${of ?? 'all leaders'} are miscounted`);
    }
  }

  atTheEnd(daemons: readonly (Pair & Station)[]): void {
    for (const { id } of this.#world.jobs) this.#must(this.endings.has(id), `job ${id} never ended`);
    for (const daemon of daemons) {
      this.#must(daemon.leader.state.jobs.size === 0, `${daemon.id} still leads a job that ended`);
      this.#must(daemon.peer.state.attempts.size === 0, `${daemon.id} still holds attempts of ended jobs`);
      this.#must(daemon.peer.encodeCount() === 0, `${daemon.id} still encodes for ended jobs`);
    }
  }

  #checkNobodyIdles(job: JobState): void {
    for (const jobPeer of job.peers.values()) {
      const { peer } = jobPeer;
      if (peer.held >= Math.min(slotsFor(peer), peer.room)) continue;
      const moment = this.#moment(jobPeer);
      for (const chunk of triedOf(job)) {
        const isLeft = isEligible(jobPeer, chunk, moment);
        this.#must(!isLeft, `a slot of ${peer.id} is idle while chunk ${chunk.number} waits`);
      }
    }
  }

  /** The indexes hold what a walk over everything finds. */
  #checkIndexes(state: LeaderState, job: JobState): void {
    let plain = 0;
    let troubled = 0;
    for (const chunk of triedOf(job)) {
      const isWaiting = chunk.state === 'waiting';
      const isPlain = isWaiting && chunk.failures.length === 0 && !isAlone(chunk);
      plain += isPlain ? 1 : 0;
      troubled += isWaiting && !isPlain ? 1 : 0;
      this.#must(
        job.inFilmOrder.has(chunk) === isPlain,
        `chunk ${chunk.number} is missing from the film order`,
      );
      this.#must((chunk.state === 'leased') === chunk.attempts.size > 0, `chunk ${chunk.number} lost count`);
      const granted = [...chunk.attempts].filter(({ hasBeenAway }) => !hasBeenAway);
      this.#must(granted.length <= 2, `chunk ${chunk.number} has more than one backup`);
      const unstarted = [...chunk.attempts].filter(({ state: step }) => step === 'granted');
      this.#must(unstarted.length <= 1, `chunk ${chunk.number} is leased twice and nobody has begun it`);
      const isYielded = chunk.yielded !== null;
      this.#must(
        job.handovers.has(chunk) === isYielded,
        `chunk ${chunk.number} is miscounted among the yielded`,
      );
      this.#must(!isYielded || isWaiting, `chunk ${chunk.number} was yielded and does not wait`);
    }
    this.#must(job.longestFirst.size === plain && job.shortestFirst.size === plain, 'the orders differ');
    this.#must(job.troubled.size + job.poison.size === troubled, 'troubled chunks are lost');
    const open = [...job.attempts.values()].filter(({ state: step }) => step !== 'over' && step !== 'away');
    this.#must(open.length === job.openAttemptCount, 'open attempts are miscounted');
    for (const attempt of open) this.#checkAttempt(state, attempt);
    const latest = open.filter(
      ({ state: step, chunk, peer }) =>
        step === 'started' && chunk.attempts.size === 1 && state.peers.has(peer),
    );
    this.#must(
      latest.every((attempt) => job.latest.has(attempt)),
      'a running attempt is not among the latest',
    );
    this.#must(job.latest.size === latest.length, 'the latest attempts are miscounted');
    this.#must(job.costLeft === costLeftOf(job), 'the cost that is left is miscounted');
    this.#checkPeers(job);
    for (const peer of state.peers.values()) {
      const leases = [...peer.attempts].filter(({ state: step }) => step === 'granted' || step === 'started');
      this.#must(leases.length === peer.held, `the leases of ${peer.id} are miscounted`);
    }
  }

  /** What a job's peers can do together, and when a change of their speeds is looked for. */
  #checkPeers(job: JobState): void {
    const counted = [...job.peers.values()].filter(({ peer }) => job.usable.has(peer.id) && !peer.isSuspect);
    const slots = counted.reduce((sum, { peer }) => sum + slotsFor(peer), 0);
    const known = counted.filter(({ costRate, peer }) => costRate !== null && slotsFor(peer) > 0);
    this.#must(job.force.slots === slots, 'the slots of all peers are miscounted');
    this.#must(job.byRate.size === known.length, 'the peers of known rate are miscounted');
    const fastest = Math.max(0, ...known.map(({ costRate }) => costRate ?? 0));
    this.#must((job.byRate.first()?.costRate ?? 0) === fastest, 'the fastest peer is another one');
    const rate = known.reduce((sum, { costRate, peer }) => sum + (costRate ?? 0) * slotsFor(peer), 0);
    const isRightRate = Math.abs(job.force.knownRateUnits / RATE_UNITS - rate) <= 1e-6 * (1 + rate);
    this.#must(isRightRate, 'the rate of all peers is miscounted');
    const nowMs = this.#clock.nowMs();
    const idle = [...job.peers.values()].filter(isIdle).sort((a, b) => (goesBefore(a, b) ? -1 : 1));
    const inOrder = [...job.idle.inOrder()];
    const isRightOrder = idle.length === inOrder.length && idle.every((one, place) => one === inOrder[place]);
    this.#must(isRightOrder, 'the idle peers are out of order');
    for (const jobPeer of job.peers.values()) {
      const isSeen = jobPeer.changeMs <= nowMs && job.changing.has(jobPeer);
      this.#must(isSeen || changeOf(jobPeer, nowMs) === null, `${jobPeer.peer.id} changed its speed unseen`);
    }
  }

  #checkAttempt(state: LeaderState, attempt: Attempt): void {
    const { state: step } = attempt;
    const mayExpire = step === 'granted' || step === 'started';
    this.#must(
      state.deadlines.has(attempt) === mayExpire,
      `attempt ${attempt.number} has the wrong deadline`,
    );
    const isAsked = state.asked.has(attempt);
    this.#must(
      !isAsked || (step === 'granted' && attempt.thief !== null),
      `attempt ${attempt.number} is asked for in vain`,
    );
    const isStealable = attempt.job.unstarted.has(attempt);
    this.#must(
      isStealable === (step === 'granted' && attempt.thief === null),
      `attempt ${attempt.number} is miscounted among the unstarted`,
    );
    const isHere = step === 'fetched' || step === 'proving';
    const isKnown = state.peers.get(attempt.peer)?.attempts.has(attempt) === true;
    this.#must(isKnown || isHere, `attempt ${attempt.number} belongs to a gone peer`);
  }

  /** A job may only fail when failing was in the world, and not before everything else is done. */
  #checkFailure(facts: JobFacts, reason: string): void {
    const isHard = (chunk: ChunkFacts) =>
      chunk.isPoison || chunk.isDeadly || chunk.neededLeadIn > MAX_LEAD_IN;
    const { hosts, faults } = this.#world;
    const isMuted = faults.some(({ kind }) => kind === 'mute');
    const canFail = isMuted || hosts.some((host) => host.failing + host.lying + host.hanging > 0);
    const broken = this.#world.transferLoss > 0;
    this.#must(
      canFail || broken || facts.chunks.some(isHard),
      `job ${facts.id} failed for no cause: ${reason}`,
    );
    // Another leader's deadly chunk may take a peer down under an innocent one.
    const hasOthers = this.#world.jobs.some((job) => job.leader !== facts.leader && job.chunks.some(isHard));
    if (canFail || broken || hasOthers) return;
    for (const chunk of facts.chunks) {
      const isKept = this.#stored.has(key(facts.id, chunk.number));
      // What a chunk is to be tried at would have followed from others, and from those that failed, too.
      const state = this.#daemonOf(facts.leader)?.leader.state.jobs.get(facts.id);
      const isResting = state?.chunks.get(chunk.number)?.state === 'resting';
      this.#must(
        isKept || isResting || isHard(chunk),
        `job ${facts.id} failed before chunk ${chunk.number} was done`,
      );
    }
  }

  #moment({ job, held, peer }: JobPeer): Moment {
    return {
      held: { ofJob: held, ofAllJobs: peer.held, alone: peer.heldAlone },
      outlook: outlookOf(job, this.#clock.nowMs()),
      delayMs: 0,
      nowMs: this.#clock.nowMs(),
    };
  }

  /** Its leader means it to be encoded twice. */
  #isBackedUp(name: AttemptName): boolean {
    const job = this.#daemonOf(name.leader)?.leader.state.jobs.get(name.job);
    return (job?.attempts.get(name.attempt)?.chunk.attempts.size ?? 0) >= 2;
  }

  /** The chunk, or the trial beside it. */
  #triedBy(name: AttemptName): Chunk | undefined {
    const state = this.#daemonOf(name.leader)?.leader.state;
    return state?.jobs.get(name.job)?.attempts.get(name.attempt)?.chunk;
  }

  #isOpen(name: AttemptName): boolean {
    const state = this.#daemonOf(name.leader)?.leader.state;
    const step = state?.jobs.get(name.job)?.attempts.get(name.attempt)?.state;
    return step !== undefined && step !== 'over' && step !== 'away';
  }

  #job(id: string): JobFacts {
    const job = this.#world.jobs.find((candidate) => candidate.id === id);
    if (job === undefined) throw new Error(`There is no job ${id}.`);
    return job;
  }

  #chunk(job: string, number: number): ChunkFacts {
    const chunk = this.#job(job).chunks[number];
    if (chunk === undefined) throw new Error(`Job ${job} has no chunk ${number}.`);
    return chunk;
  }

  /** What grows without bound is seen a few plans later as well as at once, and looking takes long. */
  #checkGrowth(state: LeaderState | PeerState, bounds: Bounds): void {
    this.#plans += 1;
    if (this.#plans % PLANS_A_LOOK !== 0) return;
    const words = outgrown(state, bounds);
    this.#must(words === null, words ?? '');
  }

  #must(isRight: boolean, otherwise: string): void {
    if (!isRight) throw new Error(`Seed ${this.#world.seed}, ${this.#clock.nowMs()} ms: ${otherwise}.`);
  }
}

/** What leases may be of: chunks and the trials beside them. */
function* triedOf({ chunks }: JobState): Generator<Chunk, void, undefined> {
  for (const chunk of chunks.values()) {
    yield chunk;
    if (chunk.trials !== null) yield* chunk.trials.values();
  }
}

function costLeftOf(job: JobState): number {
  let costLeft = 0;
  for (const chunk of triedOf(job)) {
    if (chunk.state === 'waiting') costLeft += chunk.cost;
    if (chunk.state === 'leased')
      costLeft += Math.min(...[...chunk.attempts].map((attempt) => attempt.costLeft));
  }
  return costLeft;
}

function key(job: string, chunk: number): string {
  return `${job} ${chunk}`;
}
