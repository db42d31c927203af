import {
  BELIEVED_PROGRESS,
  FAST_PEERS,
  FRAMES_HELD_BACK,
  GROUP_FRAMES,
  PREFETCH_PER_SLOT,
  RATE_UNITS,
} from '../limits.ts';
import type { Attempt, Chunk, JobPeer, JobState, LeaderState, PeerOfLeader } from './state.ts';

/** What a job can expect of its peers, as far as it has seen them work. */
export interface Outlook {
  /** Slots of all usable peers. */
  readonly slots: number;
  /** Time all of them together need for what is left; Infinity while the scan may still find more. */
  readonly restMs: number;
  /** Of each of the fastest peers the slot that is free first; none while `restMs` is unknown. */
  readonly fastSlots: readonly FastSlot[];
  /** Cost a millisecond of a slot on average; 0 while no rate is known. */
  readonly averageRate: number;
}

/** A slot of a known rate, in cost a millisecond, and the time until it is free. */
export interface FastSlot {
  readonly costRate: number;
  readonly freeMs: number;
}

/** A peer whose rate is unknown counts as an average one, a suspect not at all. */
export function outlookOf(job: JobState, nowMs: number): Outlook {
  const { chunkCount, costLeft, force } = job;
  const { slots } = force;
  const averageRate = averageRateOf(job);
  const isRestKnown = chunkCount !== null && averageRate > 0;
  const restMs = isRestKnown ? costLeft / (averageRate * slots) : Number.POSITIVE_INFINITY;
  return { slots, restMs, fastSlots: isRestKnown ? fastSlotsOf(job, nowMs) : [], averageRate };
}

function averageRateOf({ force: { knownSlots, knownRateUnits } }: JobState): number {
  return knownSlots > 0 ? knownRateUnits / RATE_UNITS / knownSlots : 0;
}

function fastSlotsOf(job: JobState, nowMs: number): FastSlot[] {
  const slots: FastSlot[] = [];
  for (const { costRate, peer } of job.byRate.inOrder()) {
    if (slots.length === FAST_PEERS) break;
    if (costRate !== null) slots.push({ costRate, freeMs: untilFreeMs(peer, costRate, nowMs) });
  }
  return slots;
}

/** Until a slot of the peer has nothing more to do of what it holds. */
function untilFreeMs(peer: PeerOfLeader, costRate: number, nowMs: number): number {
  const slots = slotsFor(peer);
  // Each of its leases takes a slot at most.
  if (peer.held < slots) return 0;
  const slotMs = new Array<number>(slots).fill(0);
  for (const attempt of peer.attempts) {
    if (attempt.state === 'started') addToLeast(slotMs, Math.max(0, remainingMs(attempt, nowMs)));
  }
  for (const { chunk, state } of peer.attempts) {
    if (state === 'granted') addToLeast(slotMs, chunk.cost / costRate);
  }
  return Math.min(...slotMs);
}

function addToLeast(sums: number[], more: number): void {
  let least = 0;
  for (let place = 1; place < sums.length; place += 1) {
    if ((sums[place] as number) < (sums[least] as number)) least = place;
  }
  sums[least] = (sums[least] ?? 0) + more;
}

/** Keeps the sums over the job's usable peers, by which it is told what they can do together. */
export function refreshShare(jobPeer: JobPeer): void {
  const { job, peer, share } = jobPeer;
  countShare(jobPeer, -1);
  const isCounted = job.usable.has(peer.id) && !peer.isSuspect;
  share.slots = isCounted ? slotsFor(peer) : 0;
  share.costRate = jobPeer.costRate;
  countShare(jobPeer, 1);
  if (share.slots > 0 && share.costRate !== null) job.byRate.put(jobPeer);
  else job.byRate.delete(jobPeer);
}

function countShare({ job: { force }, share: { slots, costRate } }: JobPeer, sign: 1 | -1): void {
  force.slots += sign * slots;
  if (costRate === null) return;
  force.knownSlots += sign * slots;
  force.knownRateUnits += sign * slots * Math.round(costRate * RATE_UNITS);
}

/** Slots that a peer gives this leader, told from the room it offers. */
export function slotsFor(peer: PeerOfLeader): number {
  return Math.min(peer.slots, Math.ceil(peer.room / (1 + PREFETCH_PER_SLOT)));
}

/** When a running attempt should end, and what follows it in its slot. */
export function foreseeEnd(state: LeaderState, attempt: Attempt, nowMs: number): void {
  const jobPeer = attempt.job.peers.get(attempt.peer);
  if (attempt.state !== 'started' || jobPeer === undefined) return;
  const left = leftMs(attempt, jobPeer);
  attempt.expectedEndMs = nowMs + left;
  // A slow peer's long time is no cost for the others: they would begin the chunk anew.
  const ownCost = jobPeer.costRate === null ? Number.POSITIVE_INFINITY : left * jobPeer.costRate;
  attempt.costLeft = Math.round(Math.min(ownCost, likelyCost(attempt, jobPeer)));
  refreshCostLeft(attempt.job, attempt.chunk);
  if (attempt.follower !== null) foreseeUnstarted(attempt.follower, nowMs);
  else if (attempt.expectedEndMs < Number.POSITIVE_INFINITY) state.ending.put(attempt);
  refreshLatest(attempt);
}

