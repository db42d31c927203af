import type { CacheView } from '../../src/protocol/control-api.ts';
import { type CacheEntry, planPruning } from '../../src/storage/plan-pruning.ts';
import { type ChunkStore, openChunkStore } from './chunk-store.ts';
import { openScanStore, type ScanStore } from './scan-store.ts';
import type { StatePaths } from './state-paths.ts';

/** Results and scans under one limit. */
export interface Cache {
  readonly chunks: ChunkStore;
  readonly scans: ScanStore;
  view(): CacheView;
  /** Removes oldest-used entries until the limit is kept; what running jobs need stays. Runs by itself after growth. */
  prune(): Promise<void>;
  /** Removes everything that no running job needs. */
  clear(): Promise<void>;
}

export interface CacheOptions {
  readonly limitBytes: number;
  readonly now: () => number;
  /** A file that could not be removed: the cache goes on without. */
  readonly onError: (error: unknown) => void;
}

/** Opens both stores. Pin what unfinished jobs need before anything is committed: growth prunes. */
export async function openCache(paths: StatePaths, options: CacheOptions): Promise<Cache> {
  let isPruneWanted = false;
  const onGrown = (): void => {
    if (isPruneWanted) return;
    isPruneWanted = true;
    // Many commits of one moment prune once.
    setImmediate(() => {
      isPruneWanted = false;
      cache.prune().catch(options.onError);
    });
  };
  const chunks = await openChunkStore(paths.chunks, { now: options.now, onGrown });
  const scans = await openScanStore(paths.scans, { now: options.now, onGrown });
  const entries = (): StoredEntry[] => [
    ...chunks.entries().map((entry) => ({ ...entry, store: chunks, remove: () => chunks.remove(entry.key) })),
    ...scans.entries().map((entry) => ({ ...entry, store: scans, remove: () => scans.abandon(entry.key) })),
  ];
  const shrinkTo = async (limitBytes: number): Promise<void> => {
    for (const entry of planPruning(entries(), limitBytes)) {
      // A job may have come to need it while others were removed.
      if (!entry.store.isPinned(entry.key)) await entry.remove();
    }
  };
  const cache: Cache = {
    chunks,
    scans,
    prune: () => shrinkTo(options.limitBytes),
    clear: () => shrinkTo(0),
    view: () => ({
      directory: paths.cache,
      bytes: entries().reduce((sum, entry) => sum + entry.bytes, 0),
      limitBytes: options.limitBytes,
      chunkCount: chunks.entries().length,
      scanCount: scans.entries().length,
    }),
  };
  return cache;
}

interface StoredEntry extends CacheEntry {
  readonly store: ChunkStore | ScanStore;
  readonly remove: () => Promise<void>;
}
