import { type Cache, openCache } from '../storage/cache.ts';
import type { StatePaths } from '../storage/state-paths.ts';
import type { RememberedJob } from './remember-job.ts';

/** What unfinished jobs committed is pinned before anything can be pruned. */
export async function openPinnedCache(
  paths: StatePaths,
  limitBytes: number,
  jobs: readonly RememberedJob[],
  log: (line: string) => void,
): Promise<Cache> {
  const cache = await openCache(paths, {
    limitBytes,
    now: () => Date.now(),
    onError: (error) => log(`The cache could not be pruned: ${String(error)}`),
  });
  for (const { id, keys, last } of jobs) {
    if (last === 'active' || last === 'stopped') for (const key of keys) cache.chunks.pin(id, key);
  }
  return cache;
}
