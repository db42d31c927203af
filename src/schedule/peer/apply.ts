import { MAX_ANNOUNCED_JOBS } from '../../protocol/limits.ts';
import type { AttemptName, PeerEvent } from './events.ts';
import { estimateEncodeBytes } from './memory.ts';
import { createPlaces, isHeld, refile } from './places.ts';
import { mostAttempts, mostHeld } from './room.ts';
import {
  type AnnouncedJob,
  attemptKey,
  type HeldAttempt,
  jobKey,
  type LeaderOfPeer,
  type PeerState,
  type Refusal,
} from './state.ts';
import { countWork, joinWork } from './work-time.ts';

type EventOf<Type extends PeerEvent['type']> = Extract<PeerEvent, { type: Type }>;
type AttemptEvent = Exclude<Extract<PeerEvent, { name: AttemptName }>, { type: 'lease-granted' }>;
type JobEvent = EventOf<'job-announced' | 'build-measuring' | 'build-told' | 'build-outdated' | 'job-ended'>;
type AskEvent = EventOf<'lease-granted' | 'refusal-told'>;
type HostEvent = Exclude<PeerEvent, AttemptEvent | JobEvent | AskEvent>;

/** Records what happened, in place; what is unknown, old or said twice changes nothing. */
export function applyPeer(state: PeerState, event: PeerEvent): void {
  switch (event.type) {
    case 'leader-joined':
    case 'leader-away':
    case 'leader-back':
    case 'leader-left':
    case 'room-told':
    case 'slots-changed':
    case 'memory-changed':
    case 'memory-short':
    case 'intake-changed':
      applyHostEvent(state, event);
      break;
    case 'job-announced':
    case 'build-measuring':
    case 'build-told':
    case 'build-outdated':
    case 'job-ended':
      applyJobEvent(state, event);
      break;
    case 'lease-granted':
      takeLease(state, event);
      break;
    case 'refusal-told':
      noteRefusalTold(state, event.refusal);
      break;
    default: {
      const attempt = state.attempts.get(attemptKey(event.name));
      if (attempt === undefined) break;
      applyAttemptEvent(state, attempt, event);
      refile(state, attempt);
    }
  }
}

function applyHostEvent(state: PeerState, event: HostEvent): void {
  switch (event.type) {
    case 'leader-joined':
      if (state.leaders.has(event.leader)) break;
      state.leaders.set(event.leader, {
        id: event.leader,
        jobs: new Map(),
        unmeasured: new Set(),
        lastMeasure: 0,
        largestBytes: 0,
        attempts: new Set(),
        places: createPlaces(),
        isAway: false,
        told: 0,
        lastTurn: 0,
        workMs: 0,
      });
      break;
    case 'leader-away':
    case 'leader-back':
      turnAway(state, event.leader, event.type === 'leader-away');
      break;
    case 'leader-left': {
      const leader = state.leaders.get(event.leader);
      if (leader !== undefined) dropLeader(state, leader);
      break;
    }
    case 'room-told': {
      const leader = state.leaders.get(event.leader);
      if (leader !== undefined) leader.told = event.leases;
      break;
    }
    case 'slots-changed':
      state.slots = event.slots;
      break;
    case 'memory-changed':
      state.memoryBudgetBytes = event.budgetBytes;
      break;
    case 'memory-short':
      giveBackNewest(state);
      break;
    case 'intake-changed':
      state.intake = event.intake;
      state.intakeReason = event.reason;
      break;
  }
}

function applyJobEvent(state: PeerState, event: JobEvent): void {
  // Whatever became of its job meanwhile.
  if (event.type === 'build-told' || event.type === 'build-outdated') {
    state.measuring.delete(jobKey(event.leader, event.job));
  }
  const leader = state.leaders.get(event.leader);
  const job = leader?.jobs.get(event.job);
  if (leader === undefined) return;
  if (event.type === 'job-announced' && job === undefined) takeJob(state, leader, event);
  if (job === undefined) return;
  switch (event.type) {
    case 'job-announced':
      tellAnew(state, leader, job, event);
      break;
    case 'build-measuring':
      leader.unmeasured.delete(job);
      state.measuring.add(jobKey(leader.id, job.id));
      state.turn += 1;
      leader.lastMeasure = state.turn;
      break;
    case 'build-told':
      leader.unmeasured.delete(job);
      break;
    case 'build-outdated':
      leader.unmeasured.add(job);
      break;
    case 'job-ended':
      dropJob(state, leader, job);
      break;
  }
}

