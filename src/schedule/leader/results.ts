import { noteFrames } from './attempts.ts';
import { forgiveStrike } from './blame.ts';
import type { LeaderEvent } from './events.ts';
import { closeAttempt, endLease, renewLease, takeYielded } from './leases.ts';
import { refreshCostLeft } from './outlook.ts';
import { learnFromFinished } from './pace.ts';
import type { Attempt, Chunk, JobState, LeaderState } from './state.ts';
import { takeWaiting } from './waiting.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

/*
 * The way of a result: encoded (it lies with the peer) → fetching → fetched (it lies here) → proving → committed.
 * Each step is bounded by `planLeader`; an attempt that fails on the way is closed from whatever step it is at.
 */

export function noteEncoded(state: LeaderState, attempt: Attempt, event: EventOf<'attempt-encoded'>): void {
  if (attempt.state !== 'granted' && attempt.state !== 'started') return;
  const frameCount = attempt.chunk.endFrame - attempt.chunk.startFrame;
  noteFrames(state, attempt, frameCount, event.nowMs);
  learnFromFinished(state, attempt, event.nowMs);
  endLease(state, attempt);
  attempt.state = 'encoded';
  attempt.costLeft = 0;
  refreshCostLeft(attempt.job, attempt.chunk);
  attempt.bytes = event.bytes;
  state.encoded.add(attempt);
}

export function noteFetching(state: LeaderState, attempt: Attempt, nowMs: number): void {
  if (attempt.state !== 'encoded') return;
  state.encoded.delete(attempt);
  attempt.state = 'fetching';
  attempt.fetchCount += 1;
  state.fetching.add(attempt);
  renewLease(state, attempt, nowMs);
}

export function noteFetched(state: LeaderState, attempt: Attempt): void {
  if (attempt.state !== 'fetching') return;
  state.fetching.delete(attempt);
  state.deadlines.delete(attempt);
  attempt.state = 'fetched';
  state.fetched.add(attempt);
}

export function noteProving(state: LeaderState, attempt: Attempt): void {
  if (attempt.state !== 'fetched') return;
  state.fetched.delete(attempt);
  attempt.state = 'proving';
  state.proving.add(attempt);
}

/** A proven result is in the store. Whatever else was tried for this chunk is cancelled. */
export function commitChunk(state: LeaderState, job: JobState, event: EventOf<'chunk-committed'>): void {
  const chunk = job.chunks.get(event.chunk);
  if (chunk === undefined || chunk.state === 'committed' || chunk.state === 'appended') return;
  takeWaiting(job, chunk);
  takeYielded(state, chunk, null);
  chunk.state = 'committed';
  const winner = event.attempt === null ? undefined : job.attempts.get(event.attempt);
  countCommitted(job, chunk, winner, event.bytes);
  for (const attempt of [...chunk.attempts]) {
    if (attempt === winner) closeAttempt(state, attempt, 'accepted', '');
    else closeAttempt(state, attempt, 'cancelled', 'Another result of this chunk was committed.');
  }
  refreshCostLeft(job, chunk);
  if (winner !== undefined) forgiveStrike(job, winner.peer);
}

function countCommitted(job: JobState, chunk: Chunk, winner: Attempt | undefined, bytes: number): void {
  const { tally } = job;
  const frameCount = chunk.endFrame - chunk.startFrame;
  tally.committedCount += 1;
  tally.committedFrames += frameCount;
  tally.committedBytes += bytes;
  if (winner === undefined) {
    tally.reusedCount += 1;
    return;
  }
  const done = tally.byPeer.get(winner.peer) ?? { chunkCount: 0, frameCount: 0 };
  tally.byPeer.set(winner.peer, {
    chunkCount: done.chunkCount + 1,
    frameCount: done.frameCount + frameCount,
  });
}
