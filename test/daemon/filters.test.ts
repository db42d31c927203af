import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { findGrain } from '../../node/engine/find-grain.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { NO_WISHES, type PictureWishes } from '../../src/picture/plan-filters.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

/** What the user asks of the picture is seen in the output. */
describe('the picture of the output', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  /** 320x180 of picture and black bars of 30 rows above and below. */
  let barred: string;
  let hdr: string;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    barred = join(folder.path, 'barred.mkv');
    hdr = join(folder.path, 'hdr.mkv');
    await makeRealClip(barred, { firstFrame: 96, frameCount: 48, filters: 'scale=320:180,pad=320:240:0:30' });
    await makeRealClip(hdr, {
      firstFrame: 96,
      frameCount: 24,
      filters:
        'scale=320:180,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited,zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt2020:t=smpte2084:m=bt2020nc:r=limited,format=yuv420p',
      params: 'colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
    });
  }, 60_000);
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  let count = 0;
  async function encode(input: string, wishes: Partial<PictureWishes>, change: Partial<JobOptions> = {}) {
    count += 1;
    const output = join(folder.path, `out-${count}.mkv`);
    const options = { ...FAST, picture: { ...NO_WISHES, ...wishes }, ...change };
    const { job } = await daemon.submit({ input, output, options });
    const { phase, error, notes, summary } = await untilOver(daemon, job.id);
    expect([phase, error, summary?.retries]).toEqual(['done', null, []]);
    return { output, notes, video: (await inspectSource(output)).video };
  }

  test('grain is measured where the source is flat, left out, and as much of it told to players', async () => {
    const grainy = join(folder.path, 'grainy.mkv');
    await makeRealClip(grainy, {
      firstFrame: 96,
      frameCount: 48,
      filters: 'scale=320:180,noise=c0s=8:c0f=t:all_seed=1',
      crf: 4,
    });
    const source = await findGrain(grainy);
    const { output, notes } = await encode(grainy, {}, { grain: 'auto', crf: 45 });
    expect(notes.join()).toMatch(
      /Film grain \d\d, for players to add: [\d,]+ flat areas in \d frames have noise of/,
    );
    // Decoded as a player does it: with the grain that the stream tells of.
    expect((await findGrain(output))?.sigma).toBeGreaterThan(0.5 * (source?.sigma ?? Number.NaN));
    const plain = await encode(grainy, {}, { crf: 45 });
    // Too little of it may be flat to say.
    expect((await findGrain(plain.output))?.sigma ?? 0).toBeLessThan(0.1 * (source?.sigma ?? 0));
    const clean = await encode(barred, {}, { grain: 'auto' });
    expect(clean.notes.join()).toMatch(/No film grain: /);
  });

  test('black bars are cut off, and the user is told where', async () => {
    const { output, notes, video } = await encode(barred, { autocrop: true });
    expect([video.width, video.height]).toEqual([320, 180]);
    expect(notes.join()).toMatch(/goes through crop=w=320:h=180:x=0:y=30/);
    const [plain] = await rowsOf((await encode(barred, {})).output);
    expect(plain?.slice(0, 25).every((luma) => luma < 20)).toBe(true);
    const [cropped] = await rowsOf(output);
    expect(cropped?.every((luma) => luma > 20)).toBe(true);
  });

  test('verify and score, told of the filters, compare with what the encoder got', async () => {
    const wishes = { ...NO_WISHES, autocrop: true, denoise: 'strong' } as const;
    const { output } = await encode(barred, wishes);
    const quiet = (): void => undefined;
    expect((await verifyFiles(barred, output, quiet, undefined, wishes)).differences).toEqual([]);
    expect((await verifyFiles(barred, output, quiet)).differences).not.toEqual([]);
    const ssim = async (told: PictureWishes) =>
      mean([...(await scoreFiles(barred, output, { metric: 'ssim' }, quiet, undefined, told))]);
    const cropped = await ssim({ ...NO_WISHES, autocrop: true });
    expect(await ssim(wishes)).toBeGreaterThan(cropped);
    await expect(ssim(NO_WISHES)).rejects.toThrow(/has another shape/);
  });

  test('a chain of the user own filters, then the size', async () => {
    const filters = parseFilters('crop=320:180,vflip');
    const { output, video } = await encode(barred, { filters, scale: { width: 160, height: null } });
    expect([video.width, video.height]).toEqual([160, 90]);
    const [upsideDown] = await rowsOf(output);
    const [upright] = await rowsOf((await encode(barred, { filters: filters.slice(0, 1) })).output);
    const differs = (rows: readonly number[]) =>
      rows.reduce((sum, luma, row) => sum + Math.abs(luma - (upright?.[2 * row] as number)), 0) / rows.length;
    expect(differs(upsideDown?.toReversed() ?? [])).toBeLessThan(4);
    expect(differs(upsideDown ?? [])).toBeGreaterThan(12);
  });

  test('HDR becomes SDR: its colour says so and its light is where SDR has it', async () => {
    const { output, video } = await encode(hdr, { tonemap: 'hable' });
    expect(video.colour).toMatchObject({ primaries: 1, transfer: 1, matrix: 1, range: 1 });
    const [mapped] = await rowsOf(output);
    const kept = await encode(hdr, {});
    expect(kept.video.colour).toMatchObject({ primaries: 9, transfer: 16, matrix: 9 });
    const [unmapped] = await rowsOf(kept.output);
    expect(mean(mapped ?? [])).not.toBeCloseTo(mean(unmapped ?? []), -1);
  });

  test('a filter that does not fit the picture is refused before anything is encoded', async () => {
    const output = join(folder.path, 'never.mkv');
    const picture = { ...NO_WISHES, filters: parseFilters('crop=640:180') };
    await expect(daemon.submit({ input: barred, output, options: { ...FAST, picture } })).rejects.toThrow(
      /crop=640:180:0:30 reaches beyond the picture of 320x240/,
    );
  });
});

/** Mean luma of each row, in 8 bits, of every frame. */
async function rowsOf(path: string): Promise<number[][]> {
  const frames: number[][] = [];
  for await (const { frame } of decodeSource(path)) frames.push(rowMeans(frame));
  return frames;
}

function rowMeans(frame: Frame): number[] {
  const luma = frame.data?.[0] as Buffer;
  const line = frame.linesize[0] as number;
  return Array.from({ length: frame.height }, (_, y) => {
    let sum = 0;
    for (let x = 0; x < frame.width; x++) sum += luma.readUInt16LE(y * line + 2 * x) / 4;
    return sum / frame.width;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
