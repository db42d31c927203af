import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('a daemon that is started with a lower limit prunes at once, and when a job that needed more is over', async () => {
  const state = join(folder.path, 'state');
  const input = (await makeSource('h264-vfr-mkv', folder.path)).path;
  const first = await startLoneDaemon(state);
  const { job } = await first.submit({ input, output: join(folder.path, 'out.mkv'), options: FAST });
  await untilOver(first, job.id);
  expect((await first.cache()).chunkCount).toBeGreaterThan(1);
  await first.shutDown('it is started again');
  const second = await startLoneDaemon(state, { cacheLimitBytes: 1 });
  expect(await second.cache()).toMatchObject({ bytes: 0, chunkCount: 0, scanCount: 0 });

  // While a job runs it keeps what it needs, and no longer.
  const again = { ...FAST, overwrite: true };
  const { job: other } = await second.submit({ input, output: join(folder.path, 'out.mkv'), options: again });
  expect((await untilOver(second, other.id)).phase).toBe('done');
  expect(await second.cache()).toMatchObject({ bytes: 0, chunkCount: 0, scanCount: 0 });
  await second.shutDown('the test is over');
});