function applyAttemptEvent(state: PeerState, attempt: HeldAttempt, event: AttemptEvent): void {
  switch (event.type) {
    case 'slice-fetching':
      move(attempt, 'granted', 'fetching');
      break;
    case 'slice-fetched':
      move(attempt, 'fetching', 'ready');
      break;
    case 'encode-started':
      if (!move(attempt, 'ready', 'running')) break;
      attempt.hasChild = true;
      takeTurn(state, attempt.leader);
      attempt.startTurn = state.turn;
      attempt.startedMs = event.nowMs;
      break;
    case 'encode-ended':
      if (!move(attempt, 'running', 'encoded')) break;
      countWork(state, attempt, event.nowMs);
      attempt.hasChild = false;
      break;
    case 'steal-asked':
      decideSteal(attempt, event.thief);
      break;
    case 'steal-answered':
      if (attempt.steal !== null) attempt.steal.isAnswered = true;
      if (attempt.state === 'yielded' && attempt.steal?.answer === 'yielded') attempt.state = 'over';
      break;
    case 'attempt-failed':
    case 'attempt-cancelled':
    case 'result-settled':
      if (attempt.state !== 'discarding') attempt.state = 'over';
      break;
    case 'attempt-discarding':
      if (attempt.returnReason !== null || isHeld(attempt)) tellRoomAnew(attempt.leader);
      attempt.state = 'discarding';
      break;
    case 'attempt-discarded':
      countWork(state, attempt, event.nowMs);
      attempt.state = 'discarding';
      attempt.hasChild = false;
      attempt.leader.attempts.delete(attempt);
      state.attempts.delete(attemptKey(event.name));
      break;
  }
}

function takeLease(state: PeerState, event: EventOf<'lease-granted'>): void {
  const { name, nowMs } = event;
  const leader = state.leaders.get(name.leader);
  if (leader === undefined || state.attempts.has(attemptKey(name))) return;
  const job = leader.jobs.get(name.job);
  if (job === undefined) return refuseLease(state, name, 'This peer was not told of the job.');
  const reason = whyNotKept(state, leader);
  if (reason !== null) return refuseLease(state, name, reason);
  joinWork(state, leader, nowMs);
  state.turn += 1;
  const attempt: HeldAttempt = {
    name,
    leader,
    frameCount: event.frameCount,
    sliceBytes: event.sliceBytes,
    memoryBytes: bytesOf(job, event.variant),
    turn: state.turn,
    startTurn: 0,
    startedMs: null,
    state: 'granted',
    hasChild: false,
    steal: null,
    returnReason: null,
  };
  state.attempts.set(attemptKey(name), attempt);
  leader.attempts.add(attempt);
  refile(state, attempt);
}

/** Nothing is kept of it but the word to its leader. */
function refuseLease({ refusals }: PeerState, name: AttemptName, reason: string): void {
  refusals.add({ type: 'lease', name, reason });
}

/** Room is told after the refusal: its leader takes that as a sign that there is none at all. */
function noteRefusalTold(state: PeerState, refusal: Refusal): void {
  state.refusals.delete(refusal);
  const leader = refusal.type === 'lease' ? state.leaders.get(refusal.name.leader) : undefined;
  if (leader !== undefined) tellRoomAnew(leader);
}

/** What was begun stays. Of what is over the leader was told, or knew before. */
function decideSteal(attempt: HeldAttempt, thief: string): void {
  if (!isHeld(attempt) || attempt.steal !== null) return;
  if (attempt.hasChild) {
    attempt.steal = { thief, answer: 'refused', isAnswered: false };
    return;
  }
  const answer = attempt.state === 'ready' ? 'yielded-with-slice' : 'yielded';
  attempt.steal = { thief, answer, isAnswered: false };
  attempt.state = 'yielded';
}

function whyNotKept(state: PeerState, { attempts, places: { held } }: LeaderOfPeer): string | null {
  if (held.size >= mostHeld(state))
    return `This peer holds ${held.size} leases already, and never offered room for more than ${mostHeld(state)}.`;
  if (attempts.size < mostAttempts(state)) return null;
  return `This peer has ${attempts.size} attempts of this leader's to run, to settle or to clear away, and takes no more.`;
}

