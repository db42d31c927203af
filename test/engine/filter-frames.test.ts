import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileFrames } from '../../node/engine/media/file-frames.ts';
import { FrameFilter } from '../../node/engine/media/filter-frames.ts';
import type { PictureSettings } from '../../node/engine/media/filter-steps.ts';
import { openProofView } from '../../node/engine/media/proof-view.ts';
import { FrameSketcher } from '../../node/engine/media/sketch-frame.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { shapeBehind } from '../../src/picture/picture-filters.ts';
import { isClose, pictureDifference } from '../../src/proof/compare-pictures.ts';
import { makeFolder } from '../daemon/one-machine.ts';
import { INTERLACED, rowContrast } from '../sources/interlaced.ts';
import { makeRealClip } from '../sources/real-clip.ts';

const INPUT = { width: 320, height: 180 };

describe('a picture goes through filters', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let clip: string;
  let interlaced: string;

  beforeAll(async () => {
    folder = await makeFolder();
    clip = join(folder.path, 'clip.mkv');
    interlaced = join(folder.path, 'interlaced.mkv');
    await makeRealClip(clip, { firstFrame: 288, frameCount: 24, filters: 'scale=320:180' });
    await makeRealClip(interlaced, {
      firstFrame: 288,
      frameCount: 48,
      ...INTERLACED,
    });
  }, 60_000);
  afterAll(() => folder.remove());

  test.each([
    'hflip',
    'vflip',
    'crop=160:90:40:20',
    'transpose=clock',
    'scale=160:90',
    'hqdn3d=4',
    'nlmeans=s=2',
    'unsharp=5:5:0.5',
    'crop=200:180:120:0,scale=100:90,hflip',
  ])('%s: every frame comes out, and the proof sees what the encoder gets', async (text) => {
    const settings = settingsFor(text);
    const { sketches, pictures } = await runThrough(clip, settings);
    expect(pictures).toHaveLength(24);
    const far = pictures
      .map((picture, i) => pictureDifference(sketches[i] as Uint8Array, picture))
      .filter((difference) => !isClose(difference));
    expect(far).toEqual([]);
  });

  test.each(['tff', 'bff'])('of fields, %s, the proof sees the one that is kept', async (order) => {
    const path = join(folder.path, `${order}.mkv`);
    const isTop = order === 'tff';
    const filters = INTERLACED.filters.replace(
      'interleave_top',
      isTop ? 'interleave_top' : 'interleave_bottom',
    );
    await makeRealClip(path, {
      ...{ firstFrame: 288, frameCount: 48 },
      filters: filters.replace('setfield=tff', `setfield=${order}`),
      params: `${order}=1`,
    });
    for (const text of ['bwdif', 'crop=200:180:120:0,bwdif=deint=interlaced,hflip']) {
      const { sketches, pictures } = await runThrough(path, settingsFor(text));
      expect(pictures.length).toBeGreaterThan(20);
      const apart = pictures.map(
        (picture, i) => pictureDifference(sketches[i] as Uint8Array, picture).lumaMean,
      );
      // With both fields, or the wrong one: 11 and more.
      expect(mean(apart)).toBeLessThan(2);
    }
  });

  test('what was not filtered does not pass for what was', async () => {
    const { sketches } = await runThrough(clip, settingsFor('hflip'));
    const { pictures } = await runThrough(clip, { ...settingsFor('hflip'), filtering: null });
    const close = pictures.filter((picture, i) =>
      isClose(pictureDifference(sketches[i] as Uint8Array, picture)),
    );
    expect(close).toEqual([]);
  });

  test('frames become wholes of their fields, as many as there were', async () => {
    const before = await combing(interlaced, { ...settingsFor('bwdif'), filtering: null });
    const after = await combing(interlaced, settingsFor('bwdif'));
    expect(after).toHaveLength(before.length);
    expect(before.length).toBeGreaterThan(20);
    expect(mean(before)).toBeGreaterThan(1.1);
    expect(mean(after)).toBeLessThan(0.9);
  });

  test('what HLG made of SDR comes back as it was, and not where it is taken for PQ', async () => {
    const hlg = join(folder.path, 'hlg.mkv');
    const fromSdr = 'setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited';
    const toHlg =
      'zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt2020:t=arib-std-b67:m=bt2020nc:r=limited';
    const filters = `scale=320:180,${fromSdr},${toHlg},format=yuv420p`;
    await makeRealClip(hlg, { firstFrame: 288, frameCount: 1, filters, crf: 1 });
    const plain = { ...settingsFor('hflip'), filtering: null };
    const mapped = (transfer: string): Promise<number[]> => {
      const tonemap = { name: 'tonemap', options: { tonemap: 'clip', transfer } } as const;
      return firstLuma(hlg, { ...plain, filtering: { input: INPUT, filters: [tonemap] } });
    };
    const sdr = await firstLuma(clip, plain);
    expect(meanDifference(await mapped('arib-std-b67'), sdr)).toBeLessThan(8);
    expect(meanDifference(await mapped('smpte2084'), sdr)).toBeGreaterThan(30);
  });

  test('a size that changes in the middle goes through the same filters', () => {
    // Covered frame by frame above for one size; here the chain is built anew and nothing of the old one is lost.
    const filter = new FrameFilter(settingsFor('bwdif'));
    return withFrames(clip, async (small) =>
      withFrames(interlaced, async (other) => {
        const counts = [
          ...take(filter, small, 3),
          ...take(filter, other, 3),
          ...[...filter.end()].map(() => 1),
        ];
        filter.free();
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
      }),
    );
  });
});

