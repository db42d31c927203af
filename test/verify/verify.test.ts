import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type { VerifyReport } from '../../node/engine/messages.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { planCarry } from '../../src/container/carry.ts';
import type { SourceVideo } from '../../src/media/source-video.ts';
import { KEEP_ALL, runAssemble, temporaryFolder } from '../assemble/assemble-fixture.ts';
import { encodeChunk, SETTINGS, writeTimestamps } from '../assemble/make-chunks.ts';
import { makeFrames, makeRichSource, must } from '../assemble/rich-source.ts';

const FRAME_COUNT = 40;
const FRAME_TICKS = 40n;

let folder: { path: string; remove: () => Promise<void> };
let sourcePath: string;
let source: SourceVideo;
const sourcePts = Array.from({ length: FRAME_COUNT }, (_, i) => BigInt(i) * FRAME_TICKS);

beforeAll(async () => {
  folder = await temporaryFolder();
  sourcePath = join(folder.path, 'source.mkv');
  await makeRichSource({ path: sourcePath, format: 'matroska', pts: sourcePts, timeBase: [1, 1000] });
  source = await inspectSource(sourcePath);
});

afterAll(() => folder.remove());

/** An output that holds these pictures of the source at these times, made by the real encoder and muxer. */
async function outputOf(pictures: readonly number[], pts: readonly bigint[]): Promise<string> {
  const outputPath = join(folder.path, 'output.mkv');
  const all = makeFrames(Math.max(...pictures) + 1);
  const frames = pictures.map((index): Frame => must(must(all[index]).clone()));
  for (const frame of all) frame.free();
  const chunk = join(folder.path, 'chunk.ivf');
  await encodeChunk(chunk, frames);
  await writeTimestamps(folder.path, pts);
  const frameCount = pictures.length;
  const messages = await runAssemble(
    {
      type: 'assemble',
      sourcePath,
      outputPath,
      source,
      settings: SETTINGS,
      carry: planCarry(source, 'matroska', KEEP_ALL),
      scanDirectory: folder.path,
    },
    [
      { type: 'append', path: chunk, startFrame: 0, frameCount },
      { type: 'finish', frameCount },
    ],
  );
  expect(messages.at(-1)).toMatchObject({ type: 'assembled' });
  return outputPath;
}

async function verify(output: string): Promise<VerifyReport> {
  return verifyFiles(sourcePath, output, () => {});
}

const inOrder = Array.from({ length: FRAME_COUNT }, (_, i) => i);

test('an honest output is equal', async () => {
  const report = await verify(await outputOf(inOrder, sourcePts));
  expect(report).toMatchObject({
    isEqual: true,
    sourceFrameCount: FRAME_COUNT,
    outputFrameCount: FRAME_COUNT,
    maxTimestampErrorSeconds: 0,
    differences: [],
  });
});

test('a dropped frame is named', async () => {
  const without = <T>(list: readonly T[]): T[] => list.filter((_, index) => index !== 17);
  const report = await verify(await outputOf(without(inOrder), without(sourcePts)));
  expect(report.isEqual).toBe(false);
  expect(report.differences).toEqual([
    'The output has 39 frames, the source has 40.',
    'Frame 17 of the source is missing from the output.',
  ]);
});

test('a frame that was dropped and its gap closed is seen in the pictures', async () => {
  const report = await verify(
    await outputOf(
      inOrder.filter((index) => index !== 17),
      sourcePts.slice(0, -1),
    ),
  );
  expect(report.isEqual).toBe(false);
  expect(report.differences).toContain('Frame 17 of the output shows frame 18 of the source, not frame 17.');
});

test('swapped frames are named', async () => {
  const swapped = inOrder.with(20, 21).with(21, 20);
  const report = await verify(await outputOf(swapped, sourcePts));
  expect(report.isEqual).toBe(false);
  expect(report.differences).toEqual([
    'Frame 20 of the output shows frame 21 of the source, not frame 20.',
    'Frame 21 of the output shows frame 20 of the source, not frame 21.',
  ]);
});

test('shifted timestamps are told, the first twenty of them', async () => {
  const report = await verify(
    await outputOf(
      inOrder,
      sourcePts.map((pts) => pts + 3n),
    ),
  );
  expect(report.isEqual).toBe(false);
  expect(report.differences).toHaveLength(20);
  expect(report.differences[0]).toBe(
    "Frame 0 of the output stands at 0.003000 s, the source's at 0.000000 s.",
  );
  expect(report.maxTimestampErrorSeconds).toBeCloseTo(0.003, 6);
});

test('another picture is told', async () => {
  const report = await verify(await outputOf(inOrder.with(30, 300), sourcePts));
  expect(report.isEqual).toBe(false);
  expect(report.differences).toHaveLength(1);
  expect(report.differences[0]).toMatch(/^Frame 30 of the output (does not look like|shows) frame/);
});

test('a file that is no video is refused with a sentence', async () => {
  await expect(verify(join(folder.path, 'chunk.ivf.missing'))).rejects.toThrow(
    /cannot be opened|does not exist/,
  );
});
