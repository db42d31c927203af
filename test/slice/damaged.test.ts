import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_LEAD_IN } from '../../src/media/slice-range.ts';
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
  const whole = await scanSource(path, directory);
  const file = await open(path, 'r+');
  for (const tag of [13, 30, 31, 55, 77, 101]) {
    const [{ offset, sizeBytes } = { offset: 0, sizeBytes: 0 }] = await whole.files.packets(tag, tag + 1);
    await file.write(Buffer.alloc(24, 0xa5), 0, 24, offset + Math.floor(sizeBytes / 3));
  }
  await file.close();
  const damaged = await scanSource(path, directory);
  expect(await fingerprintsOf(damaged)).not.toEqual(await fingerprintsOf(whole));
  for (const range of damaged.chunks) {
    const expected = await fingerprintsOf(damaged, range);
    const slice = join(directory, 'slice');
    for (let leadIn = 0; leadIn <= MAX_LEAD_IN; leadIn++) {
      await writeSlice(slice, path, damaged, range, { leadIn });
      const got = Buffer.from(await fingerprintSlice(slice));
      if (got.equals(expected)) break;
      expect(leadIn, `frames ${range.startFrame} to ${range.endFrame}`).toBeLessThan(MAX_LEAD_IN);
    }
  }
  await whole.files.close();
  await damaged.files.close();
});

async function fingerprintsOf(
  { files, frameCount }: ScannedSource,
  range = { startFrame: 0, endFrame: frameCount },
): Promise<Buffer> {
  const frames = await files.frames(range.startFrame, range.endFrame);
  return Buffer.concat(frames.map(({ fingerprint }) => fingerprint));
}