function takeJob(state: PeerState, leader: LeaderOfPeer, event: EventOf<'job-announced'>): void {
  const { job: id } = event;
  if (leader.jobs.size >= MAX_ANNOUNCED_JOBS) {
    const reason = `This peer was told of ${leader.jobs.size} jobs of this leader's already and takes no more before one ends.`;
    state.refusals.add({ type: 'job', leader: leader.id, job: id, reason });
    return;
  }
  const job: AnnouncedJob = { id, memoryBytes: 0, variantBytes: [] };
  leader.jobs.set(id, job);
  reckonMemory(leader, job, event);
  leader.unmeasured.add(job);
}

function reckonMemory(
  leader: LeaderOfPeer,
  job: AnnouncedJob,
  { settings, variants, measure }: EventOf<'job-announced'>,
): void {
  job.memoryBytes = estimateEncodeBytes(settings, measure);
  job.variantBytes = variants.map((variant) => estimateEncodeBytes({ ...settings, ...variant }, measure));
  refreshLargest(leader);
}

function refreshLargest(leader: LeaderOfPeer): void {
  leader.largestBytes = Math.max(0, ...[...leader.jobs.values()].map(largestOf));
}

function dropJob(state: PeerState, leader: LeaderOfPeer, job: AnnouncedJob): void {
  leader.jobs.delete(job.id);
  refreshLargest(leader);
  leader.unmeasured.delete(job);
  for (const attempt of leader.attempts) if (attempt.name.job === job.id) giveUp(state, attempt);
}

function dropLeader(state: PeerState, leader: LeaderOfPeer): void {
  state.leaders.delete(leader.id);
  for (const attempt of leader.attempts) giveUp(state, attempt);
}

function largestOf({ memoryBytes, variantBytes }: AnnouncedJob): number {
  return Math.max(memoryBytes, ...variantBytes);
}

/** A variant that the job does not list fails when it is begun. */
function bytesOf({ memoryBytes, variantBytes }: AnnouncedJob, variant: number | null): number {
  return (variant === null ? undefined : variantBytes[variant]) ?? memoryBytes;
}

/** Who is away cannot serve a slice, and gives to others what was not begun here. */
function turnAway(state: PeerState, id: string, isAway: boolean): void {
  const leader = state.leaders.get(id);
  if (leader === undefined || leader.isAway === isAway) return;
  leader.isAway = isAway;
  tellRoomAnew(leader);
  for (const attempt of [...leader.places.held]) {
    if (attempt.state === 'running') continue;
    attempt.state = 'over';
    attempt.returnReason = 'The connection to its leader broke before it was begun.';
    refile(state, attempt);
  }
}

/**
 * A leader that lost sight of this peer announces its jobs again, and knows nothing of it any more. An honest one announces the
 * same: other settings come after a `job-ended`, or after `leader-left` from a daemon that was started anew. But encodes take
 * what was announced last, and so must the memory that is reckoned for them.
 */
function tellAnew(
  state: PeerState,
  leader: LeaderOfPeer,
  job: AnnouncedJob,
  event: EventOf<'job-announced'>,
): void {
  reckonMemory(leader, job, event);
  if (!state.measuring.has(jobKey(leader.id, job.id))) leader.unmeasured.add(job);
  tellRoomAnew(leader);
}

/** The one that was started last has the least to lose. */
function giveBackNewest(state: PeerState): void {
  let newest: HeldAttempt | null = null;
  for (const attempt of state.places.running) {
    if (newest === null || attempt.startTurn > newest.startTurn) newest = attempt;
  }
  if (newest === null) return;
  newest.state = 'over';
  newest.returnReason = 'It runs out of memory.';
  refile(state, newest);
}

function giveUp(state: PeerState, attempt: HeldAttempt): void {
  if (attempt.state === 'discarding') return;
  attempt.state = 'over';
  attempt.returnReason = null;
  refile(state, attempt);
}

function move(attempt: HeldAttempt, from: HeldAttempt['state'], to: HeldAttempt['state']): boolean {
  if (attempt.state !== from) return false;
  attempt.state = to;
  return true;
}

function takeTurn(state: PeerState, leader: LeaderOfPeer): void {
  state.turn += 1;
  leader.lastTurn = state.turn;
}

/** A leader takes a returned lease as a sign that there is no room at all. */
function tellRoomAnew(leader: LeaderOfPeer): void {
  leader.told = null;
}
