import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readReport } from '../../node/daemon/read-report.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { statePaths } from '../../node/storage/state-paths.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { lastJob, startCli, untilSaid } from './cli-process.ts';
import { makeFolder } from './one-machine.ts';
import { readVideoPackets } from './read-video.ts';

/**
 * All kinds of x264's alternatives but two: `psy`, which is for the eye and not for PSNR, and `aq-mode`, which is stronger
 * than PSNR likes.
 */
const SET = 'aq-strength=2:bframes=3:mbtree=1:qcomp=0.6:trellis=1';

/** Three of `aq-mode`, one of `psy`, and the job's own settings, at three CRFs; then the two winners together. */
const TRIES = { single: 5 * 3, combined: 3 };

test('encoder options that save bits are found, taken and told, and a killed leader tries none of them twice', async () => {
  const folder = await makeFolder();
  onTestFinished(() => folder.remove());
  const [film, output, state] = ['film.mkv', 'out.mkv', 'state'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await makeRealClip(film, { firstFrame: 300, frameCount: 16, filters: 'scale=256:144', crf: 8 });
  const how = ['--encoder', 'x264', '--preset', 'fast', '--crf', '28', '--encoder-params', SET];
  const trial = ['--autoparam', '--metric', 'psnr', '--slots', '1', '--json'];
  const command = ['submit', film, '-o', output, ...how, ...trial];
  const first = startCli(command, state);
  onTestFinished(() => void first.kill('SIGKILL'));
  const atLeast = 6;
  await untilSaid(first, ({ trial: now, params }) => (now?.triedCount ?? 0) >= atLeast || params !== null);
  first.kill('SIGKILL');
  await first;

  const second = await startCli(command, state);
  expect(second.exitCode, String(second.stderr)).toBe(0);
  const { id, params, settings, notes, trial: over, summary } = lastJob(String(second.stdout));
  const rowOf = (key: string, value: string) =>
    params?.evidence.find((one) => one.params[key] === value && Object.keys(one.params).length === 1);
  expect(params).toMatchObject({ metric: 'psnr', sampleCount: 1, chunkCount: 1, crfs: [22, 28, 34] });
  expect(params?.chosen).toEqual({ 'aq-mode': '0', psy: '0' });
  expect(params?.evidence).toHaveLength(5);
  expect(rowOf('aq-mode', '0')).toMatchObject({ verdict: 'kept' });
  expect(rowOf('psy', '0')).toMatchObject({ verdict: 'kept' });
  expect(params?.evidence.at(-1)?.params).toEqual(params?.chosen);
  // Together they save more than the better one alone.
  const rates = params?.evidence.map(({ bdRate }) => bdRate ?? 0) ?? [];
  expect(Math.min(...rates)).toBe(rates.at(-1));
  expect(rates.at(-1)).toBeLessThan(-0.05);
  // What the user set is as he set it.
  expect(settings?.params).toEqual({
    ...{ 'aq-strength': '2', bframes: '3', mbtree: '1', qcomp: '0.6', trellis: '1' },
    ...params?.chosen,
  });
  expect(over).toBeNull();
  expect(notes.join('\n')).toMatch(
    /tried on samples of the film first: aq-mode=2, aq-mode=3, aq-mode=0, psy=0/,
  );
  expect(notes.join('\n')).toMatch(/Taken: (aq-mode=0:psy=0|psy=0:aq-mode=0)\./);

  // x264 writes its options into the stream.
  const [packet] = await readVideoPackets(output);
  const written = Buffer.from(packet?.data ?? []).toString('latin1');
  // With mbtree, no adaptive quantisation is written as one of strength 0.
  expect(written).toMatch(/ psy=0 .* bframes=3 .* qcomp=0\.60 .* aq=1:0\.00/);
  expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  // The film's own chunk was tried with what won.
  expect(summary?.attemptCount).toBe(0);
  const report = await readReport(statePaths(state), id, false);
  expect(report.params).toEqual(params);
  const tries = report.attempts.filter(({ outcome }) => outcome === 'probe');
  expect(tries.length).toBeLessThanOrEqual(TRIES.single + TRIES.combined);
  expect(tries.length).toBeGreaterThan(TRIES.combined);
});
