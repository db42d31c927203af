import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { JobReport } from '../../src/report/job/job-report.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { lastJob, startCli, untilSaid } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { makeFolder } from './one-machine.ts';

/** With the embedded SVT-AV1 the third frame of this shot is another one at CRF 38, time after time, and well at 37. */
const SHOT = { firstFrame: 48, frameCount: 48, filters: 'scale=480:270', crf: 8, params: 'keyint=48' };
const TOLD = 'Chunk 0 (frames 0 to 47) is encoded at CRF 37 instead of 38';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;

beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'film.mkv');
  await makeRealClip(film, SHOT);
});
afterAll(() => folder.remove());

test('a chunk that the encoder spoils at the asked CRF is encoded near it, also after its leader was killed', async () => {
  const state = join(folder.path, 'state');
  const output = join(folder.path, 'out.mkv');
  const command = ['submit', film, '-o', output, '--preset', '10', '--crf', '38', '--slots', '1'];
  // Twice at 38: what comes next must not end before its leader does.
  await holdEncoders(state, 2);
  const first = startCli([...command, '--json'], state);
  onTestFinished(() => void first.kill('SIGKILL'));
  await untilSaid(first, ({ notes }) => notes.join(' ').includes(TOLD));
  first.kill('SIGKILL');
  const { exitCode } = await first;
  await releaseEncoders(state);
  // Held is who began two chunks: on a machine so slow that it was ended as idle in between, the job may be done by now.
  const isKilled = exitCode !== 0;

  const last = isKilled ? await startCli([...command, '--json'], state) : await first;
  expect(last.exitCode, String(last.stderr)).toBe(0);
  const { id, summary, notes } = lastJob(String(last.stdout));
  expect(notes.join(' ')).toContain(TOLD);
  expect(summary?.detours).toEqual([{ chunk: 0, asked: 38, taken: 37 }]);
  // Nothing was tried at the asked CRF again.
  expect(summary?.attemptCount).toBeLessThanOrEqual(isKilled ? 1 : 3);
  const report = await startCli(['job', id, '--report', '--json'], state);
  const { manifest } = JSON.parse(String(report.stdout)) as JobReport;
  expect(manifest[0]?.choice).toMatchObject({ quality: 37, insteadOf: 38 });
});
