import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import type { ScoreMeasure } from '../../node/engine/messages.ts';
import { findVmaf, VMAF_FFMPEG_VARIABLE } from '../../node/engine/score/find-vmaf.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobOptions, JobView } from '../../src/protocol/control-api.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { lastJob, startCli, until, untilSaid } from './cli-process.ts';
import { areAtWork, DaemonProcess } from './daemon-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone, untilOver } from './one-machine.ts';

const provider = await findVmaf();

/** Some shots, or parts of one, of a real film. */
const FRAMES = 72;
const SHORT = { minSceneSeconds: 0.5, maxSceneSeconds: 0.75 };
const ONE_CHUNK = { minSceneSeconds: 3, maxSceneSeconds: 10, preset: 11 };

function aimAt(text: string, changes: Partial<JobOptions> = {}): JobOptions {
  const target = { ...parseScoreTarget(text), model: 'auto', minCrf: null, maxCrf: null } as const;
  return { ...FAST, ...SHORT, crf: null, target, ...changes };
}

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;

beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'film.mkv');
  // In mid-film: before it, the picture fades in and says little of quality.
  await makeRealClip(film, {
    firstFrame: 285,
    frameCount: FRAMES,
    filters: 'scale=640:360',
    crf: 8,
    params: 'keyint=48',
  });
});
afterAll(() => folder.remove());

/** Of the finished file, knowing nothing of how it was made. */
async function wholeScore(output: string, measure: ScoreMeasure): Promise<number> {
  return poolScores(await scoreFiles(film, output, measure, () => undefined), MEAN);
}

/** All that was tried is known, but for what idle machines began beside and nobody waited for. */
function expectTries(summary: JobView['summary'], quality: JobView['quality']): void {
  const { probeCount = 0, reusedProbeCount = 0, besideCount = 0 } = quality ?? {};
  const made = probeCount - reusedProbeCount;
  expect(summary?.attemptCount).toBeGreaterThanOrEqual(made);
  expect(summary?.attemptCount).toBeLessThanOrEqual(made + besideCount);
}

