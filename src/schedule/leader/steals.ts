import { STEAL_MARGIN, STEALS_LOOKED_AT } from '../limits.ts';
import { type Moment, maySteal } from './eligible.ts';
import { closeAttempt, releaseSlice } from './leases.ts';
import { remainingMs } from './outlook.ts';
import type { Attempt, JobPeer, JobState, LeaderState } from './state.ts';

/*
 * A steal: an idle peer, the thief, gets a chunk that another one, the victim, has not begun. The victim is asked and
 * answers yes or no. After a yes its lease is over and the chunk waits; it goes to the thief by an ordinary grant, with
 * the victim's slice where that is whole. Whatever is lost or leaves on the way, the chunk has one lease or waits.
 */

/** A lease that was not begun, and how long its victim would still need. */
export interface Stealable {
  readonly attempt: Attempt;
  readonly thereMs: number;
}

/** Unstarted leases that end last, as far as they are looked at. */
export function stealableOf(job: JobState, nowMs: number): Stealable[] {
  const stealable: Stealable[] = [];
  let looks = 0;
  for (const attempt of job.unstarted.inOrder()) {
    if (looks === STEALS_LOOKED_AT) break;
    looks += 1;
    const victim = job.peers.get(attempt.peer);
    if (victim?.costRate == null || victim.peer.isSuspect) continue;
    stealable.push({ attempt, thereMs: untilFreeMs(attempt, nowMs) + attempt.chunk.cost / victim.costRate });
  }
  return stealable;
}

/** The first that this idle peer should end clearly sooner. */
export function chooseSteal(
  stealable: readonly Stealable[],
  jobPeer: JobPeer,
  moment: Moment,
): Attempt | null {
  const { costRate, beginMs } = jobPeer;
  if (costRate === null) return null;
  for (const { attempt, thereMs } of stealable) {
    const isWorthwhile = STEAL_MARGIN * (beginMs + attempt.chunk.cost / costRate) < thereMs;
    if (isWorthwhile && maySteal(jobPeer, attempt, moment)) return attempt;
  }
  return null;
}

/** Until the slot that the lease waits for is free; a running attempt that is silent for long counts as late. */
function untilFreeMs({ follows }: Attempt, nowMs: number): number {
  return follows?.state === 'started' ? Math.max(0, remainingMs(follows, nowMs)) : 0;
}

/** By thief: what is asked for and may still come. A victim that fell silent is not waited for. */
export function asksByThief(state: LeaderState): Map<string, number> {
  const asks = new Map<string, number>();
  for (const { peer, thief } of state.asked) {
    if (thief === null || state.peers.get(peer)?.isSuspect !== false) continue;
    asks.set(thief, (asks.get(thief) ?? 0) + 1);
  }
  return asks;
}

export function noteAsked(state: LeaderState, attempt: Attempt, thief: string): void {
  if (attempt.state !== 'granted') return;
  attempt.thief = thief;
  attempt.job.unstarted.delete(attempt);
  state.asked.add(attempt);
}

/**
 * The victim gave the lease up. A whole slice stays there until the chunk's next lease has begun, or is another's. A chunk
 * is stolen once: a second time it would be chased by estimates.
 */
export function yieldLease(state: LeaderState, attempt: Attempt, hasSlice: boolean): void {
  if (attempt.state !== 'granted' || attempt.thief === null) return;
  const { job, chunk } = attempt;
  job.tally.stolenCount += 1;
  attempt.keepsSlice = hasSlice;
  chunk.isStolen = true;
  closeAttempt(state, attempt, 'cancelled', 'An idle peer took it.');
  state.closing.delete(attempt);
  if (chunk.state !== 'waiting') return releaseSlice(state, attempt);
  chunk.yielded = attempt;
  job.handovers.add(chunk);
}
