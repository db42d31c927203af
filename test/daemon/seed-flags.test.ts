import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReport } from '../../node/daemon/read-report.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import { findVmaf } from '../../node/engine/score/find-vmaf.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { statePaths } from '../../node/storage/state-paths.ts';
import { findSequenceHeader } from '../../src/encoder/av1-obu.ts';
import type { JobView } from '../../src/protocol/control-api.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { lastJob, startCli } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { makeFolder } from './one-machine.ts';
import { readVideoPackets } from './read-video.ts';
import { swapTwoChunks } from './swap-chunks.ts';

/**
 * Every flag of the README of the tool that this one replaces, by its name there, on a real clip, judged by what comes
 * out. Flags with an underscore are written with it in one place and with a dash in another. `--autoparam` takes so many
 * encodes that its test is one of its own, autoparam.test.ts.
 */

const FRAMES = 36;
const RATE = 24;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;
let state: string;
/** Two machines: jobs are handed to the first. */
let desk: DaemonProcess;
let shelf: DaemonProcess;
const running: ReturnType<typeof startCli>[] = [];

beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'film.mp4');
  state = join(folder.path, 'state');
  await makeRealClip(film, {
    ...{ firstFrame: 200, frameCount: FRAMES, crf: 10, hasSound: true },
    filters: 'scale=320:180,pad=320:240:0:30',
  });
  desk = new DaemonProcess('desk', state);
  shelf = new DaemonProcess('shelf', join(folder.path, 'shelf'));
  await start(desk);
  await start(shelf, '--peer', (await desk.status()).addresses[0] ?? '');
  await desk.untilPeer('shelf', (peer) => peer?.state === 'alive');
});
afterAll(async () => {
  for (const daemon of running) daemon.kill('SIGTERM');
  await Promise.all(running);
  await folder.remove();
});

async function start(daemon: DaemonProcess, ...flags: string[]): Promise<void> {
  const run = startCli(['up', '--name', daemon.name, '--slots', '1', ...flags], daemon.stateDirectory);
  running.push(run);
  await daemon.untilAnswering(run);
}

/** What a user types, on top of a fast preset. */
async function submit(name: string, ...flags: string[]): Promise<JobView> {
  return submitTo(state, name, ...flags);
}

async function submitTo(machine: string, name: string, ...flags: string[]): Promise<JobView> {
  return submitInput(film, machine, name, ...flags);
}

async function submitInput(
  input: string,
  machine: string,
  name: string,
  ...flags: string[]
): Promise<JobView> {
  const output = join(folder.path, name);
  const args = ['submit', input, '-o', output, '--preset', '13', '--overwrite', '--json', ...flags];
  const { exitCode, stdout, stderr } = await startCli(args, machine);
  if (exitCode !== 0) throw new Error(`${flags.join(' ')}: ${stderr}`);
  return lastJob(String(stdout));
}

/** What a decoder is told of grain is the last bit of AV1's sequence header (specification, section 5.5.1). */
async function hasGrain(path: string): Promise<boolean> {
  const [first] = await readVideoPackets(path);
  const header = findSequenceHeader(first?.data ?? new Uint8Array());
  return ((header?.at(-1) ?? 0) & 0x80) !== 0;
}

describe('one job', () => {
  let job: JobView;
  let plain: JobView;

  beforeAll(async () => {
    job = await submit(
      'many.mkv',
      ...['--audio', '--audio_params', '-c:a libopus -ac 1 -b:a 32k', '--autocrop', '--celeryless'],
      ...['--mux', '--grainsynth', '20', '--max-scene-length', '0.5'],
    );
    plain = await submit(
      'plain.mkv',
      ...['--no_audio', '--crop-override', '-vf crop=160:120:80:60', '--no-autocrop', '--no-celeryless'],
      ...['--max_scene_length', '5', '--no-integrity_check'],
    );
  }, 120_000);

  test('--audio and --audio_params: one channel of Opus; without, no sound', async () => {
    const sound = async ({ output }: JobView) =>
      (await inspectSource(output)).streams.flatMap(({ kind, codec, channels }) =>
        kind === 'audio' ? [[codec, channels]] : [],
      );
    expect(await sound(job)).toEqual([['opus', 1]]);
    expect(await sound(plain)).toEqual([]);
  });

  test('--autocrop cuts the bars off, --crop_override what it says', async () => {
    const size = async ({ output }: JobView) => {
      const { width, height } = (await inspectSource(output)).video;
      return [width, height];
    };
    expect(await size(job)).toEqual([320, 180]);
    expect(await size(plain)).toEqual([160, 120]);
  });

  test('--celeryless: nobody else hears of it', () => {
    expect(job.progress.peers.map(({ name }) => name)).toEqual(['desk']);
    expect(plain.progress.peers.map(({ name }) => name).sort()).toEqual(['desk', 'shelf']);
  });

  test('--grainsynth: the stream tells of grain', async () => {
    expect([await hasGrain(job.output), await hasGrain(plain.output)]).toEqual([true, false]);
  });

  test('--max-scene-length: no chunk is longer', async () => {
    const longest = async ({ output }: JobView) => {
      const keys = (await readVideoPackets(output)).flatMap(({ isKey }, frame) => (isKey ? [frame] : []));
      return Math.max(...keys.map((frame, i) => (keys[i + 1] ?? FRAMES) - frame));
    };
    expect(await longest(job)).toBeLessThanOrEqual(RATE / 2);
    expect(await longest(plain)).toBeGreaterThan(RATE / 2);
  });
});

