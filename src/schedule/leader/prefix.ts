import type { LeaderAction } from './actions.ts';
import type { JobState } from './state.ts';

/** The output grows strictly in film order, one chunk at a time. */
export function planAppend(job: JobState): LeaderAction | null {
  if (job.appending !== null || job.isFinishing) return null;
  if (job.chunks.get(job.nextAppend)?.state !== 'committed') return null;
  return { type: 'append-chunk', job: job.id, chunk: job.nextAppend };
}

export function noteAppending(job: JobState, chunk: number): void {
  if (chunk === job.nextAppend && job.chunks.get(chunk)?.state === 'committed') job.appending = chunk;
}

export function noteAppended(job: JobState, number: number): void {
  const chunk = job.chunks.get(number);
  if (number !== job.nextAppend || chunk?.state !== 'committed') return;
  chunk.state = 'appended';
  job.appending = null;
  job.nextAppend = number + 1;
}
