import { AWAY_KEPT } from '../limits.ts';
import type { LeaderEvent } from './events.ts';
import { noteLoss } from './failing.ts';
import {
  closeAttempt,
  enterAttempt,
  forgetAttempt,
  holdLease,
  renewLease,
  takeYielded,
  withdrawAttempt,
} from './leases.ts';
import { foreseeEnd, foreseeUnstarted } from './outlook.ts';
import type { Attempt, LeaderState, PeerOfLeader } from './state.ts';

/*
 * A peer that is gone may come back with what it encoded meanwhile. Until then its attempts are away: no leases, not
 * open, their chunks wait or are with others. A result that lies there is asked for as soon as the peer is back; what
 * ran is taken up again by the first word about it. Whoever is first with a proven result, counts.
 */

type AttemptEvent = Extract<LeaderEvent, { job: string; attempt: number }>;

/** The attempt's peer is gone and may come back. */
export function sendAway(state: LeaderState, attempt: Attempt): void {
  noteLoss(attempt);
  withdrawAttempt(state, attempt);
  attempt.state = 'away';
  attempt.hasBeenAway = true;
  attempt.thief = null;
  attempt.reason = 'The peer left.';
  const others = state.away.get(attempt.peer) ?? new Set();
  state.away.set(attempt.peer, others.add(attempt));
  const [oldest] = others;
  if (oldest !== undefined && others.size > AWAY_KEPT) forgetAttempt(state, oldest);
}

/**
 * The peer is back: results that lie there count if they are still needed, what others brought meanwhile is cancelled. What
 * should still run there has as long to say a word as any lease, or an encoder that hangs would keep its slot for ever.
 */
export function reviewAway(state: LeaderState, peer: PeerOfLeader, nowMs: number): void {
  for (const attempt of [...(state.away.get(peer.id) ?? [])]) {
    if (!isOpen(attempt)) cancelAway(state, attempt);
    else if (isEncoded(attempt)) takeUp(state, attempt, peer, nowMs);
    else renewLease(state, attempt, nowMs);
  }
}

/** The peer is gone, maybe again: nothing can be heard of what is away there. */
export function waitForAway(state: LeaderState, peer: string): void {
  const attempts = state.away.get(peer) ?? new Set();
  state.away.set(peer, attempts);
  for (const attempt of attempts) state.deadlines.delete(attempt);
}

/** Everybody who is to hear of the end of a job: who is away hears of it once back. */
export function reachablePeers({ peers, away }: LeaderState): Set<string> {
  return new Set([...peers.keys(), ...away.keys()]);
}

/** The peer will not come back. */
export function dropAway(state: LeaderState, peer: string): void {
  for (const attempt of [...(state.away.get(peer) ?? [])]) forgetAttempt(state, attempt);
  state.away.delete(peer);
}

/** Something is said of an attempt that is away. True when it is taken up, and the event is to be recorded. */
export function hearOfAway(state: LeaderState, attempt: Attempt, event: AttemptEvent): boolean {
  const peer = state.peers.get(attempt.peer);
  switch (event.type) {
    case 'attempt-started':
    case 'attempt-progress':
    case 'attempt-encoded':
      if (peer === undefined) return false;
      if (isOpen(attempt)) takeUp(state, attempt, peer, event.nowMs);
      else cancelAway(state, attempt);
      return attempt.state !== 'over';
    case 'attempt-failed':
      // Our own transfer broke off with the connection.
      if (event.cause !== 'transfer') closeAttempt(state, attempt, 'cancelled', event.words);
      return false;
    case 'lease-returned':
      forgetAttempt(state, attempt);
      return false;
    default:
      return false;
  }
}

/** Whoever was given the chunk meanwhile and has not begun it need not. */
function takeUp(state: LeaderState, attempt: Attempt, peer: PeerOfLeader, nowMs: number): void {
  state.away.get(peer.id)?.delete(attempt);
  state.deadlines.delete(attempt);
  for (const other of [...attempt.chunk.attempts]) {
    if (other.state !== 'granted') continue;
    closeAttempt(state, other, 'cancelled', 'A peer that had begun this chunk is back.');
  }
  takeYielded(state, attempt.chunk, null);
  attempt.fetchCount = 0;
  if (isEncoded(attempt)) {
    attempt.state = 'encoded';
    state.encoded.add(attempt);
    enterAttempt(attempt, peer);
    return;
  }
  attempt.state = attempt.startedMs === null ? 'granted' : 'started';
  enterAttempt(attempt, peer);
  holdLease(state, attempt, peer);
  if (attempt.state === 'granted') foreseeUnstarted(attempt, nowMs);
  else foreseeEnd(state, attempt, nowMs);
  renewLease(state, attempt, nowMs);
}

function cancelAway(state: LeaderState, attempt: Attempt): void {
  closeAttempt(state, attempt, 'cancelled', 'Another result of this chunk was committed.');
}

function isOpen({ chunk }: Attempt): boolean {
  return chunk.state === 'waiting' || chunk.state === 'leased';
}

/** Its peer has said so; no result is empty. */
function isEncoded({ bytes }: Attempt): boolean {
  return bytes > 0;
}
