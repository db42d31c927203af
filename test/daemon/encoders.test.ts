import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { type MadeSource, makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';
import { readFrameNumbers, readVideoPackets } from './read-video.ts';

/** A quality in the middle; the fastest preset where none is named. */
function optionsFor(encoder: EncoderName, preset: string | null): JobOptions {
  const { presets, quality, bitDepth } = encoderOf(encoder);
  const crf = Math.round((quality.min + quality.max) / 2);
  const place = preset === null ? presets.length - 1 : presets.indexOf(preset);
  return { ...FAST, encoder, preset: place, crf, bitDepth };
}

describe('every encoder keeps every frame, in order, at its time', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  let source: MadeSource;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    source = await makeSource('h264-vfr-mkv', folder.path);
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  test.each([
    ['x265', 'mkv', null],
    ['x265', 'mp4', null],
    ['x264', 'mkv', null],
    ['x264', 'mp4', null],
    // Pictures that refer to each other in a pyramid are stored two before they are shown.
    ['x265', 'mkv', 'medium'],
    ['x264', 'mkv', 'medium'],
    ['x264', 'mp4', 'medium'],
  ] as const)('%s in %s, preset %s', async (encoder, extension, preset) => {
    const output = join(folder.path, `${encoder}-${preset}.${extension}`);
    const options = optionsFor(encoder, preset);
    const { job } = await daemon.submit({ input: source.path, output, options });
    const { phase, error, summary } = await untilOver(daemon, job.id);
    expect([phase, error, summary?.retries]).toEqual(['done', null, []]);
    expect(summary?.chunkCount).toBeGreaterThan(1);
    expect(await readFrameNumbers(output)).toEqual(source.frameNumbers);
    expect((await timesOf(output)).map((seconds) => seconds.toFixed(2))).toEqual(
      (await timesOf(source.path)).map((seconds) => seconds.toFixed(2)),
    );
    const report = await verifyFiles(source.path, output, () => undefined);
    expect(report.differences).toEqual([]);
  });
});

/** When a file's pictures are shown, in that order. */
async function timesOf(path: string): Promise<number[]> {
  const packets = await readVideoPackets(path);
  return packets.map(({ seconds }) => seconds ?? Number.NaN).sort((a, b) => a - b);
}
