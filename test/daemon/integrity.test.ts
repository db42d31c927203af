import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { chunkFileName, readChunkFileName } from '../../src/storage/chunk-name.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('with an integrity check results that are sound files of wrong pictures are encoded again, and nothing else', async () => {
  const state = join(folder.path, 'state');
  const { path: input } = await makeSource('h264-open-mkv', folder.path);
  const output = join(folder.path, 'out.mkv');
  const first = await encode(state, { input, output, options: FAST });
  const count = first.summary?.chunkCount ?? 0;
  expect(count).toBeGreaterThan(2);
  await swapTwo(join(state, 'cache', 'chunks'));

  const options = { ...FAST, overwrite: true, checksStored: true };
  const { summary, notes } = await encode(state, { input, output, options });
  expect(summary).toMatchObject({ chunkCount: count, chunksReused: count - 2, attemptCount: 2 });
  expect(notes.filter((note) => /is not used and is encoded again: /.test(note))).toHaveLength(2);
  expect((await verifyFiles(input, output, () => undefined)).differences).toEqual([]);
});

async function encode(state: string, request: { input: string; output: string; options: JobOptions }) {
  const daemon = await startLoneDaemon(state);
  try {
    const { job } = await daemon.submit(request);
    const view = await untilOver(daemon, job.id);
    expect([view.phase, view.error]).toEqual(['done', null]);
    return view;
  } finally {
    await daemon.shutDown('the test goes on');
  }
}

/** Two results under each other's keys: lengths and digests still are what the names say. */
async function swapTwo(directory: string): Promise<void> {
  const [one, other] = (await readdir(directory)).flatMap((name) => readChunkFileName(name) ?? []);
  if (one === undefined || other === undefined) throw new Error('too few results are stored');
  const path = (key: string, meta: typeof one.meta) => join(directory, chunkFileName(key, meta));
  await rename(path(one.key, one.meta), path(other.key, one.meta));
  await rename(path(other.key, other.meta), path(one.key, other.meta));
}
