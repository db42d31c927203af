import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSlice } from '../../node/engine/encode/decode-slice.ts';
import { openSliceFile } from '../../node/slice/parse-slice.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';
import { MAX_LEAD_IN } from '../../src/schedule/limits.ts';
import { decodeSource, hashFrame } from '../sources/decode-source.ts';
import { makeSource, readFrameNumber, SOURCE_KINDS, type SourceKind } from '../sources/make-source.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { writeSlice } from '../sources/slice-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bit-exact-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Sources whose keyframes do not reset everything: the plain rule's slice may miss frames, one keyframe more has them. */
const NEEDS_LEAD_IN: readonly SourceKind[] = ['h264-intra-refresh-mkv'];

/** Random ranges besides the chunks, the same in every run. */
function randomRanges(frameCount: number, count: number): FrameRange[] {
  let state = 20_260_821;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => {
    const startFrame = next(frameCount);
    return { startFrame, endFrame: Math.min(frameCount, startFrame + 1 + next(40)) };
  });
}

/**
 * Ranges that begin just before a keyframe is shown: in an open GOP those frames are decoded after it, and refer to
 * the GOP before.
 */
function rangesBeforeKeyframes(scan: ScannedSource): FrameRange[] {
  return scan.keyframes
    .filter(({ frame }) => frame > 2)
    .slice(0, 4)
    .map(({ frame }) => ({ startFrame: frame - 2, endFrame: Math.min(scan.frameCount, frame + 6) }));
}

async function decodeRange(
  path: string,
  scan: ScannedSource,
  range: FrameRange,
  leadIn: number,
): Promise<string[]> {
  const file = join(directory, 'slice');
  await writeSlice(file, path, scan, range, { leadIn });
  await using slice = await openSliceFile(file);
  const hashes: string[] = [];
  for await (const frame of decodeSlice(slice)) hashes.push(hashFrame(frame));
  return hashes;
}

describe('every slice of every kind of source decodes to the frames of a whole-file decode', () => {
  test.each(SOURCE_KINDS)('%s', async (kind) => {
    const source = await makeSource(kind, directory);
    const scan = await scanSource(source.path, directory);
    const whole: string[] = [];
    const numbers: (number | null)[] = [];
    for await (const { frame } of decodeSource(source.path)) {
      whole.push(hashFrame(frame));
      numbers.push(readFrameNumber(frame));
    }
    if (source.frameNumbers !== null) expect(numbers).toEqual(source.frameNumbers);
    expect(scan.frameCount).toBe(whole.length);
    expect(scan.chunks.at(0)?.startFrame).toBe(0);
    expect(scan.chunks.at(-1)?.endFrame).toBe(whole.length);

    for (const range of [...scan.chunks, ...randomRanges(whole.length, 3), ...rangesBeforeKeyframes(scan)]) {
      const expected = whole.slice(range.startFrame, range.endFrame);
      const attempts: unknown[] = [];
      const most = NEEDS_LEAD_IN.includes(kind) ? MAX_LEAD_IN : 0;
      for (let leadIn = 0; leadIn <= most; leadIn++) {
        const got = await decodeRange(source.path, scan, range, leadIn).catch(
          (error: Error) => error.message,
        );
        attempts.push(got);
        if (JSON.stringify(got) === JSON.stringify(expected)) break;
      }
      expect(attempts.at(-1), `frames ${range.startFrame} to ${range.endFrame}`).toEqual(expected);
    }
    await scan.files.close();
  });
});
