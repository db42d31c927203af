/** One thing in the cache that can be removed by itself. */
export interface CacheEntry {
  readonly key: string;
  readonly bytes: number;
  readonly lastUsedMs: number;
  /** A running job needs it. */
  readonly isPinned: boolean;
}

/** Entries to remove so that the cache fits its limit: oldest used first, never a pinned one. */
export function planPruning<Entry extends CacheEntry>(
  entries: readonly Entry[],
  limitBytes: number,
): readonly Entry[] {
  let excessBytes = entries.reduce((sum, entry) => sum + entry.bytes, 0) - limitBytes;
  if (excessBytes <= 0) return [];
  const oldestFirst = entries
    .filter((entry) => !entry.isPinned)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || (a.key < b.key ? -1 : 1));
  const removed: Entry[] = [];
  for (const entry of oldestFirst) {
    if (excessBytes <= 0) break;
    removed.push(entry);
    excessBytes -= entry.bytes;
  }
  return removed;
}
