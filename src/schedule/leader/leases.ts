import { silenceMs } from '../estimate.ts';
import { PATIENCE_GROWTH, UNSTARTED_MS } from '../limits.ts';
import { isAlone } from './eligible.ts';
import { refreshHeld } from './idle.ts';
import { countRun } from './losses.ts';
import {
  followSoonest,
  foreseeUnstarted,
  frameMsOf,
  refreshCostLeft,
  refreshLatest,
  slotsFor,
  unfollow,
} from './outlook.ts';
import { freeSlot } from './pace.ts';
import { countSlotTimes } from './slot-times.ts';
import {
  type Attempt,
  awakeMs,
  type Chunk,
  type JobState,
  type LeaderState,
  type PeerOfLeader,
} from './state.ts';
import { putWaiting, takeWaiting } from './waiting.ts';

/** Records a granted lease: its chunk no longer waits, its peer holds one more. */
export function openLease(
  state: LeaderState,
  job: JobState,
  grant: { chunk: Chunk; number: number; peer: PeerOfLeader; leadIn: number; nowMs: number },
): void {
  const attempt: Attempt = {
    job,
    number: grant.number,
    chunk: grant.chunk,
    peer: grant.peer.id,
    leadIn: grant.leadIn,
    grantedMs: grant.nowMs,
    isAlone: isAlone(grant.chunk),
    isOrphaned: false,
    state: 'granted',
    hasBeenAway: false,
    startedMs: null,
    framesEncoded: 0,
    costDone: 0,
    likelyCost: grant.chunk.cost,
    // A backup starts with no less than what its straggler has left.
    costLeft: Math.max(grant.chunk.cost, grant.chunk.costLeft),
    progressMs: grant.nowMs,
    paceFrom: { atMs: grant.nowMs, frames: 0, cost: 0 },
    expectedEndMs: Number.POSITIVE_INFINITY,
    follower: null,
    follows: null,
    isPrefetched: grant.peer.held >= slotsFor(grant.peer),
    dueMs: grant.nowMs,
    thief: null,
    keepsSlice: false,
    stolenFrom: takeYielded(state, grant.chunk, grant.peer.id),
    bytes: 0,
    fetchCount: 0,
    deadlineMs: awakeMs(state, grant.nowMs) + patienceMs(grant.chunk),
    verdict: null,
    reason: '',
  };
  job.nextAttempt = Math.max(job.nextAttempt, grant.number + 1);
  job.attempts.set(attempt.number, attempt);
  enterAttempt(attempt, grant.peer);
  holdLease(state, attempt, grant.peer);
  if (attempt.isPrefetched) followSoonest(state, grant.peer, attempt);
  foreseeUnstarted(attempt, grant.nowMs);
}

/** The lease begins, or is over: it cannot be stolen any longer, and a slice that it came by is not needed elsewhere. */
export function leaveUnstarted(state: LeaderState, lease: Attempt): void {
  lease.follows = null;
  lease.job.unstarted.delete(lease);
  state.asked.delete(lease);
  if (lease.stolenFrom !== null) releaseSlice(state, lease.stolenFrom);
  lease.stolenFrom = null;
}

/** The lease of the chunk that was given up for this peer; one for another peer is of no use any longer. */
export function takeYielded(state: LeaderState, chunk: Chunk, peer: string | null): Attempt | null {
  const { yielded } = chunk;
  if (yielded === null) return null;
  chunk.yielded = null;
  yielded.job.handovers.delete(chunk);
  if (yielded.thief === peer) return yielded;
  releaseSlice(state, yielded);
  return null;
}

/** The victim may delete the slice that it kept; it is told as of any attempt that is over. */
export function releaseSlice(state: LeaderState, yielded: Attempt): void {
  if (yielded.job.attempts.get(yielded.number) === yielded) state.closing.add(yielded);
}

/** The attempt may bring a result from now on: its chunk does not wait. */
export function enterAttempt(attempt: Attempt, peer: PeerOfLeader): void {
  const { job, chunk } = attempt;
  job.openAttemptCount += 1;
  takeWaiting(job, chunk);
  chunk.state = 'leased';
  chunk.attempts.add(attempt);
  for (const other of chunk.attempts) refreshLatest(other);
  refreshCostLeft(job, chunk);
  peer.attempts.add(attempt);
}

/** The attempt takes room at its peer, and expires when nothing is heard of it. */
export function holdLease(state: LeaderState, attempt: Attempt, peer: PeerOfLeader): void {
  state.deadlines.put(attempt);
  changeHeld(state, attempt, peer, 1);
}

