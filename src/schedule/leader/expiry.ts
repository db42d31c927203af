import { UNSTARTED_MS } from '../limits.ts';
import type { LeaderAction } from './actions.ts';
import { type Attempt, awakeMs, type LeaderState } from './state.ts';

/** Leases whose peers have been silent for too long, or did not answer. */
export function planExpiries(state: LeaderState, nowMs: number): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const attempt of state.deadlines.inOrder()) {
    if (attempt.deadlineMs > awakeMs(state, nowMs)) break;
    if (state.asked.has(attempt) ? isSuspect(state, attempt) : hasLivelyPeer(state, attempt, nowMs)) continue;
    actions.push({
      type: 'expire-lease',
      job: attempt.job.id,
      attempt: attempt.number,
      peer: attempt.peer,
      words: wordsFor(state, attempt, nowMs),
    });
  }
  return actions;
}

/** Nothing at all is heard of its peer, which is another matter. */
function isSuspect({ peers }: LeaderState, { peer }: Attempt): boolean {
  return peers.get(peer)?.isSuspect === true;
}

/** A lease that waits behind another lives as long as that one shows signs of life. */
function hasLivelyPeer(state: LeaderState, attempt: Attempt, nowMs: number): boolean {
  const lastSignMs = state.peers.get(attempt.peer)?.lastSignMs ?? 0;
  return attempt.state === 'granted' && awakeMs(state, nowMs) < lastSignMs + UNSTARTED_MS;
}

function wordsFor(state: LeaderState, attempt: Attempt, nowMs: number): string {
  const sinceMs = nowMs - (attempt.startedMs ?? attempt.grantedMs);
  const seconds = Math.round(sinceMs / 1000);
  if (state.asked.has(attempt)) {
    return `Within ${seconds} s the peer said nothing of it, not even whether it had begun it when it was asked.`;
  }
  if (attempt.state === 'granted')
    return `The peer had not begun it after ${seconds} s, nor anything before it.`;
  return `The encoder stopped at frame ${attempt.framesEncoded}, ${seconds} s after it began.`;
}
