import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { FRAME_RECORD_BYTES } from '../../src/media/scan-records.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('invariant 5: one bad thing stays one bad thing', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  test('a chunk that never proves right fails the job at its end, with a reason; every other chunk is kept', async () => {
    const { path: input } = await makeSource('h264-single-shot-mkv', folder.path);
    const first = await run(input, 'first.mkv', 35);
    expect(first.phase).toBe('done');
    const chunkCount = first.summary?.chunkCount ?? 0;
    const restore = await spoilFingerprint();

    const spoilt = await run(input, 'spoilt.mkv', 36);
    expect(spoilt.phase).toBe('failed');
    expect(spoilt.error).toMatch(/chunk 1 .*another picture than the source's/i);
    expect(spoilt.progress.chunksCommitted).toBe(chunkCount - 1);

    await restore();
    const again = await run(input, 'spoilt.mkv', 36);
    expect(again.phase).toBe('done');
    expect(again.summary).toMatchObject({ chunksReused: chunkCount - 1, attemptCount: 1 });
  });

  test('an output that somebody else wrote to meanwhile never gets its name', async () => {
    const { path: input } = await makeSource('h264-single-shot-mkv', folder.path);
    const state = join(folder.path, 'state');
    await holdEncoders(state);
    const output = join(folder.path, 'touched.mkv');
    const request = { input, output, options: { ...FAST, maxSceneSeconds: 0.5, crf: 37 } };
    const { job } = await daemon.submit(request);
    await holdEncoders(state, 2);
    await until(async () => (await daemon.job(job.id)).progress.framesAssembled > 0);
    const temporary = (await readdir(folder.path)).find((name) => name.endsWith('.part')) ?? '';
    await rm(join(folder.path, temporary));
    await writeFile(join(folder.path, temporary), 'of another daemon');
    await releaseEncoders(state);
    const touched = await untilOver(daemon, job.id);
    expect(touched.phase).toBe('failed');
    expect(touched.error).toMatch(/has 17 bytes where \d+ were written.*copy of this state folder/);
    expect((await readdir(folder.path)).filter((name) => name.includes('touched'))).toEqual([]);
    const again = await daemon.submit(request);
    expect(await untilOver(daemon, again.job.id)).toMatchObject({
      phase: 'done',
      summary: { attemptCount: 0 },
    });
  });

  async function run(input: string, name: string, crf: number) {
    const output = join(folder.path, name);
    const { job } = await daemon.submit({ input, output, options: { ...FAST, crf } });
    return untilOver(daemon, job.id);
  }

  /** Makes the scan's record of frame 60 wrong, as if every peer decoded it wrongly; gives the way back. */
  async function spoilFingerprint(): Promise<() => Promise<void>> {
    const scans = join(folder.path, 'state', 'cache', 'scans');
    const [scan] = await readdir(scans);
    const offset = 60 * FRAME_RECORD_BYTES + 16;
    const file = await open(join(scans, scan ?? '', 'frames.bin'), 'r+');
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, offset);
    return async () => {
      await file.write(buffer, 0, 1, offset);
      await file.close();
    };
  }
});
