import { PREFETCH_PER_SLOT } from '../limits.ts';
import type { Attempt, JobState, LeaderState, PeerOfLeader } from './state.ts';

/** What a job can expect of its peers, as far as it has seen them work. */
export interface Outlook {
  /** Slots of all usable peers. */
  readonly slots: number;
  /** Time all of them together need for what is left; Infinity while the scan may still find more. */
  readonly restMs: number;
  /** Cost a millisecond of the fastest slot; 0 while no rate is known. */
  readonly fastestRate: number;
}

/** Walks the usable peers. A peer whose rate is unknown counts as an average one. */
export function outlookOf(job: JobState): Outlook {
  let slots = 0;
  let knownSlots = 0;
  let knownRate = 0;
  let fastestRate = 0;
  for (const id of job.usable) {
    const jobPeer = job.peers.get(id);
    const slotsHere = jobPeer === undefined ? 0 : slotsFor(jobPeer.peer);
    slots += slotsHere;
    if (jobPeer?.costRate == null || slotsHere === 0) continue;
    knownSlots += slotsHere;
    knownRate += slotsHere * jobPeer.costRate;
    fastestRate = Math.max(fastestRate, jobPeer.costRate);
  }
  const isRestKnown = job.chunkCount !== null && knownRate > 0;
  const rate = (knownRate * slots) / knownSlots;
  return { slots, restMs: isRestKnown ? job.costLeft / rate : Number.POSITIVE_INFINITY, fastestRate };
}

/** Slots that a peer gives this leader, told from the room it offers. */
export function slotsFor(peer: PeerOfLeader): number {
  return Math.min(peer.slots, Math.ceil(peer.room / (1 + PREFETCH_PER_SLOT)));
}

/** When a running attempt should end, by its progress so far, before that by its peer's rate. */
export function foreseeEnd(state: LeaderState, attempt: Attempt, nowMs: number): void {
  const { startedMs, costDone, chunk } = attempt;
  const jobPeer = attempt.job.peers.get(attempt.peer);
  if (attempt.state !== 'started' || startedMs === null || jobPeer === undefined) return;
  const rate = costDone > 0 && nowMs > startedMs ? costDone / (nowMs - startedMs) : null;
  if (rate !== null && jobPeer.rates.length === 0) jobPeer.costRate = rate;
  const usedRate = rate ?? jobPeer.costRate;
  if (usedRate === null) return;
  attempt.expectedEndMs = nowMs + (chunk.cost - costDone) / usedRate;
  if (!attempt.isFollowed) state.ending.put(attempt);
}

/** A prefetched chunk was leased: it follows the attempt of its peer that will end first. */
export function followSoonest(state: LeaderState, peer: PeerOfLeader): void {
  let soonest: Attempt | null = null;
  for (const attempt of peer.attempts) {
    if (!state.ending.has(attempt)) continue;
    if (soonest === null || attempt.expectedEndMs < soonest.expectedEndMs) soonest = attempt;
  }
  if (soonest === null) return;
  soonest.isFollowed = true;
  state.ending.delete(soonest);
}

/** A lease ends before it began: what it was to follow may need another. */
export function unfollow(state: LeaderState, { peer }: Attempt): void {
  for (const attempt of state.peers.get(peer)?.attempts ?? []) {
    if (!attempt.isFollowed) continue;
    attempt.isFollowed = false;
    if (attempt.state === 'started') state.ending.put(attempt);
  }
}

/** Keeps the job's sum of what is left. */
export function noteCostDone(attempt: Attempt, costDone: number): void {
  attempt.job.costLeft -= costDone - attempt.costDone;
  attempt.costDone = costDone;
}
