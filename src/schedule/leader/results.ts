import { noteFrames } from './attempts.ts';
import { clearPeers, forgiveStrike, settleDoubts } from './blame.ts';
import type { LeaderEvent } from './events.ts';
import { noteRetry } from './failing.ts';
import { closeAttempt, endLease, takeYielded } from './leases.ts';
import { refreshCostLeft } from './outlook.ts';
import { learnFromFinished } from './pace.ts';
import type { Attempt, Chunk, JobState, LeaderState } from './state.ts';
import { takeWaiting } from './waiting.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

/*
 * The way of a result: encoded (it lies with the peer) → fetching → fetched (it lies here) → proving → committed,
 * or kept as a probe, and its chunk waits again.
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

/** Nothing expires meanwhile, however long it takes: a transfer that stands still breaks off by itself. */
export function noteFetching(state: LeaderState, attempt: Attempt): void {
  if (attempt.state !== 'encoded') return;
  state.encoded.delete(attempt);
  attempt.state = 'fetching';
  attempt.fetchCount += 1;
  state.fetching.add(attempt);
}

export function noteFetched(state: LeaderState, attempt: Attempt): void {
  if (attempt.state !== 'fetching') return;
  state.fetching.delete(attempt);
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
  const winner = event.attempt === null ? undefined : job.attempts.get(event.attempt);
  countCommitted(job, chunk, event, winner?.peer);
  settleDoubts(job, winner?.chunk ?? chunk, winner?.peer, event.choice?.quality);
  const verdict = {
    next: 'committed',
    winner,
    words: 'Another result of this chunk was committed.',
  } as const;
  for (const trial of chunk.trials?.values() ?? []) endTrying(state, job, trial, verdict);
  chunk.trials = null;
  endTrying(state, job, chunk, verdict);
  if (winner !== undefined) forgiveStrike(job, winner.peer);
}

/** The chunk is to be encoded again, at a quality that its leader chooses, or rests; a trial beside it is over. */
export function keepProbe(state: LeaderState, job: JobState, event: EventOf<'probe-kept'>): void {
  const chunk = job.chunks.get(event.chunk);
  const probe = job.attempts.get(event.attempt);
  if (chunk === undefined || probe === undefined || !probe.chunk.attempts.has(probe)) return;
  chunk.probePeers ??= new Map();
  chunk.probePeers.set(probe.number, probe.peer);
  job.tally.probeCount += 1;
  const tried = probe.chunk;
  tried.steals = 0;
  if (event.isRefused === true) {
    clearPeers(job, tried);
    tried.failures.length = 0;
  } else settleDoubts(job, tried, probe.peer, event.quality);
  const again = event.isResting === true ? 'resting' : 'waiting';
  const next = tried === chunk ? again : 'committed';
  if (tried !== chunk) chunk.trials?.delete(tried.trial);
  endTrying(state, job, tried, { next, winner: probe, words: 'Another result of this chunk was scored.' });
  forgiveStrike(job, probe.peer);
}

/** The encoder is at fault, so the chunk is as good as untried: at another quality it may be well anywhere. */
export function noteSpoiled(state: LeaderState, job: JobState, event: EventOf<'result-spoiled'>): void {
  const spoiled = job.attempts.get(event.attempt);
  const tried = spoiled?.chunk;
  if (spoiled === undefined || tried === undefined || !tried.attempts.has(spoiled)) return;
  noteRetry(job, spoiled, 'result', event.words);
  clearPeers(job, tried);
  tried.failures.length = 0;
  tried.steals = 0;
  for (const attempt of [...tried.attempts]) {
    if (attempt === spoiled) closeAttempt(state, attempt, 'refused', event.words);
    else closeAttempt(state, attempt, 'cancelled', 'The chunk is encoded at another quality.');
  }
  refreshCostLeft(job, tried);
}

/** Its attempts are over, whatever they were at; of a leased chunk that is to wait, the last one to go sees to it. */
function endTrying(
  state: LeaderState,
  job: JobState,
  chunk: Chunk,
  verdict: {
    readonly next: 'waiting' | 'resting' | 'committed';
    readonly winner: Attempt | undefined;
    readonly words: string;
  },
): void {
  const { next, winner, words } = verdict;
  if (next !== 'waiting') {
    takeWaiting(job, chunk);
    takeYielded(state, chunk, null);
    chunk.state = next;
  }
  for (const attempt of [...chunk.attempts]) {
    if (attempt === winner) closeAttempt(state, attempt, 'accepted', '');
    else closeAttempt(state, attempt, 'cancelled', words);
  }
  refreshCostLeft(job, chunk);
}

/** @param peer of the attempt that made the result, unless it was kept as a probe before or is not of this run. */
function countCommitted(
  { tally }: JobState,
  chunk: Chunk,
  { attempt, bytes }: EventOf<'chunk-committed'>,
  peer: string | undefined,
): void {
  const frameCount = chunk.endFrame - chunk.startFrame;
  tally.committedCount += 1;
  tally.committedFrames += frameCount;
  tally.committedBytes += bytes;
  tally.committedWeight += chunk.byteWeight;
  const maker = peer ?? chunk.probePeers?.get(attempt ?? -1);
  if (maker === undefined) {
    tally.reusedCount += 1;
    return;
  }
  const done = tally.byPeer.get(maker) ?? { chunkCount: 0, frameCount: 0 };
  tally.byPeer.set(maker, {
    chunkCount: done.chunkCount + 1,
    frameCount: done.frameCount + frameCount,
  });
}
