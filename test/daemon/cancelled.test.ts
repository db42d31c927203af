import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('a job that ends early leaves its turn to the next', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    input = (await makeSource('h264-open-mkv', folder.path)).path;
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  test('a cancel at any moment before the first chunk does not hold up later jobs', async () => {
    // From before the scan to while its first chunk waits for the encoder to be measured.
    for (const [i, waitMs] of [0, 20, 150, 300].entries()) {
      const { job } = await daemon.submit(wish(`early-${i}.mkv`, 40 + i));
      await sleep(waitMs);
      expect((await daemon.cancel(job.id)).phase).toBe('cancelled');
    }
    const { job } = await daemon.submit(wish('next.mkv', 50));
    expect((await untilOver(daemon, job.id)).phase).toBe('done');
  });

  test('a cancel while the source is inspected holds', async () => {
    const submitted = daemon.submit(wish('unbegun.mkv', 51)).then(({ job }) => job);
    const id = await idOf('unbegun.mkv');
    await daemon.cancel(id);
    expect((await submitted).phase).toBe('cancelled');
    expect((await daemon.job(id)).phase).toBe('cancelled');
  });

  function wish(name: string, crf: number) {
    return { input, output: join(folder.path, name), options: { ...FAST, crf } };
  }

  async function idOf(name: string): Promise<string> {
    for (;;) {
      const job = (await daemon.jobs()).find(({ output }) => output.endsWith(name));
      if (job !== undefined) return job.id;
      await sleep(1);
    }
  }
});
