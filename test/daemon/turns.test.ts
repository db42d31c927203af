import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('several jobs on one machine', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  test('jobs submitted together are all done, each to its own output', async () => {
    const ids = await Promise.all([32, 33, 34].map((crf) => submit(`crf-${crf}.mkv`, crf)));
    const jobs = await Promise.all(ids.map((id) => untilOver(daemon, id)));
    expect(jobs.map(({ phase, summary }) => [phase, summary?.frameCount])).toEqual(
      Array.from({ length: 3 }, () => ['done', 150]),
    );
  });

  test('another job to the output of a running one is refused, with the words that help', async () => {
    const id = await submit('same.mkv', 35);
    await expect(submit('same.mkv', 36)).rejects.toThrow(/is writing .*same\.mkv already.*cancel/i);
    expect((await untilOver(daemon, id)).phase).toBe('done');
  });

  async function submit(name: string, crf: number): Promise<string> {
    const output = join(folder.path, name);
    return (await daemon.submit({ input, output, options: { ...FAST, crf } })).job.id;
  }
});