test('--mux can be turned off: the picture comes alone', async () => {
  const { output } = await submit('bare.mkv', '--no_mux', '--autocrop');
  expect((await inspectSource(output)).streams.map(({ kind }) => kind)).toEqual(['video']);
});

test('--bitrate is kept', async () => {
  const { output } = await submit(
    'rate.mkv',
    '--bitrate',
    '300k',
    '--max-scene-length',
    '0.25',
    '--min-scene-length',
    '0.2',
  );
  const bytes = (await readVideoPackets(output)).reduce((sum, packet) => sum + packet.bytes, 0);
  const kbps = (bytes * 8 * RATE) / 1000 / FRAMES;
  // A few chunks are a small film; 3 % are promised of twenty.
  expect(Math.abs(kbps / 300 - 1)).toBeLessThan(0.1);
});

/** Six chunks: a few are a small film, and what is shared among them shows. */
const SHORT = ['--min-scene-length', '0.2', '--max-scene-length', '0.25'];

const meanOf = async (output: string, metric: 'ssim' | 'psnr'): Promise<number> =>
  poolScores(await scoreFiles(film, output, { metric }, () => undefined), MEAN);

test('--autobitrateladder finds the bitrate at which the film has its score', async () => {
  const { output, notes } = await submit(
    'ladder.mkv',
    '--autobitrateladder',
    '--target',
    'psnr=40',
    ...SHORT,
  );
  const told = /PSNR 40\.00 dB takes about (\d+) kb\/s/.exec(notes.join());
  const bytes = (await readVideoPackets(output)).reduce((sum, packet) => sum + packet.bytes, 0);
  const kbps = (bytes * 8 * RATE) / FRAMES / 1000;
  expect(kbps / Number(told?.[1])).toBeCloseTo(1, 1);
  expect(Math.abs((await meanOf(output, 'psnr')) - 40)).toBeLessThan(1);
});

test('--autobitrate spends less where --ssim-db-target asks for less', async () => {
  const flags = ['--autobitrate', '--bitrate', '400k', '--no-audio', ...SHORT];
  const most = await submit('most.mkv', ...flags, '--ssim-db-target', '35');
  const enough = await submit('enough.mkv', ...flags, '--ssim-db-target', '12');
  expect(await meanOf(enough.output, 'ssim')).toBeLessThan(await meanOf(most.output, 'ssim'));
  // A chunk has half the bitrate at least.
  const [less, all] = [(await stat(enough.output)).size, (await stat(most.output)).size];
  expect(less).toBeLessThan(0.8 * all);
  expect(less).toBeGreaterThan(0.4 * all);
});

test('--autograin: a grainy film tells players of grain', async () => {
  const grainy = join(folder.path, 'grainy.mkv');
  const filters = 'scale=320:180,noise=c0s=8:c0f=t:all_seed=1';
  await makeRealClip(grainy, { firstFrame: 96, frameCount: 48, filters, crf: 4 });
  const { output } = await submitInput(grainy, state, 'noisy.mkv', '--autograin');
  expect(await hasGrain(output)).toBe(true);
  // And no score sees it: as a reference the file has it, as an encode it has not.
  const scores = await scoreFiles(output, output, { metric: 'psnr' }, () => undefined);
  expect(poolScores(scores, MEAN)).toBeLessThan(50);
});

const provider = await findVmaf();

test.runIf(provider !== null)('--vmaf is reached, as a run of its own over the file tells', async () => {
  const { output } = await submit('vmaf.mkv', '--vmaf=91');
  const measure = { metric: 'vmaf', ffmpeg: provider?.path ?? '', model: 'auto' } as const;
  const score = poolScores(await scoreFiles(film, output, measure, () => undefined), MEAN);
  // Without the flag it would be 96.
  expect(Math.abs(score - 91)).toBeLessThan(0.75);
});

test('--dry says every command and encodes nothing', async () => {
  const output = join(folder.path, 'dry.mkv');
  const { stdout, exitCode } = await startCli(['submit', film, output, '--dry', '--crf', '33'], state);
  expect([exitCode, String(stdout).match(/libsvtav1 .*\bcrf=33\b/)?.length]).toEqual([0, 1]);
  await expect(stat(output)).rejects.toThrow('ENOENT');
});

test('--multiprocess_workers: so many encodes at once; --integrity_check proves what they left', async () => {
  const own = join(folder.path, 'own');
  const flags = ['--multiprocess_workers', '3', '--max-scene-length', '0.5'];
  const { id, summary } = await submitTo(own, 'three.mkv', ...flags);
  const { peers } = await readReport(statePaths(own), id, false);
  expect(peers.map(({ mostSlots }) => mostSlots)).toEqual([3]);

  await swapTwoChunks(join(own, 'cache', 'chunks'));
  const again = await submitTo(own, 'three.mkv', ...flags, '--integrity_check');
  expect(again.summary).toMatchObject({ chunksReused: (summary?.chunkCount ?? 0) - 2, attemptCount: 2 });
  expect(again.notes.filter((note) => /is not used and is encoded again: /.test(note))).toHaveLength(2);
  expect((await verifyFiles(film, again.output, () => undefined)).isEqual).toBe(true);
});
