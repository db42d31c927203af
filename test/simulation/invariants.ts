import { MAX_UNCONFIRMED_MESSAGES } from '../../src/protocol/limits.ts';
import type { JobMessage } from '../../src/protocol/messages.ts';
import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import {
  isAlone,
  isEligible,
  type Moment,
  mayBackUp,
  mayTakeWork,
} from '../../src/schedule/leader/eligible.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import { goesBefore, isIdle } from '../../src/schedule/leader/idle.ts';
import { type Outlook, outlookOf, slotsFor } from '../../src/schedule/leader/outlook.ts';
import { changeOf } from '../../src/schedule/leader/pace.ts';
import type { Attempt, Chunk, JobPeer, JobState, LeaderState } from '../../src/schedule/leader/state.ts';
import { FETCHES_AT_ONCE, MAX_LEAD_IN, PROOFS_AT_ONCE, RATE_UNITS } from '../../src/schedule/limits.ts';
import type { AttemptName } from '../../src/schedule/peer/events.ts';
import { isHeld, type Places } from '../../src/schedule/peer/places.ts';
import { type Load, loadOf, mostReady, roomFor } from '../../src/schedule/peer/room.ts';
import { attemptKey, type HeldAttempt, type PeerState } from '../../src/schedule/peer/state.ts';
import type { Clock } from './clock.ts';
import { type Bounds, leaderBounds, outgrown, oversized, peerBounds } from './growth.ts';
import { CANCELLED, type LeaderShell } from './leading.ts';
import type { Network, Station } from './network.ts';
import type { Slice } from './simulation.ts';
import type { PeerShell } from './working.ts';
import type { ChunkFacts, JobFacts, World } from './world.ts';

/** What a walk over a job's chunks and the trials beside them finds. */
interface ChunkCount {
  plain: number;
  troubled: number;
  yielded: number;
  costLeft: number;
}

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