/** A sign of life of an attempt: its lease is renewed, and what waits for its slot is waited for as long as for it. */
export function renewLease(state: LeaderState, attempt: Attempt, nowMs: number): void {
  const { chunk, follower } = attempt;
  const expired = chunk.failures.filter(({ cause }) => cause === 'expired');
  const silentMs =
    attempt.state === 'granted' ? patienceMs(chunk) : silenceMs(frameMsOf(attempt), expired.length);
  attempt.deadlineMs = awakeMs(state, nowMs) + silentMs;
  state.deadlines.put(attempt);
  if (follower !== null) awaitBeginning(state, follower, attempt.deadlineMs);
}

/** The lease should begin by then; later it is asked for. One that was asked for has its time to answer. */
function awaitBeginning(state: LeaderState, lease: Attempt, dueMs: number): void {
  if (lease.state !== 'granted' || state.asked.has(lease)) return;
  lease.deadlineMs = dueMs + patienceMs(lease.chunk);
  state.deadlines.put(lease);
}

/** Whoever was waited for so long may need as long again. */
function patienceMs({ steals }: Chunk): number {
  return UNSTARTED_MS * PATIENCE_GROWTH ** steals;
}

/**
 * The peer encoded it, or it is over: the lease no longer takes room there, waiting to be fetched is the leader's own doing,
 * and what it was to follow gives it no new times to begin.
 */
export function endLease(state: LeaderState, attempt: Attempt): void {
  if (attempt.state === 'granted') unfollow(state, attempt);
  state.deadlines.delete(attempt);
  state.ending.delete(attempt);
  attempt.job.latest.delete(attempt);
  leaveUnstarted(state, attempt);
  if (attempt.state === 'started') {
    freeSlot(state, attempt);
    countRun(state, attempt);
  }
  // Whatever was foreseen, the slot is free now.
  const { follower } = attempt;
  if (follower?.state === 'granted') {
    follower.dueMs = Math.min(follower.dueMs, state.nowMs);
    awaitBeginning(state, follower, awakeMs(state, state.nowMs));
  }
  const peer = state.peers.get(attempt.peer);
  if (peer?.attempts.has(attempt)) changeHeld(state, attempt, peer, -1);
}

/** Takes the attempt off every way it may be on. Its chunk waits again unless committed or tried by another. */
export function closeAttempt(
  state: LeaderState,
  attempt: Attempt,
  verdict: 'accepted' | 'refused' | 'cancelled',
  reason: string,
): void {
  if (attempt.state === 'over') return;
  if (attempt.state === 'away') state.deadlines.delete(attempt);
  else withdrawAttempt(state, attempt);
  attempt.state = 'over';
  attempt.verdict = verdict;
  attempt.reason = reason;
  if (attempt.isOrphaned) forgetAttempt(state, attempt);
  else state.closing.add(attempt);
}

/** An open attempt takes no room and brings nothing any more. Its chunk waits again unless committed or tried by another. */
export function withdrawAttempt(state: LeaderState, attempt: Attempt): void {
  if (attempt.state === 'granted' || attempt.state === 'started') endLease(state, attempt);
  leaveWays(state, attempt);
  const { chunk, job } = attempt;
  job.openAttemptCount -= 1;
  chunk.attempts.delete(attempt);
  for (const other of chunk.attempts) refreshLatest(other);
  if (chunk.state === 'leased' && chunk.attempts.size === 0) putWaiting(job, chunk);
  refreshCostLeft(job, chunk);
}

/** Nothing more will be said about this attempt; later messages about it are ignored. */
export function forgetAttempt(state: LeaderState, attempt: Attempt): void {
  state.closing.delete(attempt);
  leaveWays(state, attempt);
  state.away.get(attempt.peer)?.delete(attempt);
  attempt.job.attempts.delete(attempt.number);
  if (attempt.chunk.yielded === attempt) takeYielded(state, attempt.chunk, attempt.thief);
  state.peers.get(attempt.peer)?.attempts.delete(attempt);
}

function leaveWays(state: LeaderState, attempt: Attempt): void {
  state.deadlines.delete(attempt);
  state.ending.delete(attempt);
  state.encoded.delete(attempt);
  state.fetching.delete(attempt);
  state.fetched.delete(attempt);
  state.proving.delete(attempt);
}

function changeHeld(state: LeaderState, attempt: Attempt, peer: PeerOfLeader, difference: 1 | -1): void {
  const jobPeer = attempt.job.peers.get(peer.id);
  if (jobPeer !== undefined) countSlotTimes(state, jobPeer);
  peer.held += difference;
  if (attempt.isAlone) peer.heldAlone += difference;
  if (jobPeer !== undefined) jobPeer.held += difference;
  refreshHeld(state, peer);
}
