import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { statePaths } from '../../node/storage/state-paths.ts';
import type { JobOptions, JobView } from '../../src/protocol/control-api.ts';
import type { Allocation } from '../../src/quality/allocation.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { lastJob, startCli, untilSaid } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone } from './one-machine.ts';
import { readVideoPackets } from './read-video.ts';

const SHORT = { minSceneSeconds: 0.2, maxSceneSeconds: 0.25 };
let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;

beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'film.mkv');
  // Two shots of different difficulty, in chunks of six frames.
  const filters = 'scale=320:180';
  await makeRealClip(film, { firstFrame: 285, frameCount: 60, filters, crf: 8, params: 'keyint=48' });
});
afterAll(() => folder.remove());

function allocate(goal: Allocation['goal'], changes: Partial<JobOptions> = {}): JobOptions {
  const bounds = { minCrf: null, maxCrf: null };
  const rule = { type: 'slope' } as const;
  const allocation = { rule, goal, metric: 'psnr', model: 'auto', ...bounds } as const;
  return { ...FAST, ...SHORT, crf: null, overwrite: true, allocation, ...changes };
}

async function damageResults(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.ivf')) continue;
    const path = join(directory, name);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, bytes.length - 1));
  }
}

describe('a job that allocates bits', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startLoneDaemon(join(folder.path, 'state'));
  });
  afterAll(() => daemon.shutDown('the tests are over'));

  async function encode(name: string, options: JobOptions): Promise<JobView> {
    const { job } = await daemon.submit({ input: film, output: join(folder.path, name), options });
    return await untilDone(daemon, job.id);
  }

  test('meets a mean score with fewer bytes than one CRF, every chunk’s result one of its tries', async () => {
    const { summary, allocation, output } = await encode('score.mkv', allocate({ type: 'score', aim: 41 }));
    const outcome = summary?.allocation;
    expect(outcome?.chunks).toHaveLength(summary?.chunkCount ?? 0);
    expect(Math.abs((outcome?.score ?? 0) - 41)).toBeLessThan(0.1);
    expect(outcome?.bytes).toBeLessThan(outcome?.oneCrf?.bytes ?? 0);
    expect(outcome?.leastScore).toBeGreaterThan((outcome?.oneCrf?.leastScore ?? 0) - 0.6);
    for (const { crf, curve } of outcome?.chunks ?? [])
      expect(curve.map((point) => point.crf)).toContain(crf);
    const probes = (outcome?.chunks ?? []).reduce((sum, { curve }) => sum + curve.length, 0);
    expect(summary?.attemptCount).toBe(probes);
    expect(allocation).toMatchObject({ probeCount: probes, reusedProbeCount: 0 });
    expect(new Set(outcome?.chunks.map(({ crf }) => crf)).size).toBeGreaterThan(1);
    const scores = await scoreFiles(film, output, { metric: 'psnr' }, () => undefined);
    expect(Math.abs(poolScores(scores, MEAN) - 41)).toBeLessThan(0.2);
    const packets = await readVideoPackets(output);
    const written = packets.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(Math.abs(written / (outcome?.bytes ?? 0) - 1)).toBeLessThan(0.02);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  });

  test('makes no try again that was made before, for whichever goal', async () => {
    const again = await encode('score.mkv', allocate({ type: 'score', aim: 41 }));
    expect(again.summary?.attemptCount).toBe(0);
    const kbps = Math.round(0.8 * (again.summary?.allocation?.kbps ?? 0));
    const { summary, allocation } = await encode('rate.mkv', allocate({ type: 'bitrate', kbps }));
    expect(Math.abs((summary?.allocation?.kbps ?? 0) / kbps - 1)).toBeLessThan(0.03);
    expect(allocation?.reusedProbeCount).toBeGreaterThan(0);
    expect(summary?.attemptCount).toBe((allocation?.probeCount ?? 0) - (allocation?.reusedProbeCount ?? 0));
  });

  test('ends also where every result that it decided for turns out to be damaged in the store', async () => {
    await damageResults(statePaths(join(folder.path, 'state')).chunks);
    const { summary, output } = await encode('score.mkv', allocate({ type: 'score', aim: 41 }));
    expect(summary?.attemptCount).toBe(summary?.chunkCount);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  });

  test('shares out a bitrate so that all chunks are equally good', async () => {
    const goal = { type: 'bitrate', kbps: 600 } as const;
    const rule = { type: 'equal', mostScore: null } as const;
    const bounds = { minCrf: null, maxCrf: null };
    const allocation = { rule, goal, metric: 'ssim', model: 'auto', ...bounds } as const;
    const { summary } = await encode('equal.mkv', allocate(goal, { allocation }));
    const outcome = summary?.allocation;
    expect(Math.abs((outcome?.kbps ?? 0) / goal.kbps - 1)).toBeLessThan(0.03);
    const scores = outcome?.chunks.map(({ score }) => score) ?? [];
    // One CRF steps by about 0.3 dB, and a try one CRF away is taken.
    expect(Math.max(...scores) - Math.min(...scores)).toBeLessThan(0.65);
  });

  test('looks for the bitrate of a score on samples, then meets it', async () => {
    const ladder = { metric: 'psnr', aim: 40, model: 'auto', minCrf: null, maxCrf: null } as const;
    const { budget, notes, summary } = await encode('ladder.mkv', { ...FAST, ...SHORT, crf: null, ladder });
    expect(notes.join(' ')).toMatch(/PSNR 40.00 dB takes about \d+ kb\/s, by 6 of the film’s 10 chunks/);
    expect(Math.abs((budget?.score?.reached ?? 0) - 40)).toBeLessThan(0.5);
    const { goal, kbps = 0 } = budget ?? {};
    expect(goal?.type === 'bitrate' ? Math.abs(kbps / goal.kbps - 1) : 1).toBeLessThan(0.06);
    expect(summary?.attemptCount).toBe((budget?.probeCount ?? 0) - (budget?.reusedProbeCount ?? 0));
  });

  test('takes no CRF at which the encoder leaves a picture out, and goes on without it', async () => {
    const dark = join(folder.path, 'dark.mkv');
    const filters = 'scale=480:270';
    await makeRealClip(dark, { firstFrame: 48, frameCount: 48, filters, crf: 8, params: 'keyint=48' });
    // With the embedded SVT-AV1 its third frame is another one at CRF 39 and 48, time after time.
    const whole = { preset: 10, minSceneSeconds: 1, maxSceneSeconds: 10 };
    const options = allocate({ type: 'score', aim: 40.5 }, whole);
    const { job } = await daemon.submit({ input: dark, output: join(folder.path, 'lit.mkv'), options });
    const { summary } = await untilDone(daemon, job.id);
    expect(summary?.retries.join(' ')).toMatch(/the encoded picture is not the source's/);
    const [chunk] = summary?.allocation?.chunks ?? [];
    const refused = (chunk?.curve ?? []).filter(({ score }) => score === 0).map(({ crf }) => crf);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused).not.toContain(chunk?.crf);
    expect(chunk?.score).toBeGreaterThan(39);
  });
});

test('a leader killed in the middle of a survey makes no finished try again', async () => {
  const state = join(folder.path, 'killed');
  const flags = ['--preset', '12', '--min-scene-length', '0.2', '--max-scene-length', '0.25', '--slots', '1'];
  const goal = ['--target', 'psnr=41', '--allocate'];
  const output = join(folder.path, 'killed.mkv');
  const command = ['submit', film, '-o', output, ...goal, ...flags, '--json'];
  const first = startCli(command, state);
  onTestFinished(() => void first.kill('SIGKILL'));
  const atLeast = 8;
  await untilSaid(first, ({ allocation }) => (allocation?.probeCount ?? 0) >= atLeast);
  first.kill('SIGKILL');
  await first;
  const second = await startCli(command, state);
  expect(second.exitCode, String(second.stderr)).toBe(0);
  const { allocation, summary } = lastJob(String(second.stdout));
  expect(allocation?.reusedProbeCount).toBeGreaterThanOrEqual(atLeast);
  expect(summary?.attemptCount).toBe((allocation?.probeCount ?? 0) - (allocation?.reusedProbeCount ?? 0));
  expect(Math.abs((summary?.allocation?.score ?? 0) - 41)).toBeLessThan(0.1);
});
