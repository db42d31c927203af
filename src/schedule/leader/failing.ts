import { FETCHES_PER_RESULT, MAX_LEAD_IN, RETRIES_KEPT } from '../limits.ts';
import { blamePeer, blameSilence, doubtPeer, forgetOtherQualities } from './blame.ts';
import { closeAttempt } from './leases.ts';
import { isBeyondChance } from './losses.ts';
import type { Attempt, ChunkFailure, JobState, LeaderState, Retry } from './state.ts';

/** What follows from an attempt that failed. */
export function failAttempt(
  state: LeaderState,
  attempt: Attempt,
  failure: Omit<ChunkFailure, 'peer'> & { readonly nowMs: number },
): void {
  if (attempt.state === 'over') return;
  if (failure.cause === 'transfer' && isWorthFetchingAgain(attempt)) {
    state.fetching.delete(attempt);
    attempt.state = 'encoded';
    state.encoded.add(attempt);
    return;
  }
  const { job, chunk } = attempt;
  const wasUnstarted = attempt.state === 'granted';
  noteRetry(job, attempt, failure.cause, failure.words);
  if (failure.cause === 'frames' && attempt.leadIn < MAX_LEAD_IN) {
    chunk.leadIn = Math.max(chunk.leadIn, attempt.leadIn + 1);
    doubtPeer(job, attempt, failure.words, failure.nowMs);
  } else if (wasUnstarted && failure.cause === 'expired') {
    // A lease that was never begun says nothing about its chunk.
    blameSilence(job, attempt.peer, failure.words, failure.nowMs);
  } else {
    const { cause, words, quality } = failure;
    const blamed = { peer: attempt.peer, cause, words, quality };
    if (quality !== undefined) forgetOtherQualities(job, chunk, quality);
    chunk.failures.push(blamed);
    blamePeer(job, attempt, blamed, failure.nowMs);
  }
  closeAttempt(state, attempt, failure.cause === 'result' ? 'refused' : 'cancelled', failure.words);
}

/**
 * The peer went away with the lease. Not the chunk's failure, unless it was encoded alone because peers were lost on it
 * time after time, and still more than by chance: then the chunk is what takes them down.
 */
export function loseAttempt(state: LeaderState, attempt: Attempt): void {
  noteLoss(attempt);
  attempt.isOrphaned = true;
  closeAttempt(state, attempt, 'cancelled', 'The peer left.');
}

/** A peer is gone that had the attempt. */
export function noteLoss(attempt: Attempt): void {
  const { job, chunk } = attempt;
  const wasStarted = attempt.state === 'started';
  noteRetry(job, attempt, 'left', 'The peer left.');
  if (wasStarted && attempt.isAlone && isBeyondChance(job, chunk)) {
    const words = `The peer was lost while it encoded this chunk alone, after ${chunk.losses - 1} others were.`;
    chunk.failures.push({ peer: attempt.peer, cause: 'peer', words });
  }
}

/** Remembers why a chunk is tried again, the latest RETRIES_KEPT of them. */
export function noteRetry(job: JobState, attempt: Attempt, cause: Retry['cause'], words: string): void {
  const { tally } = job;
  tally.retryCount += 1;
  tally.retries.push({
    chunk: attempt.chunk.number,
    attempt: attempt.number,
    peer: attempt.peer,
    cause,
    words,
  });
  if (tally.retries.length > RETRIES_KEPT) tally.retries.shift();
}

function isWorthFetchingAgain(attempt: Attempt): boolean {
  return attempt.state === 'fetching' && attempt.fetchCount < FETCHES_PER_RESULT && !attempt.isOrphaned;
}
