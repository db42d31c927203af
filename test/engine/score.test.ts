import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findVmaf, VMAF_FFMPEG_VARIABLE } from '../../node/engine/score/find-vmaf.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { NO_WISHES, type PictureWishes } from '../../src/picture/plan-filters.ts';
import { METRICS } from '../../src/quality/metric.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { makeFolder } from '../daemon/one-machine.ts';
import { makeSource } from '../sources/make-source.ts';
import { makeRealClip } from '../sources/real-clip.ts';

const provider = await findVmaf();

describe('scores', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  /** The same pictures with other timestamps, in another container, encoded by another encoder. */
  let other: string;
  /** A piece of a real film, and what a bad encoder would make of it. */
  let sharp: string;
  let soft: string;

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-late-start-mkv', folder.path)).path;
    other = (await makeSource('vp8-webm', folder.path)).path;
    const piece = { firstFrame: 288, frameCount: 8, crf: 4 };
    [sharp, soft] = [join(folder.path, 'sharp.mkv'), join(folder.path, 'soft.mkv')];
    await makeRealClip(sharp, { ...piece, filters: 'scale=320:180' });
    await makeRealClip(soft, { ...piece, filters: 'scale=320:180,gblur=sigma=1.5' });
  });
  afterAll(() => folder.remove());

  const mean = async (source: string, output: string, metric: 'xpsnr' | 'ssim' | 'psnr'): Promise<number> =>
    poolScores(await scoreFiles(source, output, { metric }, () => undefined), MEAN);

  test.each(['xpsnr', 'ssim', 'psnr'] as const)(
    '%s: equal files get the most, never infinity',
    async (metric) => {
      const scores = await scoreFiles(film, film, { metric }, () => undefined);
      expect(scores).toHaveLength(120);
      expect(new Set(scores)).toEqual(new Set([METRICS[metric].most]));
    },
  );

  test('frames are paired by number, whatever their timestamps are', async () => {
    // Shifted by one frame the pictures' numbers differ, and so would their scores.
    expect(await mean(film, other, 'psnr')).toBeGreaterThan(28);
  });

  test('XPSNR has the reference the right way round: a blurred one would hide nothing', async () => {
    // Swapped it is 24.1 dB.
    expect(await mean(sharp, soft, 'xpsnr')).toBeGreaterThan(27);
  });

  test('files of unequal length are refused with a sentence', async () => {
    const short = (await makeSource('h264-one-frame-mp4', folder.path)).path;
    await expect(scoreFiles(film, short, { metric: 'psnr' }, () => undefined)).rejects.toThrow(
      /The output ends after 1 frames and the source does not/,
    );
  });

  test('an output that was cropped is refused unless it is said how', async () => {
    const cropped = join(folder.path, 'cropped.mkv');
    const piece = { firstFrame: 288, frameCount: 8, crf: 4 };
    await makeRealClip(cropped, { ...piece, filters: 'scale=320:180,crop=320:136:0:22' });
    const score = (wishes: Partial<PictureWishes>) =>
      scoreFiles(sharp, cropped, { metric: 'psnr' }, () => undefined, undefined, { ...NO_WISHES, ...wishes });
    await expect(score({})).rejects.toThrow(/320x136 has another shape than the source's of 320x180/);
    const filters = parseFilters('crop=320:136:0:22');
    expect(poolScores(await score({ filters }), MEAN)).toBeGreaterThan(40);
  });

  test('an FFmpeg that was named and cannot do it is refused, not passed over', async () => {
    const fake = join(folder.path, 'fake-ffmpeg');
    await writeFile(fake, '#!/bin/sh\necho none\n', { mode: 0o755 });
    await expect(findVmaf({ [VMAF_FFMPEG_VARIABLE]: fake })).rejects.toThrow(/is no FFmpeg with libvmaf/);
    await rm(fake);
  });

  describe.skipIf(provider === null)('VMAF (skipped where no FFmpeg with libvmaf is found)', () => {
    const ffmpeg = provider?.path ?? '';

    test('tells a good encode from its source by little, and pairs frames by number', async () => {
      const measure = { metric: 'vmaf', ffmpeg, model: 'auto' } as const;
      const equal = await scoreFiles(film, film, measure, () => undefined);
      const encoded = await scoreFiles(film, other, measure, () => undefined);
      expect([equal.length, encoded.length]).toEqual([120, 120]);
      expect(poolScores(equal, MEAN)).toBeGreaterThan(97);
      expect(poolScores(encoded, MEAN)).toBeLessThan(poolScores(equal, MEAN));
    });

    test('has the reference the right way round: what was blurred is worse', async () => {
      const measure = { metric: 'vmaf', ffmpeg, model: 'auto' } as const;
      const scores = await scoreFiles(sharp, soft, measure, () => undefined);
      // Swapped it is 92.9, as nothing is missing then.
      expect(poolScores(scores, MEAN)).toBeLessThan(60);
    });

    test.each(['4k', 'phone', 'neg'] as const)('the model %s is there', async (model) => {
      const one = (await makeSource('h264-one-frame-mp4', folder.path)).path;
      const copy = join(folder.path, `${model}.mp4`);
      await copyFile(one, copy);
      expect(await scoreFiles(one, copy, { metric: 'vmaf', ffmpeg, model }, () => undefined)).toHaveLength(1);
    });

    test('a score that is interrupted leaves nothing behind', async () => {
      // A place of its own: tests that run beside this one score, too.
      const before = process.env.TMPDIR;
      const temporary = await mkdtemp(join(folder.path, 'temporary-'));
      process.env.TMPDIR = temporary;
      onTestFinished(() => {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      });
      const stop = new AbortController();
      const idle = join(folder.path, 'idle-ffmpeg');
      await writeFile(idle, '#!/bin/sh\nexec sleep 20\n', { mode: 0o755 });
      const measure = { metric: 'vmaf', ffmpeg: idle, model: 'auto' } as const;
      const scoring = scoreFiles(film, other, measure, () => undefined, stop.signal);
      await expect.poll(() => readdir(temporary)).toHaveLength(1);
      stop.abort();
      await expect(scoring).rejects.toThrow();
      expect(await readdir(temporary)).toEqual([]);
    });

    test('an FFmpeg that ends early is an error with its words', async () => {
      const broken = join(folder.path, 'broken-ffmpeg');
      await writeFile(broken, '#!/bin/sh\necho "no luck" >&2\nexit 3\n', { mode: 0o755 });
      const measure = { metric: 'vmaf', ffmpeg: broken, model: 'auto' } as const;
      await expect(scoreFiles(film, other, measure, () => undefined)).rejects.toThrow(/ended early: no luck/);
    });
  });
});