/** When a lease that was not begun should begin and end; a peer whose rate is unknown counts as an average one. */
export function foreseeUnstarted(lease: Attempt, nowMs: number): void {
  const { job, chunk, follows, thief, state } = lease;
  if (state !== 'granted' || thief !== null) return;
  const rate = job.peers.get(lease.peer)?.costRate ?? averageRateOf(job);
  lease.dueMs = Math.max(nowMs, follows?.expectedEndMs ?? nowMs);
  lease.expectedEndMs = lease.dueMs + (rate > 0 ? chunk.cost / rate : 0);
  job.unstarted.put(lease);
}

/** Keeps the index of leases whose chunks have no other, by their ends. */
export function refreshLatest(attempt: Attempt): void {
  const isLease = attempt.state === 'started';
  if (isLease && attempt.chunk.attempts.size === 1) attempt.job.latest.put(attempt);
  else attempt.job.latest.delete(attempt);
}

/**
 * What is left of a running attempt now: as foreseen by its latest progress, but no less than it has been silent beyond
 * what its encoder may hold back; an encoder that hangs is found thus.
 */
export function remainingMs(attempt: Attempt, nowMs: number): number {
  const groupMs = FRAMES_HELD_BACK * (frameMsOf(attempt) ?? 0);
  return Math.max(attempt.expectedEndMs - nowMs, nowMs - attempt.progressMs - groupMs);
}

/** How long one of its frames should take at its peer; null while the peer's rate is unknown. */
export function frameMsOf({ chunk, job, peer }: Attempt): number | null {
  const rate = job.peers.get(peer)?.costRate ?? null;
  return rate === null ? null : chunk.cost / (chunk.endFrame - chunk.startFrame) / rate;
}

/** The chunk's cost, corrected by how its attempt goes at a peer whose rate is known. */
export function likelyCost(attempt: Attempt, jobPeer: JobPeer): number {
  const { chunk, paceFrom } = attempt;
  // After its peer's speed changed there are two unknowns: what was learned before is kept.
  if (paceFrom.cost > 0) return attempt.likelyCost;
  const own = ownPaceOf(attempt);
  if (own === null || own.cost < BELIEVED_PROGRESS * chunk.cost) return chunk.cost;
  if (jobPeer.rates.length === 0 || jobPeer.costRate === null) return chunk.cost;
  return (chunk.cost * jobPeer.costRate * own.durationMs) / own.cost;
}

/** What the attempt itself did since its peer's speed last changed; null before anything is told of it. */
export function ownPaceOf(attempt: Attempt): { readonly cost: number; readonly durationMs: number } | null {
  const { costDone, paceFrom, progressMs } = attempt;
  const cost = reachedBy(attempt) - paceFrom.cost;
  const durationMs = progressMs - paceFrom.atMs;
  return costDone > 0 && cost > 0 && durationMs > 0 ? { cost, durationMs } : null;
}

/** The part of its chunk's cost that the attempt has done, a group of frames more than the encoder gave out. */
export function reachedBy({ chunk, costDone, paceFrom }: Attempt): number {
  if (costDone === 0) return paceFrom.cost;
  const groupCost = (GROUP_FRAMES * chunk.cost) / (chunk.endFrame - chunk.startFrame);
  return Math.min(chunk.cost, Math.max(costDone + groupCost, paceFrom.cost));
}

/** By its peer's rate, and more and more by its own progress. */
function leftMs(attempt: Attempt, { costRate }: JobPeer): number {
  const { chunk } = attempt;
  const own = ownPaceOf(attempt);
  const left = chunk.cost - reachedBy(attempt);
  const ownMs = own === null ? null : (left * own.durationMs) / own.cost;
  if (costRate === null) return ownMs ?? Number.POSITIVE_INFINITY;
  if (own === null || ownMs === null) return left / costRate;
  const belief = Math.min(1, own.cost / (BELIEVED_PROGRESS * chunk.cost));
  return belief * ownMs + ((1 - belief) * left) / costRate;
}

/** A prefetched chunk was leased: it follows the attempt of its peer that will end first. */
export function followSoonest(state: LeaderState, peer: PeerOfLeader, lease: Attempt): void {
  let soonest: Attempt | null = null;
  for (const attempt of peer.attempts) {
    if (!state.ending.has(attempt)) continue;
    if (soonest === null || attempt.expectedEndMs < soonest.expectedEndMs) soonest = attempt;
  }
  if (soonest === null) return;
  soonest.follower = lease;
  lease.follows = soonest;
  state.ending.delete(soonest);
}

/**
 * A lease ends before it began: what it was to follow may need another. One that begins in another slot, which was free
 * first, frees nothing: simulated, so early a prefetch costs 0.002 of E.
 */
export function unfollow(state: LeaderState, lease: Attempt): void {
  const { follows } = lease;
  lease.follows = null;
  if (follows?.follower !== lease) return;
  follows.follower = null;
  if (follows.state === 'started' && follows.expectedEndMs < Number.POSITIVE_INFINITY)
    state.ending.put(follows);
}

/** Keeps the job's sum of what is left: of a chunk's attempts the one that has least to do counts. */
export function refreshCostLeft(job: JobState, chunk: Chunk): void {
  let left = 0;
  if (chunk.state === 'waiting') left = chunk.cost;
  else if (chunk.state === 'leased') left = leastCostLeft(chunk);
  job.costLeft += left - chunk.costLeft;
  chunk.costLeft = left;
}

function leastCostLeft({ attempts }: Chunk): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { costLeft } of attempts) least = Math.min(least, costLeft);
  return least;
}
