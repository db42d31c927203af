import { LIKENESS_DOUBT, LIKENESS_FADE, LIKENESS_REACH, MOST_UNLIKE } from '../limits.ts';
import { refreshCostLeft } from './outlook.ts';
import type { Chunk, JobState } from './state.ts';

/*
 * What the scan sees predicts a chunk's cost but for what its pictures are: grain, water, a crowd. Chunks near each other
 * in a film are alike in that, so each one that was encoded corrects what those near it are expected to cost.
 */

/** A chunk took so many times what was predicted: those near it that wait are expected to do so, too. */
export function learnLikeness(job: JobState, chunk: Chunk, timesPredicted: number): void {
  chunk.likeness = Math.log(Math.min(MOST_UNLIKE, Math.max(1 / MOST_UNLIKE, timesPredicted)));
  for (const near of chunksNear(job, chunk.number)) {
    if (near.state !== 'waiting') continue;
    near.cost = likelyCostOf(job, near);
    for (const order of [job.longestFirst, job.shortestFirst]) if (order.has(near)) order.put(near);
    refreshCostLeft(job, near);
  }
}

/** In still frames, by what the scan saw and what chunks near it took; a whole number. */
export function likelyCostOf(job: JobState, { number, predictedCost }: Chunk): number {
  let sum = 0;
  let weight = LIKENESS_DOUBT;
  for (const { likeness, number: other } of chunksNear(job, number)) {
    if (likeness === null) continue;
    const share = LIKENESS_FADE ** Math.abs(other - number);
    sum += share * likeness;
    weight += share;
  }
  return Math.max(1, Math.round(predictedCost * Math.exp(sum / weight)));
}

function* chunksNear(job: JobState, number: number): Generator<Chunk, void, undefined> {
  for (let other = number - LIKENESS_REACH; other <= number + LIKENESS_REACH; other += 1) {
    const chunk = job.chunks.get(other);
    if (chunk !== undefined) yield chunk;
  }
}