/** What a peer had under way when its last plan was looked at; more may run than its slots and memory are, if they shrank. */
type Before = Pick<Load, 'slots' | 'memoryBytes' | 'prepared'>;
const NOTHING: Before = { slots: 0, memoryBytes: 0, prepared: 0 };

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
  readonly #before = new Map<PeerShell, Before>();
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
      const moment = this.#moment(jobPeer, outlookOf(jobPeer.job, this.#clock.nowMs()));
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
    const isBegun = this.spans.some(
      ({ attempt, end, host, job }) =>
        end === 'running' && host === station.id && job === name.job && attempt === name.attempt,
    );
    if (isBegun) this.#break(`${station.id} gave up attempt ${name.attempt} for a thief and goes on with it`);
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
    else if (reason !== CANCELLED) this.#checkFailure(facts, reason);
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
    this.#checkGrowth(state, () => this.#leaderBounds);
    for (const peer of state.peers.values()) {
      if (!this.#network.isConnected(station, peer.id)) this.#break(`${peer.id} is known but not connected`);
      let leases = 0;
      for (const { state: step } of peer.attempts) leases += step === 'granted' || step === 'started' ? 1 : 0;
      if (leases !== peer.held) this.#break(`the leases of ${peer.id} are miscounted`);
    }
    for (const job of state.jobs.values()) {
      this.#checkChunks(job);
      this.#checkAttempts(state, job);
      this.#checkPeers(job);
      this.#checkNobodyIdles(job);
    }
  }

  afterPeerPlan(peer: PeerShell, station: Station): void {
    if (!this.#isChecked) return;
    const { state } = peer;
    const load = loadOf(state);
    const before = this.#before.get(peer) ?? NOTHING;
    this.#before.set(peer, load);
    const slots = Math.max(state.slots, before.slots);
    const memory = Math.max(state.memoryBudgetBytes, before.memoryBytes);
    this.#must(peer.encodeCount() <= slots, 'more children live than there are slots');
    this.#must(load.slots <= slots, 'more encodes run than there are slots');
    this.#must(load.memoryBytes <= memory || load.slots === 1, 'encodes run that do not fit the memory');
    const prepared = Math.max(state.slots + mostReady(state, load), before.prepared);
    this.#must(load.prepared <= prepared, 'too many slices are kept');
    this.#checkPlaces(state);
    this.#checkGrowth(state, () => peerBounds(this.#world, station.id));
    if (state.intake !== 'open') return;
    if (load.slots < state.slots) this.#checkNothingIsReady(state, load, station);
    for (const leader of state.leaders.values()) {
      const room = roomFor(state, leader, load);
      const held = leader.places.held.size;
      if (leader.told !== room) this.#break(`${leader.id} was not told the room it has`);
      const isWorking = load.held > 0 || load.slots > 0 || state.slots === 0;
      const wouldIdle = !isWorking && leader.jobs.size > 0 && !leader.isAway;
      const unsettled = leader.attempts.size - held;
      if (wouldIdle && room <= held && unsettled === 0) this.#break(`idle ${station.id} offers no room`);
    }
  }

  /** What is found without a walk over all attempts is what a walk finds. */
  #checkPlaces({ places, attempts, leaders }: PeerState): void {
    this.#checkFiled('all leaders', places, [...attempts.values()]);
    for (const leader of leaders.values()) this.#checkFiled(leader.id, leader.places, [...leader.attempts]);
  }

  #checkFiled(whose: string, places: Places, attempts: readonly HeldAttempt[]): void {
    const walks: { readonly [Place in keyof Places]: (attempt: HeldAttempt) => boolean } = {
      held: isHeld,
      granted: ({ state }) => state === 'granted',
      prepared: ({ state }) => state === 'fetching' || state === 'ready',
      ready: ({ state }) => state === 'ready',
      running: ({ state }) => state === 'running',
      working: ({ hasChild }) => hasChild,
      over: ({ state }) => state === 'over',
      asked: ({ state, steal }) => steal?.isAnswered === false && state !== 'over' && state !== 'discarding',
    };
    for (const [place, isThere] of Object.entries(walks)) {
      const filed = places[place as keyof Places];
      const found = attempts.filter(isThere);
      if (filed.size !== found.length || !found.every((attempt) => filed.has(attempt)))
        this.#break(`${place} attempts of ${whose} are miscounted`);
    }
  }

  atTheEnd(daemons: readonly (Pair & Station)[]): void {
    for (const { id } of this.#world.jobs) this.#must(this.endings.has(id), `job ${id} never ended`);
    for (const daemon of daemons) {
      this.#must(daemon.leader.state.jobs.size === 0, `${daemon.id} still leads a job that ended`);
      for (const leader of daemon.peer.state.leaders.values()) {
        const untold = this.#world.jobs.find(({ id }) => leader.jobs.has(id));
        this.#must(
          untold === undefined,
          `${daemon.id} was never told that ${untold?.id} of ${leader.id} ended`,
        );
      }
      this.#must(daemon.peer.state.attempts.size === 0, `${daemon.id} still holds attempts of ended jobs`);
      this.#must(daemon.peer.encodeCount() === 0, `${daemon.id} still encodes for ended jobs`);
    }
  }

  /** A peer with a free slot has no slice that fits beside what it encodes. */
  #checkNothingIsReady(state: PeerState, load: Load, { id }: Station): void {
    let ready = 0;
    for (const { state: step, memoryBytes } of state.attempts.values()) {
      if (step !== 'ready') continue;
      if (load.slots > 0 && load.memoryBytes + memoryBytes > state.memoryBudgetBytes) return;
      ready += 1;
    }
    if (ready > 0) this.#break(`a slot of ${id} is idle beside a slice`);
  }

  #checkNobodyIdles(job: JobState): void {
    let outlook: Outlook | null = null;
    for (const jobPeer of job.peers.values()) {
      const { peer } = jobPeer;
      if (peer.held >= Math.min(slotsFor(peer), peer.room)) continue;
      outlook ??= outlookOf(job, this.#clock.nowMs());
      const moment = this.#moment(jobPeer, outlook);
      // Who may take nothing at all may take no chunk.
      if (!mayTakeWork(jobPeer, moment)) continue;
      for (const chunk of job.chunks.values()) {
        this.#checkIsTaken(jobPeer, chunk, moment);
        if (chunk.trials === null) continue;
        for (const trial of chunk.trials.values()) this.#checkIsTaken(jobPeer, trial, moment);
      }
    }
  }

  #checkIsTaken(jobPeer: JobPeer, chunk: Chunk, moment: Moment): void {
    if (!isEligible(jobPeer, chunk, moment)) return;
    this.#break(`a slot of ${jobPeer.peer.id} is idle while chunk ${chunk.number} waits`);
  }

  /** The indexes of chunks hold what a walk over everything finds: all that belongs there, and as many as belong there. */
  #checkChunks(job: JobState): void {
    const found: ChunkCount = { plain: 0, troubled: 0, yielded: 0, costLeft: 0 };
    for (const chunk of job.chunks.values()) {
      this.#checkChunk(job, chunk, found);
      if (chunk.trials === null) continue;
      for (const trial of chunk.trials.values()) this.#checkChunk(job, trial, found);
    }
    const { inFilmOrder, longestFirst, shortestFirst } = job;
    this.#must(inFilmOrder.size === found.plain, 'the film order holds what does not wait');
    this.#must(longestFirst.size === found.plain && shortestFirst.size === found.plain, 'the orders differ');
    this.#must(job.troubled.size + job.poison.size === found.troubled, 'troubled chunks are lost');
    this.#must(job.handovers.size === found.yielded, 'chunks are miscounted among the yielded');
    this.#must(job.costLeft === found.costLeft, 'the cost that is left is miscounted');
  }

  #checkChunk(job: JobState, chunk: Chunk, found: ChunkCount): void {
    const { attempts, number, state, yielded } = chunk;
    const isWaiting = state === 'waiting';
    if ((state === 'leased') !== attempts.size > 0) this.#break(`chunk ${number} lost count`);
    if (attempts.size > 0) found.costLeft += this.#checkLeased(chunk);
    if (yielded !== null) {
      found.yielded += 1;
      if (!job.handovers.has(chunk)) this.#break(`chunk ${number} is missing among the yielded`);
      if (!isWaiting) this.#break(`chunk ${number} was yielded and does not wait`);
    }
    if (!isWaiting) return;
    found.costLeft += chunk.cost;
    if (chunk.failures.length === 0 && !isAlone(chunk)) {
      found.plain += 1;
      if (!job.inFilmOrder.has(chunk)) this.#break(`chunk ${number} is missing from the film order`);
    } else found.troubled += 1;
  }

  /** Who encodes a chunk; returns what is left of its cost. */
  #checkLeased({ attempts, number }: Chunk): number {
    let granted = 0;
    let unstarted = 0;
    let costLeft = Number.POSITIVE_INFINITY;
    for (const attempt of attempts) {
      granted += attempt.hasBeenAway ? 0 : 1;
      unstarted += attempt.state === 'granted' ? 1 : 0;
      costLeft = Math.min(costLeft, attempt.costLeft);
    }
    if (granted > 2) this.#break(`chunk ${number} has more than one backup`);
    if (unstarted > 1) this.#break(`chunk ${number} is leased twice and nobody has begun it`);
    return costLeft;
  }

  /** The same of its attempts. */
  #checkAttempts(state: LeaderState, job: JobState): void {
    let open = 0;
    let latest = 0;
    let unstarted = 0;
    for (const attempt of job.attempts.values()) {
      const { state: step, chunk, peer } = attempt;
      if (step === 'over' || step === 'away') continue;
      open += 1;
      unstarted += step === 'granted' && attempt.thief === null ? 1 : 0;
      this.#checkAttempt(state, attempt);
      if (step !== 'started' || chunk.attempts.size !== 1 || !state.peers.has(peer)) continue;
      latest += 1;
      if (!job.latest.has(attempt)) this.#break('a running attempt is not among the latest');
    }
    this.#must(open === job.openAttemptCount, 'open attempts are miscounted');
    this.#must(job.latest.size === latest, 'the latest attempts are miscounted');
    this.#must(job.unstarted.size === unstarted, 'unstarted attempts are miscounted');
  }

  #checkAttempt(state: LeaderState, attempt: Attempt): void {
    const { job, number, state: step, thief } = attempt;
    const mayExpire = step === 'granted' || step === 'started';
    if (state.deadlines.has(attempt) !== mayExpire) this.#break(`attempt ${number} has the wrong deadline`);
    if (state.asked.has(attempt) && (step !== 'granted' || thief === null)) {
      this.#break(`attempt ${number} is asked for in vain`);
    }
    if (job.unstarted.has(attempt) !== (step === 'granted' && thief === null)) {
      this.#break(`attempt ${number} is miscounted among the unstarted`);
    }
    const isHere = step === 'fetched' || step === 'proving';
    const isKnown = state.peers.get(attempt.peer)?.attempts.has(attempt) === true;
    if (!isKnown && !isHere) this.#break(`attempt ${number} belongs to a gone peer`);
  }

  /** What a job's peers can do together, who of them is idle, and when a change of their speeds is looked for. */
  #checkPeers(job: JobState): void {
    const nowMs = this.#clock.nowMs();
    const found = { slots: 0, known: 0, fastest: 0, rate: 0, idle: 0 };
    for (const jobPeer of job.peers.values()) {
      const { costRate, peer } = jobPeer;
      const slots = job.usable.has(peer.id) && !peer.isSuspect ? slotsFor(peer) : 0;
      found.slots += slots;
      if (costRate !== null && slots > 0) {
        found.known += 1;
        found.fastest = Math.max(found.fastest, costRate);
        found.rate += costRate * slots;
      }
      if (isIdle(jobPeer)) {
        found.idle += 1;
        if (!job.idle.has(jobPeer)) this.#break(`${peer.id} is missing among the idle`);
      }
      const isSeen = jobPeer.changeMs <= nowMs && job.changing.has(jobPeer);
      if (!isSeen && changeOf(jobPeer, nowMs) !== null) this.#break(`${peer.id} changed its speed unseen`);
    }
    const { force } = job;
    this.#must(force.slots === found.slots, 'the slots of all peers are miscounted');
    this.#must(job.byRate.size === found.known, 'the peers of known rate are miscounted');
    this.#must((job.byRate.first()?.costRate ?? 0) === found.fastest, 'the fastest peer is another one');
    const isRightRate = Math.abs(force.knownRateUnits / RATE_UNITS - found.rate) <= 1e-6 * (1 + found.rate);
    this.#must(isRightRate, 'the rate of all peers is miscounted');
    this.#must(job.idle.size === found.idle, 'the idle peers are miscounted');
    if (found.idle > 1) this.#checkIdleOrder(job);
  }

  #checkIdleOrder({ idle }: JobState): void {
    let before: JobPeer | null = null;
    for (const jobPeer of idle.inOrder()) {
      if (before !== null && !goesBefore(before, jobPeer)) this.#break('the idle peers are out of order');
      before = jobPeer;
    }
  }

  /** A job may only fail when failing was in the world, and not before everything else is done. */
  #checkFailure(facts: JobFacts, reason: string): void {
    const isHard = (chunk: ChunkFacts) =>
      chunk.isPoison || chunk.isDeadly || chunk.neededLeadIn > MAX_LEAD_IN;
    const { hosts, faults } = this.#world;
    const isMuted = faults.some(({ kind }) => kind === 'mute' || kind === 'full-disk');
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

  #moment({ held, peer }: JobPeer, outlook: Outlook): Moment {
    return {
      held: { ofJob: held, ofAllJobs: peer.held, alone: peer.heldAlone },
      outlook,
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
  #checkGrowth(state: LeaderState | PeerState, bounds: () => Bounds): void {
    this.#plans += 1;
    if (this.#plans % PLANS_A_LOOK !== 0) return;
    const words = outgrown(state, bounds());
    this.#must(words === null, words ?? '');
  }

  #must(isRight: boolean, otherwise: string): void {
    if (!isRight) this.#break(otherwise);
  }

  /** Where something is looked at after every plan its words are only made when they are said. */
  #break(words: string): never {
    throw new Error(`Seed ${this.#world.seed}, ${this.#clock.nowMs()} ms: ${words}.`);
  }
}

function key(job: string, chunk: number): string {
  return `${job} ${chunk}`;
}