describe('a job that aims at a score', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startLoneDaemon(join(folder.path, 'state'));
  });
  afterAll(() => daemon.shutDown('the tests are over'));

  async function encode(name: string, options: JobOptions): Promise<JobView> {
    const { job } = await daemon.submit({ input: film, output: join(folder.path, name), options });
    return await untilDone(daemon, job.id);
  }

  test('gives each chunk a CRF of its own, and a separate run over the file finds the score', async () => {
    const { quality, summary, output } = await encode('xpsnr.mkv', aimAt('xpsnr=41.75-42.25'));
    const chunks = summary?.quality?.chunks ?? [];
    expect(chunks).toHaveLength(summary?.chunkCount ?? 0);
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.map(({ isMet }) => isMet)).not.toContain(false);
    for (const { score } of chunks) expect(Math.abs(score - 42)).toBeLessThanOrEqual(0.25);
    const probes = chunks.reduce((sum, { probeCount }) => sum + probeCount, 0);
    expectTries(summary, quality);
    expect(quality).toMatchObject({ probeCount: probes, settledCount: chunks.length, missedCount: 0 });
    const whole = await wholeScore(output, { metric: 'xpsnr' });
    expect(Math.abs(whole - 42)).toBeLessThanOrEqual(0.3);
    // What the encoding machines said was the truth, but for the frame before each chunk, which they did not have.
    expect(Math.abs(whole - (summary?.quality?.score ?? 0))).toBeLessThan(0.15);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  });

  test('makes no probe again that was made before, whatever was aimed at then', async () => {
    const before = await encode('xpsnr.mkv', aimAt('xpsnr=41.75-42.25', { overwrite: true }));
    expect(before.summary).toMatchObject({ attemptCount: 0, chunksReused: before.summary?.chunkCount });
    const { quality, summary } = await encode('other.mkv', aimAt('xpsnr=41.4-41.9'));
    const made = (quality?.probeCount ?? 0) - (quality?.reusedProbeCount ?? 0);
    expect(quality?.reusedProbeCount).toBeGreaterThanOrEqual(summary?.chunkCount ?? 0);
    expectTries(summary, quality);
    expect(made).toBeLessThan(quality?.probeCount ?? 0);
    expect(quality?.missedCount).toBe(0);
  });

  test('tries a chunk on an idle machine beside what is tried on another', async () => {
    const folders = ['lead', 'other'].map((name) => join(folder.path, name)) as [string, string];
    const lead = await startLoneDaemon(folders[0], { name: 'lead', slots: 1 });
    onTestFinished(() => lead.shutDown('the test is over'));
    const peers = [(await lead.status()).addresses[0] ?? ''];
    const other = await startLoneDaemon(folders[1], { name: 'other', slots: 1, peers });
    onTestFinished(() => other.shutDown('the test is over'));
    // Both are busy with another job until both are known to this one.
    for (const path of folders) await holdEncoders(path);
    const submit = (name: string, options: JobOptions) =>
      lead.submit({ input: film, output: join(folder.path, name), options });
    const before = (await submit('before.mkv', { ...FAST, ...SHORT })).job.id;
    await until(async () => areAtWork(await lead.job(before), ['lead', 'other']));
    const { id } = (await submit('wide.mkv', aimAt('xpsnr=41.8-42.2', ONE_CHUNK))).job;
    await until(async () => {
      const known = (await lead.job(id)).progress.peers.filter((peer) => !peer.isMeasuring);
      return known.length === 2 && known.every(({ leftOut }) => leftOut === null);
    });
    for (const path of folders) await releaseEncoders(path);
    const { phase, quality, summary } = await untilOver(lead, id);
    expect([phase, quality?.missedCount]).toEqual(['done', 0]);
    expect(quality?.besideCount).toBeGreaterThan(0);
    expectTries(summary, quality);
  });

  test('tries nothing beside on a machine that encodes', async () => {
    const { quality, summary } = await encode('alone.mkv', aimAt('xpsnr=41.8-42.2', ONE_CHUNK));
    expect(summary?.chunkCount).toBe(1);
    expect(summary?.quality?.chunks[0]?.isMet).toBe(true);
    expect(quality?.besideCount).toBe(0);
    expectTries(summary, quality);
    expect(summary?.retries).toEqual([]);
  });

  test('takes the nearest CRF where the bounds do not let it meet the score, and says so', async () => {
    const target = { ...parseScoreTarget('xpsnr=42'), model: 'auto', minCrf: 50, maxCrf: 55 } as const;
    const { quality, summary } = await encode('bounded.mkv', aimAt('xpsnr=42', { target }));
    expect(new Set(summary?.quality?.chunks.map(({ crf }) => crf))).toEqual(new Set([50]));
    expect(quality?.missedCount).toBe(summary?.chunkCount);
  });

  test('is met by the picture without the grain that players add', async () => {
    const target = { ...parseScoreTarget('psnr=42'), model: 'auto', minCrf: 40, maxCrf: 40 } as const;
    const { summary, output } = await encode('grain.mkv', aimAt('psnr=42', { target, grain: 40 }));
    // With its grain it has 2.1 dB less.
    const whole = await wholeScore(output, { metric: 'psnr' });
    expect(Math.abs(whole - (summary?.quality?.score ?? 0))).toBeLessThan(0.05);
  });

  test('aims with the other encoders, too', async () => {
    const options = aimAt('psnr=42', { encoder: 'x264', preset: 9, bitDepth: 8 });
    const { summary, output } = await encode('x264.mkv', options);
    expect(summary?.retries).toEqual([]);
    expect(Math.abs((await wholeScore(output, { metric: 'psnr' })) - 42)).toBeLessThanOrEqual(0.3);
  });

  test.skipIf(provider === null)('by VMAF (skipped where no FFmpeg with libvmaf is found)', async () => {
    const { quality, summary, output } = await encode('vmaf.mkv', aimAt('vmaf=93'));
    expect(quality?.missedCount).toBe(0);
    const measure = { metric: 'vmaf', ffmpeg: provider?.path ?? '', model: 'auto' } as const;
    const whole = await wholeScore(output, measure);
    expect(Math.abs(whole - 93)).toBeLessThanOrEqual(0.6);
    expect(Math.abs(whole - (summary?.quality?.score ?? 0))).toBeLessThan(0.5);
  });
});

