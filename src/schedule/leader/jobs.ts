import { byteWeight } from '../../media/byte-weight.ts';
import { predictCost } from '../estimate.ts';
import { refreshUsable } from './blame.ts';
import type { LeaderEvent } from './events.ts';
import { endLease, forgetAttempt } from './leases.ts';
import { likelyCostOf } from './likeness.ts';
import { refreshCostLeft } from './outlook.ts';
import { meetPeer } from './peers.ts';
import { type Chunk, createJob, type JobState, type LeaderState } from './state.ts';
import { putWaiting } from './waiting.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

export function submitJob(state: LeaderState, event: EventOf<'job-submitted'>): void {
  if (state.jobs.has(event.job)) return;
  state.jobs.set(event.job, createJob(event));
}

export function beginJob(state: LeaderState, job: JobState): void {
  if (job.isBegun) return;
  job.isBegun = true;
  for (const peer of state.peers.values()) meetPeer(state, job, peer);
}

export function learnJobBuild(job: JobState, digest: string): void {
  job.digest = digest;
  for (const peer of job.peers.keys()) refreshUsable(job, peer);
}

const UNTRIED = {
  trial: 0,
  state: 'waiting',
  likeness: null,
  costLeft: 0,
  leadIn: 0,
  losses: 0,
  lostWith: 0,
  lostWithMs: 0,
  ranMs: 0,
  isSuspect: false,
  steals: 0,
  yielded: null,
  probePeers: null,
  trials: null,
} as const;

export function findChunk(job: JobState, event: EventOf<'chunk-found'>): void {
  if (job.chunks.has(event.chunk)) return;
  const frameCount = event.endFrame - event.startFrame;
  const predictedCost = predictCost(frameCount, event.complexity);
  const chunk: Chunk = {
    number: event.chunk,
    startFrame: event.startFrame,
    endFrame: event.endFrame,
    predictedCost,
    byteWeight: byteWeight(frameCount, event.complexity),
    cost: predictedCost,
    ...UNTRIED,
    attempts: new Set(),
    failures: [],
  };
  chunk.cost = likelyCostOf(job, chunk);
  job.chunks.set(chunk.number, chunk);
  job.tally.foundFrames += frameCount;
  job.tally.foundWeight += chunk.byteWeight;
  if (event.isResting === true) chunk.state = 'resting';
  else putWaiting(job, chunk);
  refreshCostLeft(job, chunk);
}

/** Trials that it had already, and those of a chunk that is committed, are old news. */
export function openTrials(job: JobState, event: EventOf<'trials-opened'>): void {
  const chunk = job.chunks.get(event.chunk);
  if (chunk === undefined || chunk.state === 'committed' || chunk.state === 'appended') return;
  chunk.trials ??= new Map();
  for (const number of event.trials) {
    if (chunk.trials.has(number)) continue;
    const { startFrame, endFrame, predictedCost, byteWeight, cost, leadIn } = chunk;
    const place = { number: chunk.number, startFrame, endFrame, predictedCost, byteWeight, cost };
    const trial: Chunk = { ...place, ...UNTRIED, trial: number, leadIn, attempts: new Set(), failures: [] };
    chunk.trials.set(number, trial);
    putWaiting(job, trial);
    refreshCostLeft(job, trial);
  }
}

export function wantChunk(job: JobState, event: EventOf<'chunk-wanted'>): void {
  const chunk = job.chunks.get(event.chunk);
  if (chunk?.state !== 'resting') return;
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
