import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { EncoderName } from '../../src/encoder/encoders.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { NO_WISHES, type PictureWishes } from '../../src/picture/plan-filters.ts';
import { hdr10PlusIn } from '../fixtures/hdr10-plus.ts';
import { makeHdr10Plus } from '../sources/dynamic-hdr.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

const SHOTS = [20, 26, 16];

describe('HDR10+ of a film', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  let source: string;
  let told: (string | null)[];

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    source = join(folder.path, 'film.mkv');
    await makeHdr10Plus(source, SHOTS);
    told = await hdr10PlusIn(source);
    // Each frame says something of its own.
    expect(new Set(told).size).toBe(SHOTS.reduce((sum, frames) => sum + frames));
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  async function encode(encoder: EncoderName, name: string, wishes: Partial<PictureWishes> = {}) {
    const { presets, quality } = encoderOf(encoder);
    const options = {
      ...FAST,
      encoder,
      preset: presets.length - 1,
      crf: Math.round((quality.min + quality.max) / 2),
      picture: { ...NO_WISHES, ...wishes },
      cuts: [20, 46],
    };
    const output = join(folder.path, name);
    const { job } = await daemon.submit({ input: source, output, options });
    const { phase, error, notes, summary } = await untilOver(daemon, job.id);
    expect([phase, error, summary?.retries]).toEqual(['done', null, []]);
    expect(summary?.chunkCount).toBeGreaterThan(2);
    return { path: output, told: await hdr10PlusIn(output), notes: notes.join(' '), summary };
  }

  test.each([
    ['svt-av1', 'mkv'],
    ['svt-av1', 'mp4'],
    ['x265', 'mkv'],
    ['x265', 'mp4'],
  ] as const)('is in the output, frame by frame, and said before: %s in %s', async (encoder, extension) => {
    const output = await encode(encoder, `${encoder}.${extension}`);
    expect(output.told).toEqual(told);
    expect(output.notes).toContain('HDR10+ metadata of every frame');
    expect(output.notes).not.toContain('lost');
    const report = await verifyFiles(source, output.path, () => undefined);
    expect(report).toMatchObject({
      isEqual: true,
      hdr10Plus: { source: told.length, output: told.length },
    });
  });

  test('stays with the frames of a picture that is cut and made smaller, which is said', async () => {
    const filters = parseFilters('crop=320:160:0:10,scale=160:80');
    const output = await encode('svt-av1', 'cut.mkv', { filters });
    expect(output.told).toEqual(told);
    expect(output.notes).toContain('as it was made: for the picture before it is cut');
  });

  test('is not said of a picture in SDR', async () => {
    const output = await encode('svt-av1', 'sdr.mkv', { tonemap: 'hable' });
    expect(output.told).toEqual(told.map(() => null));
    expect(output.notes).not.toContain('HDR10+');
  });

  test('is lost in H.264, which is said', async () => {
    const output = await encode('x264', 'x264.mkv');
    expect(output.told).toEqual(told.map(() => null));
    expect(output.notes).toContain('HDR10+ metadata is lost: it is written into AV1 and HEVC alone.');
  });
});
