import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

const WIDTH = 320;
const HEIGHT = 180;
/** What each side of a clip shows: as much of the picture's middle as there is room for beside the line. */
const HALF = 158;

test('before the film is encoded, three clips show its source beside what their zones make of it', async () => {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const daemon = await startLoneDaemon(join(folder.path, 'state'));
  onTestFinished(() => daemon.shutDown('the test is over'));
  const { path: input } = await makeSource('h264-closed-mp4', folder.path);
  // The middle clip lies in a zone that is to have a score.
  const target = { ...parseScoreTarget('psnr=39-42'), model: 'auto', minCrf: null, maxCrf: null } as const;
  const plain = { preset: null, crf: null, target: null, grain: null, params: null };
  const zone = { ...plain, start: { frame: 40 }, end: { frame: 70 }, target };
  const options = { ...FAST, crf: 63, previews: true, zones: [zone] };
  const request = { input, output: join(folder.path, 'film.av1.mkv'), options };
  const { job } = await daemon.submit(request);
  const { phase, notes } = await untilOver(daemon, job.id);
  expect(phase).toBe('done');
  const [, scored = ''] =
    /before \(left\) and after \(right\): film\.av1\.preview-1\.mkv \(CRF 63\), film\.av1\.preview-2\.mkv \(CRF \d+, PSNR ([\d.]+) dB\), film\.av1\.preview-3\.mkv \(CRF 63\)/.exec(
      notes.join('\n'),
    ) ?? [];
  expect(Number(scored)).toBeGreaterThanOrEqual(39);
  expect(Number(scored)).toBeLessThanOrEqual(42);
  const clips = (await readdir(folder.path)).filter((name) => name.includes('preview'));
  expect(clips.sort()).toEqual([1, 2, 3].map((number) => `film.av1.preview-${number}.mkv`));

  const middle = await cut(input, 80);
  for (const clip of clips) {
    const path = join(folder.path, clip);
    const [before, after] = [await cut(path, 0), await cut(path, WIDTH - HALF)];
    expect(before.length).toBeGreaterThanOrEqual(24);
    const [first = new Uint8Array()] = before;
    const start = indexOfLeast(middle.map((frame) => difference(frame, first)));
    for (const [i, frame] of before.entries()) {
      const source = middle[start + i] ?? new Uint8Array();
      expect(difference(frame, source)).toBeLessThan(1.5);
      // Coarsely encoded, and the same moment all the same.
      const made = difference(after[i] ?? new Uint8Array(), source);
      expect(made).toBeGreaterThan(difference(frame, source));
      expect(made).toBeLessThan(25);
    }
  }
});

/** Luma of some columns of every frame, in 8 bits. */
async function cut(path: string, from: number): Promise<Uint8Array[]> {
  const cuts: Uint8Array[] = [];
  for await (const { frame } of decodeSource(path)) {
    const [luma] = frame.data ?? [];
    const [stride = 0] = frame.linesize;
    if (luma === undefined) throw new Error(`a frame of ${path} has no samples`);
    const isWide = stride >= 2 * WIDTH;
    cuts.push(
      Uint8Array.from({ length: HALF * HEIGHT }, (_, at) => {
        const [row, column] = [Math.floor(at / HALF), from + (at % HALF)];
        return isWide
          ? luma.readUInt16LE(row * stride + 2 * column) >> 2
          : (luma[row * stride + column] ?? 0);
      }),
    );
  }
  return cuts;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 255)), 0) / a.length;
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
