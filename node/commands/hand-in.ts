import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JobView, SubmitRequest } from '../../src/protocol/control-api.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { NoVideoError } from '../no-video.ts';
import { sentenceOf } from '../sentence.ts';
import type { Display } from './display.ts';
import type { Aside, PlannedOutput } from './plan-outputs.ts';

/** A file that is to become a job. */
export type Wish = PlannedOutput & Omit<SubmitRequest, 'input' | 'output'>;

/** What became of a wish: its job, or why it was refused, or neither when it was not begun. */
export interface Outcome {
  readonly wish: Wish;
  readonly job: JobView | null;
  readonly refusal: Aside | null;
}

/**
 * Jobs of one command that are under way at once. The next ones are inspected and scanned while the first is encoded,
 * so the machines never wait; a folder of a thousand films neither fills the disk with scans nor `jobs` with lines.
 */
const JOBS_AHEAD = 4;

/** Makes the output's folder where that is ours to do, and hands the wish in. Rejects with a sentence. */
export async function handIn(
  daemon: DaemonApi,
  wish: Wish,
): Promise<{ readonly job: JobView; readonly isAttached: boolean }> {
  const { isNamed: _, makesFolder, ...request } = wish;
  if (makesFolder) await mkdir(dirname(wish.output), { recursive: true });
  return daemon.submit(request);
}

/** What it means that a wish was refused: a file that was found in a folder need not be a video. */
export function refusalOf({ isNamed }: Wish, error: unknown): Aside {
  const reason = sentenceOf(error);
  return error instanceof NoVideoError && !isNamed
    ? { result: 'skipped', reason: `no video: ${reason}` }
    : { result: 'failed', reason };
}

/**
 * Hands the wishes in, in order, and shows each job until it is over; one that is refused does not keep the others
 * from being encoded. Ctrl-C stops those that run, resumable, and begins no more.
 */
export async function followAll(
  daemon: DaemonApi,
  wishes: readonly Wish[],
  interrupted: AbortSignal,
  display: Display,
  onRefused: (wish: Wish, refusal: Aside) => void,
): Promise<readonly Outcome[]> {
  const running = new Set<string>();
  const open = new Set<Promise<void>>();
  const outcomes: Outcome[] = [];
  const stop = (): void => {
    display.say(
      'Stopping; what is encoded is kept, and the same command goes on from there. Press Ctrl-C again to end at once.',
    );
    for (const id of running) stopJob(daemon, id, display);
  };
  const follow = async (wish: Wish, job: JobView): Promise<void> => {
    outcomes.push({ wish, job: await followJob(daemon, job, display), refusal: null });
  };
  if (interrupted.aborted) stop();
  interrupted.addEventListener('abort', stop);
  try {
    for (const wish of wishes) {
      while (open.size >= JOBS_AHEAD) await Promise.race(open);
      // One after the other: they are encoded in the order in which they arrive.
      if (interrupted.aborted) {
        outcomes.push({ wish, job: null, refusal: null });
        continue;
      }
      try {
        const { job, isAttached } = await handIn(daemon, wish);
        if (isAttached) display.say(`Job ${job.id} of the same command runs already; this shows it.`);
        running.add(job.id);
        if (interrupted.aborted) stopJob(daemon, job.id, display);
        const one: Promise<void> = follow(wish, job).finally(() => open.delete(one));
        open.add(one);
      } catch (error) {
        const refusal = refusalOf(wish, error);
        outcomes.push({ wish, job: null, refusal });
        onRefused(wish, refusal);
      }
    }
    await Promise.all(open);
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
  return outcomes;
}

function stopJob(daemon: DaemonApi, id: string, display: Display): void {
  daemon.stop(id).catch((error: unknown) => display.say(sentenceOf(error)));
}

async function followJob(daemon: DaemonApi, job: JobView, display: Display): Promise<JobView> {
  let last = job;
  for await (const event of daemon.follow(job.id, new AbortController().signal)) {
    display.show(event);
    if (event.type === 'job') last = event.job;
  }
  return last;
}
