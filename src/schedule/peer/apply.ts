import { PREFETCH_PER_SLOT } from '../limits.ts';
import type { AttemptName, PeerEvent } from './events.ts';
import { estimateEncodeBytes } from './memory.ts';
import { type AnnouncedJob, attemptKey, type HeldAttempt, isHeld, type PeerState } from './state.ts';
import { countWork, joinWork } from './work-time.ts';

type EventOf<Type extends PeerEvent['type']> = Extract<PeerEvent, { type: Type }>;
type AttemptEvent = Exclude<Extract<PeerEvent, { name: AttemptName }>, { type: 'lease-granted' }>;
type JobEvent = EventOf<'job-announced' | 'build-measuring' | 'build-told' | 'job-ended'>;
type HostEvent = Exclude<PeerEvent, AttemptEvent | JobEvent | { type: 'lease-granted' }>;

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
    case 'job-ended':
      applyJobEvent(state, event);
      break;
    case 'lease-granted':
      takeLease(state, event);
      break;
    default: {
      const attempt = state.attempts.get(attemptKey(event.name));
      if (attempt !== undefined) applyAttemptEvent(state, attempt, event);
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
    case 'leader-left':
      state.leaders.delete(event.leader);
      giveUp(state, (name) => name.leader === event.leader);
      break;
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
  const jobs = state.leaders.get(event.leader)?.jobs;
  if (jobs === undefined) return;
  const job = jobs.get(event.job);
  switch (event.type) {
    case 'job-announced':
      if (job === undefined) jobs.set(event.job, announcedJob(event));
      else tellAnew(state, event.leader, job);
      break;
    case 'build-measuring':
      if (job !== undefined) job.build = 'measuring';
      break;
    case 'build-told':
      if (job !== undefined) job.build = 'told';
      break;
    case 'job-ended':
      jobs.delete(event.job);
      giveUp(state, (name) => name.leader === event.leader && name.job === event.job);
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
      takeTurn(state, event.name.leader);
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
      if (attempt.returnReason !== null || isHeld(attempt)) tellRoomAnew(state, event.name.leader);
      attempt.state = 'discarding';
      break;
    case 'attempt-discarded':
      countWork(state, attempt, event.nowMs);
      state.attempts.delete(attemptKey(event.name));
      break;
  }
}

/** A lease that cannot be kept is held just long enough to go back. */
function takeLease(state: PeerState, event: EventOf<'lease-granted'>): void {
  const leader = state.leaders.get(event.name.leader);
  if (leader === undefined || state.attempts.has(attemptKey(event.name))) return;
  const job = leader.jobs.get(event.name.job);
  const returnReason = whyNotKept(state, event.name.leader, job);
  joinWork(state, leader, event.nowMs);
  state.turn += 1;
  state.attempts.set(attemptKey(event.name), {
    name: event.name,
    frameCount: event.frameCount,
    sliceBytes: event.sliceBytes,
    memoryBytes: bytesOf(job, event.variant),
    turn: state.turn,
    startTurn: 0,
    startedMs: null,
    state: returnReason === null ? 'granted' : 'over',
    hasChild: false,
    steal: null,
    returnReason,
  });
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

function whyNotKept(state: PeerState, leader: string, job: AnnouncedJob | undefined): string | null {
  if (job === undefined) return 'This peer was not told of the job.';
  let held = 0;
  for (const attempt of state.attempts.values()) {
    if (attempt.name.leader === leader && isHeld(attempt)) held += 1;
  }
  const most = state.slots * (1 + PREFETCH_PER_SLOT);
  return held < most
    ? null
    : `This peer holds ${held} leases already, and never offered room for more than ${most}.`;
}

function announcedJob({ job, settings, variants, measure }: EventOf<'job-announced'>): AnnouncedJob {
  return {
    id: job,
    memoryBytes: estimateEncodeBytes(settings, measure),
    variantBytes: variants.map((variant) => estimateEncodeBytes({ ...settings, ...variant }, measure)),
    build: 'unmeasured',
  };
}

/** What is not kept needs nothing; a variant that the job does not list fails when it is begun. */
function bytesOf(job: AnnouncedJob | undefined, variant: number | null): number {
  if (job === undefined) return 0;
  return (variant === null ? undefined : job.variantBytes[variant]) ?? job.memoryBytes;
}

/** Who is away cannot serve a slice, and gives to others what was not begun here. */
function turnAway(state: PeerState, id: string, isAway: boolean): void {
  const leader = state.leaders.get(id);
  if (leader === undefined || leader.isAway === isAway) return;
  leader.isAway = isAway;
  tellRoomAnew(state, id);
  for (const attempt of state.attempts.values()) {
    if (attempt.name.leader !== id || !isHeld(attempt) || attempt.state === 'running') continue;
    attempt.state = 'over';
    attempt.returnReason = 'The connection to its leader broke before it was begun.';
  }
}

/** A leader that lost sight of this peer announces its jobs again, and knows nothing of it any more. */
function tellAnew(state: PeerState, leader: string, job: AnnouncedJob): void {
  if (job.build === 'told') job.build = 'unmeasured';
  tellRoomAnew(state, leader);
}

/** The one that was started last has the least to lose. */
function giveBackNewest(state: PeerState): void {
  let newest: HeldAttempt | null = null;
  for (const attempt of state.attempts.values()) {
    if (attempt.state === 'running' && (newest === null || attempt.startTurn > newest.startTurn)) {
      newest = attempt;
    }
  }
  if (newest === null) return;
  newest.state = 'over';
  newest.returnReason = 'It runs out of memory.';
}

function giveUp(state: PeerState, isMeant: (name: AttemptName) => boolean): void {
  for (const attempt of state.attempts.values()) {
    if (!isMeant(attempt.name) || attempt.state === 'discarding') continue;
    attempt.state = 'over';
    attempt.returnReason = null;
  }
}

function move(attempt: HeldAttempt, from: HeldAttempt['state'], to: HeldAttempt['state']): boolean {
  if (attempt.state !== from) return false;
  attempt.state = to;
  return true;
}

function takeTurn(state: PeerState, id: string): void {
  state.turn += 1;
  const leader = state.leaders.get(id);
  if (leader !== undefined) leader.lastTurn = state.turn;
}

/** A leader takes a returned lease as a sign that there is no room at all. */
function tellRoomAnew(state: PeerState, id: string): void {
  const leader = state.leaders.get(id);
  if (leader !== undefined) leader.told = null;
}