function settingsFor(text: string): PictureSettings {
  const filters = parseFilters(text).map((filter) =>
    filter.name === 'bwdif' ? { ...filter, options: { deint: 'all' } } : filter,
  );
  const sampleAspectRatio = { num: 1, den: 1 };
  const { width, height } = shapeBehind(filters, { ...INPUT, sampleAspectRatio });
  return {
    picture: {
      width,
      height,
      bitDepth: 10,
      frameRate: { num: 24, den: 1 },
      sampleAspectRatio,
      colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 },
      masteringDisplay: null,
      contentLight: null,
    },
    filtering: { input: INPUT, filters },
  };
}

/** Small pictures of the source as the scan makes them, and of what the encoder gets as the proof makes them. */
async function runThrough(
  path: string,
  settings: PictureSettings,
): Promise<{ sketches: Uint8Array[]; pictures: Uint8Array[] }> {
  const source = new FrameSketcher({ ...settings.picture, ...INPUT }, openProofView(settings));
  const encoded = new FrameSketcher(settings.picture);
  const filter = new FrameFilter(settings);
  const [sketches, pictures]: [Uint8Array[], Uint8Array[]] = [[], []];
  const keep = (frame: Frame) => pictures.push(encoded.sketch(frame).picture);
  await withFrames(path, async (frames) => {
    for (let next = frames.next(); next !== null; next = frames.next()) {
      sketches.push(source.sketch(next.frame).picture);
      for (const frame of filter.push(next.frame)) keep(frame);
    }
    for (const frame of filter.end()) keep(frame);
  });
  for (const part of [source, encoded, filter]) part.free();
  return { sketches, pictures };
}

/** Of each frame that comes out. */
async function combing(path: string, settings: PictureSettings): Promise<number[]> {
  const filter = new FrameFilter(settings);
  const found: number[] = [];
  await withFrames(path, async (frames) => {
    for (let next = frames.next(); next !== null; next = frames.next()) {
      for (const frame of filter.push(next.frame)) found.push(rowContrast(frame));
    }
    for (const frame of filter.end()) found.push(rowContrast(frame));
  });
  filter.free();
  return found;
}

/** Of every pixel of the first frame that comes out, in 10 bits. */
async function firstLuma(path: string, settings: PictureSettings): Promise<number[]> {
  const filter = new FrameFilter(settings);
  const luma: number[] = [];
  await withFrames(path, async (frames) => {
    const next = frames.next();
    if (next === null) throw new Error('the clip is empty');
    for (const frame of filter.push(next.frame)) {
      const [rows] = frame.data as [Buffer];
      const line = frame.linesize[0] as number;
      for (let y = 0; y < frame.height; y++) {
        for (let x = 0; x < frame.width; x++) luma.push(rows.readUInt16LE(y * line + 2 * x));
      }
      break;
    }
  });
  filter.free();
  return luma;
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  return mean(a.map((value, i) => Math.abs(value - (b[i] as number))));
}

function* take(filter: FrameFilter, frames: FileFrames, count: number): Generator<number> {
  for (let i = 0; i < count; i++) {
    const next = frames.next();
    if (next === null) throw new Error('the clip is too short');
    yield [...filter.push(next.frame)].length;
  }
}

async function withFrames(path: string, use: (frames: FileFrames) => Promise<unknown>): Promise<void> {
  const frames = await FileFrames.open(path);
  try {
    await use(frames);
  } finally {
    await frames.close();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
