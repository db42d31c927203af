import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { type MadeSource, makeSource, SOURCE_KINDS } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone } from './one-machine.ts';
import { readFrameNumbers, readVideoPackets } from './read-video.ts';

/** Matroska counts milliseconds: half of one, and what rounding of the sums adds. */
const TICK_SECONDS = 0.000_501;

/** Sources that leave timestamps out, or whose clock starts over: theirs are rebuilt, strictly rising. */
const REBUILT = new Set(['h264-raw', 'mpeg2-interlaced-ps', 'mpeg4-asp-avi', 'h264-changing-ts']);

describe('invariant 1: the output holds every frame of the source, once, in order, at its time', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    expect(await readdir(join(folder.path, 'state', 'work'))).toEqual([]);
    await folder.remove();
  });

  test.each(SOURCE_KINDS)('%s', async (kind) => {
    const source = await makeSource(kind, folder.path);
    const output = `${source.path}.av1.mkv`;
    const { job } = await daemon.submit({ input: source.path, output, options: FAST });
    const { summary } = await untilDone(daemon, job.id);
    // Only a stream without keyframes to start from needs one more than the rule gives.
    const isRetried = kind === 'h264-intra-refresh-mkv';
    expect(summary?.retries.filter((words) => !(isRetried && words.includes('(frames)')))).toEqual([]);
    expect((summary?.rebuiltTimestampCount ?? 0) > 0).toBe(REBUILT.has(kind));
    expect(summary?.scaledFrameCount).toBe(kind === 'h264-changing-ts' ? 60 : 0);
    await expectFrames(source, output);
    if (!REBUILT.has(kind)) await expectTimes(source, output);
    const report = await verifyFiles(source.path, output, () => undefined);
    expect(report.differences).toEqual([]);
  });
});

async function expectFrames(source: MadeSource, output: string): Promise<void> {
  // Where a cut stream leaves its first frames to the decoder's choice, only `verify` can say.
  if (source.frameNumbers !== null) expect(await readFrameNumbers(output)).toEqual(source.frameNumbers);
  const got = (await readVideoPackets(output)).map(({ seconds }) => seconds ?? Number.NaN);
  expect(got.every((seconds, i) => i === 0 || seconds > (got[i - 1] ?? 0))).toBe(true);
}

async function expectTimes(source: MadeSource, output: string): Promise<void> {
  if (source.frameNumbers === null) return;
  const shown = (await readVideoPackets(source.path)).map(({ seconds }) => Number(seconds ?? Number.NaN));
  const got = (await readVideoPackets(output)).map(({ seconds }) => Number(seconds ?? Number.NaN));
  const times = shown.sort((a, b) => a - b);
  const errors = got.map((seconds, i) => Math.abs(seconds - (times[i] ?? Number.NaN)));
  expect(Math.max(...errors)).toBeLessThanOrEqual(TICK_SECONDS);
}
