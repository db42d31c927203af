import { WORK_CREDIT_MS } from '../limits.ts';
import type { HeldAttempt, LeaderOfPeer, PeerState } from './state.ts';

/*
 * What each leader has had of this machine: slots times milliseconds of encoding. Who had least goes first, so that a
 * leader with long chunks gets no more of it than one with short ones. Time in which a leader wanted nothing gives no claim.
 */

/** What this leader has had until now, by what was encoded and what runs. */
export function workMsOf(leader: LeaderOfPeer, nowMs: number): number {
  let { workMs } = leader;
  for (const attempt of leader.places.working) workMs += runMsOf(attempt, nowMs);
  return workMs;
}

/** The attempt's child is gone: its time is its leader's, and nobody who waits is owed more than WORK_CREDIT_MS. */
export function countWork(state: PeerState, attempt: HeldAttempt, nowMs: number): void {
  const leader = state.leaders.get(attempt.name.leader);
  if (leader === undefined || !attempt.hasChild) return;
  leader.workMs += runMsOf(attempt, nowMs);
  for (const other of state.leaders.values()) {
    other.workMs = Math.max(other.workMs, leader.workMs - WORK_CREDIT_MS);
  }
}

/** A leader that wanted nothing until now begins where the one that had least of those at work is. */
export function joinWork(state: PeerState, leader: LeaderOfPeer, nowMs: number): void {
  if (state.places.held.size === 0 || leader.places.held.size > 0) return;
  let least = Number.POSITIVE_INFINITY;
  for (const other of state.leaders.values()) {
    if (other.places.held.size > 0) least = Math.min(least, workMsOf(other, nowMs));
  }
  if (least < Number.POSITIVE_INFINITY) leader.workMs = Math.max(leader.workMs, least);
}

function runMsOf({ startedMs }: HeldAttempt, nowMs: number): number {
  return startedMs === null ? 0 : Math.max(0, nowMs - startedMs);
}
