import { POISON_PEERS } from '../limits.ts';
import { isAlone, peersThatFailed } from './eligible.ts';
import type { Chunk, JobState } from './state.ts';

/** Puts a chunk where it is looked for: in its order, among those not every peer may take, or with the poison. */
export function putWaiting(job: JobState, chunk: Chunk): void {
  chunk.state = 'waiting';
  if (peersThatFailed(chunk).size >= POISON_PEERS) job.poison.add(chunk);
  else if (chunk.failures.length > 0 || isAlone(chunk)) job.troubled.add(chunk);
  else {
    job.inFilmOrder.put(chunk);
    job.longestFirst.put(chunk);
    job.shortestFirst.put(chunk);
  }
}

/** Takes a chunk out of every place it may wait in. */
export function takeWaiting(job: JobState, chunk: Chunk): void {
  job.inFilmOrder.delete(chunk);
  job.longestFirst.delete(chunk);
  job.shortestFirst.delete(chunk);
  job.troubled.delete(chunk);
  job.poison.delete(chunk);
}

/** Chunks that some peer may still take. */
export function waitingCount(job: JobState): number {
  return job.inFilmOrder.size + job.troubled.size;
}
