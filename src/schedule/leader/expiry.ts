import type { LeaderAction } from './actions.ts';
import { type Attempt, awakeMs, type LeaderState } from './state.ts';

/**
 * Leases whose encoders have been silent for too long, or whose peers did not answer. One that was not begun is asked for
 * first, in its own peer's name: whoever is only busy says so and gives it back, and nobody but a mute peer is blamed.
 */
export function planExpiries(state: LeaderState, nowMs: number): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const attempt of state.deadlines.inOrder()) {
    if (attempt.deadlineMs > awakeMs(state, nowMs)) break;
    const { peer } = attempt;
    const names = { job: attempt.job.id, attempt: attempt.number, peer };
    const isUnstarted = attempt.state === 'granted';
    // Nothing at all is heard of its peer, which is another matter.
    if (isUnstarted && state.peers.get(peer)?.isSuspect === true) continue;
    if (isUnstarted && !state.asked.has(attempt)) actions.push({ type: 'ask-steal', ...names, thief: peer });
    else actions.push({ type: 'expire-lease', ...names, words: wordsFor(attempt, nowMs) });
  }
  return actions;
}

function wordsFor(attempt: Attempt, nowMs: number): string {
  const sinceMs = nowMs - (attempt.startedMs ?? attempt.grantedMs);
  const seconds = Math.round(sinceMs / 1000);
  if (attempt.state === 'granted') {
    return `Within ${seconds} s the peer said nothing of it, not even whether it had begun it when it was asked.`;
  }
  return `The encoder stopped at frame ${attempt.framesEncoded}, ${seconds} s after it began.`;
}
