import { expect, test } from 'vitest';
import { type CacheEntry, planPruning } from '../../src/storage/plan-pruning.ts';

const entry = (key: string, lastUsedMs: number, isPinned = false): CacheEntry => ({
  key,
  bytes: 10,
  lastUsedMs,
  isPinned,
});
const keys = (entries: readonly CacheEntry[]): string => entries.map(({ key }) => key).join('');

test('removes nothing while the cache fits', () => {
  expect(planPruning([entry('a', 1), entry('b', 2)], 20)).toEqual([]);
});

test('removes the oldest used first, and no more than needed', () => {
  expect(keys(planPruning([entry('a', 3), entry('b', 1), entry('c', 2)], 15))).toBe('bc');
});

test('never removes what a running job needs', () => {
  expect(keys(planPruning([entry('a', 1, true), entry('b', 2), entry('c', 3, true)], 0))).toBe('b');
});

test('decides between entries of one moment by their keys', () => {
  expect(keys(planPruning([entry('b', 1), entry('a', 1)], 15))).toBe('a');
});
