import { ANSWER_MS, BEGIN_PATIENCE_MS, PATIENCE_GROWTH, STEAL_MARGIN, STEALS_LOOKED_AT } from '../limits.ts';
import { type Moment, mayAskFor, maySteal, triesOn } from './eligible.ts';
import { closeAttempt, releaseSlice } from './leases.ts';
import { remainingMs } from './outlook.ts';
import { type Attempt, awakeMs, type Chunk, type JobPeer, type JobState, type LeaderState } from './state.ts';

/*
 * A steal: an idle peer, the thief, gets a chunk that another one, the victim, has not begun. The victim is asked and
 * answers yes or no. After a yes its lease is over and the chunk waits; it goes to the thief by an ordinary grant, with
 * the victim's slice where that is whole. Whatever is lost or leaves on the way, the chunk has one lease or waits.
 * A victim that is heard and does not answer holds its leases up for nothing: the one that was asked for is over.
 */

/** A lease that was not begun, and how long its victim would still need. */
export interface Stealable {
  readonly attempt: Attempt;
  readonly thereMs: number;
  /** It should have been begun long ago. */
  readonly isLate: boolean;
}

/** Unstarted leases that end last, as far as they are looked at. */
export function stealableOf(job: JobState, averageRate: number, nowMs: number): Stealable[] {
  const stealable: Stealable[] = [];
  let looks = 0;
  for (const attempt of job.unstarted.inOrder()) {
    if (looks === STEALS_LOOKED_AT) break;
    looks += 1;
    const victim = job.peers.get(attempt.peer);
    if (victim === undefined || victim.peer.isSuspect) continue;
    const { chunk, dueMs } = attempt;
    // Whoever was waited for so long may need as long again.
    const lateMs = nowMs - dueMs;
    const isLate = lateMs > BEGIN_PATIENCE_MS * PATIENCE_GROWTH ** chunk.steals;
    if (!isLate && (victim.costRate === null || chunk.steals > 0)) continue;
    const foreseenMs = untilFreeMs(attempt, nowMs) + encodeMs(chunk, victim.costRate ?? averageRate);
    stealable.push({ attempt, thereMs: isLate ? Math.max(foreseenMs, lateMs) : foreseenMs, isLate });
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
  for (const { attempt, thereMs, isLate } of stealable) {
    const hereMs = beginMs + encodeMs(attempt.chunk, costRate ?? moment.outlook.averageRate);
    if (STEAL_MARGIN * hereMs >= thereMs || (costRate === null && !isLate)) continue;
    if (maySteal(jobPeer, attempt, moment) || (isLate && mayAskFor(jobPeer, attempt, moment))) return attempt;
  }
  return null;
}

/** None where nobody has shown anything: there is nothing to compare. */
function encodeMs({ cost }: Chunk, rate: number): number {
  return rate > 0 ? cost / rate : 0;
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

export function noteAsked(
  state: LeaderState,
  attempt: Attempt,
  { thief, nowMs }: { readonly thief: string; readonly nowMs: number },
): void {
  if (attempt.state !== 'granted') return;
  attempt.thief = thief;
  attempt.job.unstarted.delete(attempt);
  state.asked.add(attempt);
  awaitAnswer(state, attempt, nowMs);
}

/** From now on its lease is over in ANSWER_MS. */
export function awaitAnswer(state: LeaderState, attempt: Attempt, nowMs: number): void {
  attempt.deadlineMs = awakeMs(state, nowMs) + ANSWER_MS;
  state.deadlines.put(attempt);
}

/**
 * The victim gave the lease up. A whole slice stays there until the chunk's next lease has begun, or is another's; where no
 * thief was named, or one that may not try the chunk, it is not needed, and slices that nobody comes for would take the
 * victim's room. By estimates a chunk is stolen once, or they would chase it.
 */
export function yieldLease(state: LeaderState, attempt: Attempt, hasSlice: boolean): void {
  if (attempt.state !== 'granted' || attempt.thief === null) return;
  const { job, chunk } = attempt;
  chunk.steals += 1;
  if (attempt.thief === attempt.peer) {
    closeAttempt(state, attempt, 'cancelled', 'It was not begun for long.');
    return;
  }
  if (triesOn(chunk, attempt.thief) > 0) {
    closeAttempt(state, attempt, 'cancelled', 'It was not begun for long, and goes to whoever may try it.');
    return;
  }
  job.tally.stolenCount += 1;
  attempt.keepsSlice = hasSlice;
  closeAttempt(state, attempt, 'cancelled', 'An idle peer took it.');
  state.closing.delete(attempt);
  if (chunk.state !== 'waiting') return releaseSlice(state, attempt);
  chunk.yielded = attempt;
  job.handovers.add(chunk);
}
