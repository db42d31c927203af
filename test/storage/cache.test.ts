import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cache, openCache } from '../../node/storage/cache.ts';
import { openStateDirectory, type StateDirectory } from '../../node/storage/state-directory.ts';
import { keyOf, put, type StoreUnderTest } from '../contracts/chunk-store.contract.ts';

let directory: string;
let state: StateDirectory;
let cache: Cache;
let clock: number;
let at: StoreUnderTest;

const open = (): Promise<Cache> =>
  openCache(state.paths, {
    limitBytes: 30,
    now: () => clock++,
    onError: (error) => {
      throw error;
    },
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-cache-'));
  state = await openStateDirectory(join(directory, 'state'));
  // The file system's own clock stamps new files.
  clock = Date.now();
  cache = await open();
  at = { store: cache.chunks, work: state.paths.work, reopen: async () => (await open()).chunks };
});
afterEach(async () => {
  await state.release();
  await rm(directory, { recursive: true, force: true });
});

async function addScan(key: string): Promise<string> {
  const folder = await cache.scans.begin(keyOf(key));
  await writeFile(join(folder, 'frames.bin'), '0123456789');
  await cache.scans.complete(folder, {});
  return folder;
}

test('keeps chunks and scans under one limit, oldest used first', async () => {
  await addScan('old scan');
  await put(at, keyOf('a'), '0123456789');
  await put(at, keyOf('b'), '0123456789');
  cache.chunks.pathOf(keyOf('a'));
  await put(at, keyOf('c'), '0123456789');
  await put(at, keyOf('d'), '0123456789');
  await cache.prune();
  expect(['a', 'b', 'c', 'd'].filter((name) => cache.chunks.has(keyOf(name)))).toEqual(['a', 'c', 'd']);
  expect(cache.view()).toMatchObject({ bytes: 30, chunkCount: 3, scanCount: 0 });
});

test('prunes by itself after growth', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await put(at, keyOf(name), '0123456789');
  await expect.poll(() => cache.view().bytes).toBe(30);
});

test('clear leaves what running jobs need', async () => {
  const folder = await addScan('needed scan');
  await addScan('other scan');
  await put(at, keyOf('a'), '0123456789');
  cache.scans.pin('job', folder);
  await cache.clear();
  expect(cache.view()).toMatchObject({ bytes: 10, chunkCount: 0, scanCount: 1 });
});

test('remembers the order of use over a restart', async () => {
  for (const name of ['a', 'b', 'c']) await put(at, keyOf(name), '0123456789');
  clock += 60_000;
  cache.chunks.pin('job', keyOf('a'));
  await expect
    .poll(async () => {
      const [oldest] = [...(await open()).chunks.entries()].sort((x, y) => x.lastUsedMs - y.lastUsedMs);
      return oldest?.key === keyOf('a');
    })
    .toBe(false);
});
