import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FrameRange } from '../../src/media/frame-range.ts';
import { LEAD_IN_KEYFRAMES } from '../../src/media/slice-range.ts';
import { MAX_LEAD_IN } from '../../src/schedule/limits.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { fingerprintSlice, writeSlice } from '../sources/slice-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'damaged-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** What a scan on several threads made of damaged pictures was different each time, and never what slices gave. */
test('damaged pictures are in every slice what they are in the scan', async () => {
  const path = join(directory, 'clip.mp4');
  await makeRealClip(path, {
    firstFrame: 96,
    frameCount: 120,
    filters: 'scale=640:360',
    params: 'bframes=3:b-adapt=0:keyint=24:weightp=0',
  });
  expect(await mostLeadInNeeded(path, [13, 30, 31, 55, 77, 101])).toBeLessThanOrEqual(MAX_LEAD_IN);
});

test('where keyframes are damaged, too, slices begin far enough back to give what the scan gave', async () => {
  const path = join(directory, 'keyframes.mp4');
  await makeRealClip(path, {
    firstFrame: 96,
    frameCount: 120,
    filters: 'scale=320:180',
    params: 'bframes=2:b-adapt=0:keyint=12:scenecut=0:weightp=0',
  });
  const keyframes = Array.from({ length: 9 }, (_, i) => 12 * (i + 1));
  const needed = await mostLeadInNeeded(path, [7, 20, ...keyframes]);
  expect(needed).toBeLessThanOrEqual(MAX_LEAD_IN);
  expect(LEAD_IN_KEYFRAMES[needed]).toBeGreaterThan(2);
});

/** Damages these packets. Of all chunks, the most tries until a slice gives the scan's frames; beyond MAX_LEAD_IN: none does. */
async function mostLeadInNeeded(path: string, tags: readonly number[]): Promise<number> {
  const whole = await scanSource(path, directory);
  const file = await open(path, 'r+');
  for (const tag of tags) {
    const [{ offset, sizeBytes } = { offset: 0, sizeBytes: 0 }] = await whole.files.packets(tag, tag + 1);
    await file.write(Buffer.alloc(24, 0xa5), 0, 24, offset + Math.floor(sizeBytes / 3));
  }
  await file.close();
  const damaged = await scanSource(path, directory);
  expect(await fingerprintsOf(damaged)).not.toEqual(await fingerprintsOf(whole));
  let most = 0;
  for (const range of damaged.chunks) most = Math.max(most, await leadInNeeded(path, damaged, range));
  await whole.files.close();
  await damaged.files.close();
  return most;
}

async function leadInNeeded(path: string, damaged: ScannedSource, range: FrameRange): Promise<number> {
  const expected = await fingerprintsOf(damaged, range);
  const slice = join(directory, 'slice');
  for (let leadIn = 0; leadIn <= MAX_LEAD_IN; leadIn++) {
    await writeSlice(slice, path, damaged, range, { leadIn });
    if (Buffer.from(await fingerprintSlice(slice)).equals(expected)) return leadIn;
  }
  return MAX_LEAD_IN + 1;
}

async function fingerprintsOf(
  { files, frameCount }: ScannedSource,
  range = { startFrame: 0, endFrame: frameCount },
): Promise<Buffer> {
  const frames = await files.frames(range.startFrame, range.endFrame);
  return Buffer.concat(frames.map(({ fingerprint }) => fingerprint));
}