test('a leader killed in the middle of the search makes no finished probe again', async () => {
  const state = join(folder.path, 'killed');
  const output = join(folder.path, 'killed.mkv');
  const flags = ['--preset', '12', '--min-scene-length', '0.5', '--max-scene-length', '0.75', '--slots', '1'];
  const command = ['submit', film, '-o', output, '--target', 'xpsnr=41.75-42.25', ...flags, '--json'];
  const first = startCli(command, state);
  await untilSaid(first, ({ quality }) => (quality?.settledCount ?? 0) > 0);
  first.kill('SIGKILL');
  await first;
  const kept = await probesKept(state);
  expect(kept).toBeGreaterThan(0);
  const second = await startCli(command, state);
  expect(second.exitCode, String(second.stderr)).toBe(0);
  const { quality, summary } = lastJob(String(second.stdout));
  expect(quality?.reusedProbeCount).toBeGreaterThanOrEqual(kept);
  expectTries(summary, quality);
  expect(summary?.quality?.chunks.map(({ isMet }) => isMet)).not.toContain(false);
});

/** Results that the journals of a state folder say are kept, as probes or for good. */
async function probesKept(state: string): Promise<number> {
  const keys = new Set<string>();
  for (const job of await readdir(join(state, 'jobs'))) {
    const journal = await readFile(join(state, 'jobs', job, 'journal'), 'utf8');
    for (const key of journal.match(/"key":"[0-9a-f]{64}"/g) ?? []) keys.add(key);
  }
  return keys.size;
}

describe('where this machine has no FFmpeg with libvmaf', () => {
  /** What is named is taken, or nothing is. */
  function loseProvider(): void {
    const before = process.env[VMAF_FFMPEG_VARIABLE];
    process.env[VMAF_FFMPEG_VARIABLE] = join(folder.path, 'no-such-ffmpeg');
    onTestFinished(() => {
      if (before === undefined) delete process.env[VMAF_FFMPEG_VARIABLE];
      else process.env[VMAF_FFMPEG_VARIABLE] = before;
    });
  }

  test('and nobody else has, the job fails with a sentence that names another metric', async () => {
    loseProvider();
    const daemon = await startLoneDaemon(join(folder.path, 'lacking'));
    onTestFinished(() => daemon.shutDown('the test is over'));
    const output = join(folder.path, 'none.mkv');
    const { job } = await daemon.submit({ input: film, output, options: aimAt('vmaf=93') });
    const { phase, error } = await untilOver(daemon, job.id);
    expect(phase).toBe('failed');
    expect(error).toMatch(/No machine that was met can do what this job asks for\..*XPSNR/);
  });

  test.skipIf(provider === null)(
    'a peer that has one does the work (skipped where none is found)',
    async () => {
      const peerState = join(folder.path, 'peer');
      await mkdir(peerState);
      const up = startCli(['up', '--name', 'peer', '--slots', '1', '--swarm', 'test'], peerState);
      const peer = new DaemonProcess('peer', peerState);
      onTestFinished(async () => {
        up.kill('SIGTERM');
        await up;
      });
      await peer.untilAnswering(up);
      loseProvider();
      const { addresses } = await peer.status();
      const daemon = await startLoneDaemon(join(folder.path, 'leading'), { peers: addresses.slice(0, 1) });
      onTestFinished(() => daemon.shutDown('the test is over'));
      const output = join(folder.path, 'theirs.mkv');
      const { job } = await daemon.submit({ input: film, output, options: aimAt('vmaf=90-96') });
      const { progress, summary } = await untilDone(daemon, job.id);
      const working = progress.peers.filter(({ chunksDone }) => chunksDone > 0).map(({ name }) => name);
      expect(working).toEqual(['peer']);
      expect(progress.peers.find(({ isSelf }) => isSelf)?.leftOut).toMatch(/libvmaf/);
      expect(summary?.quality?.chunks.length).toBe(summary?.chunkCount);
    },
  );
});
