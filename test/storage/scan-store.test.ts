import { access, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openScanStore, type ScanStore } from '../../node/storage/scan-store.ts';
import { keyOf } from '../contracts/chunk-store.contract.ts';

const KEY = keyOf('source and parameters');

let root: string;
let store: ScanStore;
const open = (): Promise<ScanStore> => openScanStore(root, { now: () => 1, onGrown: () => {} });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vadeio-scans-'));
  store = await open();
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function scan(): Promise<string> {
  const directory = await store.begin(KEY);
  await writeFile(join(directory, 'frames.bin'), 'twelve bytes');
  return directory;
}

test('finds a completed scan where it was made, also after a restart', async () => {
  const directory = await scan();
  expect(await store.find(KEY)).toBeNull();
  await store.complete(directory, { chunkCount: 3 });
  expect(await store.find(KEY)).toEqual({ directory, summary: { chunkCount: 3 } });
  expect(await (await open()).find(KEY)).toEqual({ directory, summary: { chunkCount: 3 } });
  expect(store.entries()).toMatchObject([{ key: directory, bytes: 12 }]);
});

test('sweeps a scan that did not end when the store is opened', async () => {
  await scan();
  await open();
  expect(await readdir(root)).toEqual([]);
});

test('gives two scans of one source their own folders', async () => {
  const [one, other] = [await scan(), await scan()];
  expect(one).not.toBe(other);
  await store.complete(one, 1);
  await store.complete(other, 2);
  await store.abandon(one);
  expect(await store.find(KEY)).toEqual({ directory: other, summary: 2 });
});

test('removes a scan whose files lost bytes instead of giving it', async () => {
  const directory = await scan();
  await store.complete(directory, 1);
  await truncate(join(directory, 'frames.bin'), 5);
  expect(await store.find(KEY)).toBeNull();
  await expect(access(directory)).rejects.toThrow('ENOENT');
});
