import { UNSTARTED_MS } from '../limits.ts';
import type { LeaderAction } from './actions.ts';
import { type Attempt, awakeMs, type LeaderState } from './state.ts';

/** Leases whose peers have been silent for too long. */
export function planExpiries(state: LeaderState, nowMs: number): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const attempt of state.deadlines.inOrder()) {
    if (attempt.deadlineMs > awakeMs(state, nowMs)) break;
    if (hasLivelyPeer(state, attempt, nowMs)) continue;
    actions.push({
      type: 'expire-lease',
      job: attempt.job.id,
      attempt: attempt.number,
      peer: attempt.peer,
      words: wordsFor(attempt, nowMs),
    });
  }
  return actions;
}

/** A lease that waits behind another lives as long as that one shows signs of life. */
function hasLivelyPeer(state: LeaderState, attempt: Attempt, nowMs: number): boolean {
  const lastSignMs = state.peers.get(attempt.peer)?.lastSignMs ?? 0;
  return attempt.state === 'granted' && awakeMs(state, nowMs) < lastSignMs + UNSTARTED_MS;
}

function wordsFor(attempt: Attempt, nowMs: number): string {
  const sinceMs = nowMs - (attempt.startedMs ?? attempt.grantedMs);
  const seconds = Math.round(sinceMs / 1000);
  if (attempt.state === 'granted')
    return `The peer had not begun it after ${seconds} s, nor anything before it.`;
  return `The encoder stopped at frame ${attempt.framesEncoded}, ${seconds} s after it began.`;
}
