import { MEASURE_PATIENCE_MS, NEWCOMERS_MS } from '../limits.ts';
import type { LeaderAction } from './actions.ts';
import { isAnyoneLeftOut } from './blame.ts';
import { isPoison } from './eligible.ts';
import type { Chunk, JobState } from './state.ts';
import { waitingCount } from './waiting.ts';

/** Whether the job is over: everything is in the output, or nothing that is left to do can be done. */
export function planEnd(job: JobState, nowMs: number): LeaderAction | null {
  if (job.isFinishing || job.appending !== null) return null;
  if (job.nextAppend === job.chunkCount) return { type: 'finish-job', job: job.id };
  if (job.openAttemptCount > 0) return null;
  const isNothingLeft = waitingCount(job) + job.poison.size === 0;
  // Without a build no chunk is offered: nothing is left, and nothing is begun.
  if (isNothingLeft && job.digest !== null) return null;
  const reason = isNothingLeft ? whyNobodyIsAble(job, nowMs) : whyHopeless(job, nowMs);
  return reason === null ? null : { type: 'fail-job', job: job.id, reason };
}

/** Only asked when no attempt is open, so walking the troubled chunks happens at the end alone. */
function whyHopeless(job: JobState, nowMs: number): string | null {
  const unable = whyNobodyIsAble(job, nowMs);
  if (unable !== null) return unable;
  const mayGrow = mayAnotherPeerHelp(job, nowMs);
  if (waitingCount(job) > 0 && job.usable.size === 0 && !mayGrow && isAnyoneLeftOut(job)) {
    return wordsForNobodyLeft(job);
  }
  if (job.chunkCount === null || job.inFilmOrder.size > 0) return null;
  if (job.chunks.get(job.nextAppend)?.state === 'committed') return null;
  const stuck = [...job.troubled].filter((chunk) => isPoison(job, chunk));
  if (stuck.length < job.troubled.size || (stuck.length > 0 && mayGrow)) return null;
  return wordsForPoison([...job.poison, ...stuck]);
}

function whyNobodyIsAble(job: JobState, nowMs: number): string | null {
  if (nowMs < job.submittedMs + NEWCOMERS_MS || !isNobodyAble(job)) return null;
  return mayAnotherPeerHelp(job, nowMs) ? null : wordsForNobodyAble(job);
}

function mayAnotherPeerHelp(job: JobState, nowMs: number): boolean {
  for (const { announcedMs } of job.unanswered) {
    if (announcedMs === null || nowMs < announcedMs + MEASURE_PATIENCE_MS) return true;
  }
  return false;
}

/** Every peer, the leader's own machine included, said that it cannot do what the job asks for. */
function isNobodyAble({ peers }: JobState): boolean {
  if (peers.size === 0) return false;
  for (const { unavailable } of peers.values()) if (unavailable === null) return false;
  return true;
}

function wordsForNobodyAble({ peers }: JobState): string {
  const words = new Set([...peers.values()].map(({ unavailable }) => unavailable));
  return `No machine that was met can do what this job asks for. ${[...words].join(' ')}`;
}

function wordsForPoison(chunks: readonly Chunk[]): string {
  const [first] = [...chunks].sort((a, b) => a.number - b.number);
  if (first === undefined) return '';
  const others = chunks.length === 1 ? '' : ` and ${chunks.length - 1} more`;
  const peers = [...new Set(first.failures.map((failure) => failure.peer))].join(', ');
  return (
    `Chunk ${first.number} (frames ${first.startFrame} to ${first.endFrame - 1})${others} could not be encoded; ` +
    `it failed ${first.failures.length} times, on ${peers}: ${asSentence(first.failures.at(-1)?.words ?? '')} ` +
    'Everything else is kept: submit again to try only what is missing.'
  );
}

/** An encoder's own words may end anywhere. */
function asSentence(words: string): string {
  const text = words.trimEnd();
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}

function wordsForNobodyLeft(job: JobState): string {
  const words = [...job.blames].map(([peer, blame]) => `${peer}: ${asSentence(blame.words)}`);
  return (
    `Every peer that could encode this job failed too often. ${words.join(' ')} ` +
    'What is done is kept: submit again when that is mended.'
  );
}
