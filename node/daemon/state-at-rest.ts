import { rm, stat } from 'node:fs/promises';
import type { CacheView, JobView } from '../../src/protocol/control-api.ts';
import { createLeader } from '../../src/schedule/leader/state.ts';
import type { Cache } from '../storage/cache.ts';
import { openStateDirectory } from '../storage/state-directory.ts';
import { type StatePaths, statePaths } from '../storage/state-paths.ts';
import type { DaemonAtRest } from './daemon-api.ts';
import { findJob, type Job, rememberedJob } from './job.ts';
import { JobBook } from './job-book.ts';
import { temporaryPathOf } from './job-output.ts';
import { type JobViewer, viewJob } from './job-view.ts';
import { openPinnedCache } from './pinned-cache.ts';

/** Nobody works, so there is nobody to see. */
const NOBODY: JobViewer = { state: createLeader(), self: '', nameOf: (peer) => peer, hold: () => null };

/**
 * What a state folder answers while no daemon runs with it. Jobs are only read, so a daemon may start meanwhile; of the
 * cache nothing is told while it has one.
 *
 * @throws a sentence when no daemon ever ran with the folder.
 */
export async function openStateAtRest(
  directory: string,
  cacheLimitBytes: number,
  onTrouble: (sentence: string) => void,
): Promise<DaemonAtRest> {
  const paths = statePaths(directory);
  if ((await stat(paths.jobs).catch(() => null)) === null) {
    throw new Error(
      `No daemon runs with the state folder ${directory}, and none ever did. Start one with: vadeio-node up`,
    );
  }
  const askCache = (ask: (cache: Cache) => Promise<CacheView>): Promise<CacheView> =>
    withCache(directory, cacheLimitBytes, onTrouble, ask);
  return {
    jobs: async () => (await readJobs(paths, onTrouble)).map((job) => viewJob(job, NOBODY)),
    job: async (id) => viewJob(findJob(await readJobs(paths, onTrouble), id), NOBODY),
    cancel: (id) => giveUp(directory, id, onTrouble),
    cache: () => askCache(async (cache) => cache.view()),
    clearCache: () =>
      askCache(async (cache) => {
        await cache.clear();
        return cache.view();
      }),
  };
}

/** What a daemon would go on with has stopped until there is one. */
async function readJobs(paths: StatePaths, onTrouble: (sentence: string) => void): Promise<readonly Job[]> {
  const { jobs, problems } = await new JobBook(paths).load();
  for (const problem of problems) onTrouble(problem);
  return jobs.map((job) => rememberedJob(job, 'stopped'));
}

/** A job that a daemon would go on with, or that waits for its command. */
async function giveUp(
  directory: string,
  id: string,
  onTrouble: (sentence: string) => void,
): Promise<JobView> {
  const state = await openStateDirectory(directory);
  try {
    const job = findJob(await readJobs(state.paths, onTrouble), id);
    if (job.phase === 'stopped') {
      await new JobBook(state.paths).end(job.id, 'cancelled');
      await rm(temporaryPathOf(job.request.output, job.id), { force: true });
      job.finish('cancelled', null);
    }
    return viewJob(job, NOBODY);
  } finally {
    await state.release();
  }
}

/** With what unfinished jobs need pinned, as a daemon has it. */
async function withCache(
  directory: string,
  limitBytes: number,
  onTrouble: (sentence: string) => void,
  ask: (cache: Cache) => Promise<CacheView>,
): Promise<CacheView> {
  const state = await openStateDirectory(directory);
  try {
    const { jobs } = await new JobBook(state.paths).load();
    return await ask(await openPinnedCache(state.paths, limitBytes, jobs, onTrouble));
  } finally {
    await state.release();
  }
}
