import { predictCost } from '../estimate.ts';
import { refreshUsable } from './blame.ts';
import type { LeaderEvent } from './events.ts';
import { endLease, forgetAttempt } from './leases.ts';
import { refreshCostLeft } from './outlook.ts';
import { meetPeer } from './peers.ts';
import { type Chunk, createJob, type JobState, type LeaderState } from './state.ts';
import { putWaiting } from './waiting.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

export function submitJob(state: LeaderState, event: EventOf<'job-submitted'>): void {
  if (state.jobs.has(event.job)) return;
  const job = createJob(event);
  state.jobs.set(job.id, job);
  for (const peer of state.peers.values()) meetPeer(state, job, peer);
}

export function learnJobBuild(job: JobState, digest: string): void {
  job.digest = digest;
  for (const peer of job.peers.keys()) refreshUsable(job, peer);
}

export function findChunk(job: JobState, event: EventOf<'chunk-found'>): void {
  if (job.chunks.has(event.chunk)) return;
  const frameCount = event.endFrame - event.startFrame;
  const chunk: Chunk = {
    number: event.chunk,
    startFrame: event.startFrame,
    endFrame: event.endFrame,
    cost: predictCost(frameCount, event.complexity),
    state: 'waiting',
    attempts: new Set(),
    costLeft: 0,
    leadIn: 0,
    failures: [],
    losses: 0,
    steals: 0,
    yielded: null,
    probePeers: null,
  };
  job.chunks.set(chunk.number, chunk);
  job.tally.foundFrames += frameCount;
  putWaiting(job, chunk);
  refreshCostLeft(job, chunk);
}

/** Everything about the job goes; its peers are told by the daemon's `job-ended` message, not one by one. */
export function dropJob(state: LeaderState, job: JobState): void {
  for (const attempt of job.attempts.values()) {
    if (attempt.state === 'granted' || attempt.state === 'started') endLease(state, attempt);
    forgetAttempt(state, attempt);
  }
  state.jobs.delete(job.id);
  for (const jobPeer of job.peers.values()) state.unannounced.delete(jobPeer);
}
