import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EncoderBuilds } from '../../node/daemon/encoder-builds.ts';
import { findEncoders } from '../../node/daemon/find-encoders.ts';
import { openBuildBook } from '../../node/storage/build-book.ts';
import { buildProbe } from '../../src/encoder/build-probe.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';

const SETTINGS = defaultSettings({
  width: 1280,
  height: 720,
  bitDepth: 10,
  frameRate: { num: 25, den: 1 },
  sampleAspectRatio: { num: 1, den: 1 },
  colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 },
  masteringDisplay: null,
  contentLight: null,
});
const BUILD = { digest: 'ab'.repeat(32), encoder: 'SVT-AV1 by hand' };

describe('encoder builds', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vadeio-builds-'));
    path = join(directory, 'builds.json');
  });
  // A book writes itself down behind its user's back.
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

  test('are measured once for the same settings, also when asked twice at once and after a restart', async () => {
    const probes: EncodeSettings[] = [];
    const measure = async (probe: EncodeSettings) => {
      probes.push(probe);
      return BUILD;
    };
    const book = await openBuildBook(path);
    const builds = new EncoderBuilds(book);
    const both = await Promise.all([builds.of(SETTINGS, measure), builds.of(SETTINGS, measure)]);
    expect(both).toEqual([BUILD, BUILD]);
    await book.flush();
    const restarted = new EncoderBuilds(await openBuildBook(path));
    expect(await restarted.of(SETTINGS, measure)).toEqual(BUILD);
    expect(probes).toEqual([buildProbe(SETTINGS)]);
    await restarted.of({ ...SETTINGS, preset: 9 }, measure);
    expect(probes).toHaveLength(2);
  });

  test('of a program are measured for every job: what it links to may have been replaced', async () => {
    const measured: string[] = [];
    const measure = async ({ encoder }: EncodeSettings) => {
      measured.push(encoder);
      return BUILD;
    };
    const builds = new EncoderBuilds(await openBuildBook(path));
    const settings = defaultSettings(SETTINGS.picture, 'aomenc');
    await builds.of(settings, measure);
    await builds.of(settings, measure);
    expect(measured).toEqual(['aomenc', 'aomenc']);
  });

  test('a program is listed with its version where it is, and what the user named wrongly is told', async () => {
    const program = join(directory, 'rav1e');
    await writeFile(program, '#!/bin/sh\necho "rav1e 9.8.7 (release)"\n', { mode: 0o755 });
    const { PATH } = process.env;
    Object.assign(process.env, { PATH: directory, VADEIO_AOMENC: join(directory, 'none') });
    try {
      const found = await findEncoders(
        new EncoderBuilds(await openBuildBook(path)),
        directory,
        AbortSignal.timeout(60_000),
      );
      expect(found.filter(({ words }) => !words.includes('FFmpeg'))).toEqual([
        {
          words: `no aomenc: $VADEIO_AOMENC names ${join(directory, 'none')}, which is no program. Name another, or unset it.`,
          isThere: false,
        },
        { words: `rav1e 9.8.7 (${program})`, isThere: true },
      ]);
    } finally {
      process.env.PATH = PATH;
      delete process.env.VADEIO_AOMENC;
    }
  });

  test('a measure that failed is tried again', async () => {
    const builds = new EncoderBuilds(await openBuildBook(path));
    await expect(builds.of(SETTINGS, async () => Promise.reject(new Error('no memory')))).rejects.toThrow(
      'no memory',
    );
    expect(await builds.of(SETTINGS, async () => BUILD)).toEqual(BUILD);
  });

  test.each([
    '',
    'no JSON',
    '{"version":1,"builds":[["a",{"digest":"short","encoder":"x"}]]}',
    '{"version":2}',
  ])('a book that cannot be read is an empty one: %j', async (text) => {
    await writeFile(path, text);
    const builds = new EncoderBuilds(await openBuildBook(path));
    expect(await builds.of(SETTINGS, async () => BUILD)).toEqual(BUILD);
  });

  test('this machine’s own encoder is named with its version', async () => {
    const book = await openBuildBook(path);
    const folder = dirname(path);
    const { signal } = new AbortController();
    const encoders = await findEncoders(new EncoderBuilds(book), folder, signal);
    // Programs that are installed follow.
    expect(encoders.slice(0, 3).map(({ words }) => words)).toEqual([
      expect.stringMatching(/^SVT-AV1 \d+\.\d+\S* via FFmpeg \d/),
      expect.stringMatching(/^x265 \d+\.\d+\S* via FFmpeg \d/),
      expect.stringMatching(/^x264 \d+ via FFmpeg \d/),
    ]);
    await book.flush();
    // From the book: no process is started for it any more.
    const again = new EncoderBuilds(await openBuildBook(path));
    const embedded = await findEncoders(again, join(folder, 'missing'), signal);
    expect(embedded).toEqual(encoders);
  });
});
