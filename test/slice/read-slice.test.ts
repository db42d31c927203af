import { appendFile, copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSliceFile } from '../../node/slice/parse-slice.ts';
import { describeSlice, streamSlice } from '../../node/slice/read-slice.ts';
import { decodeSliceHeader, encodeSliceHeader, type SliceHeader } from '../../node/slice/slice-format.ts';
import { makeSource } from '../sources/make-source.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { writeSlice } from '../sources/slice-file.ts';

let directory: string;
let path: string;
let scan: ScannedSource;
const RANGE = { startFrame: 20, endFrame: 50 };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slice-'));
  ({ path } = await makeSource('mpeg2-ts', directory));
  scan = await scanSource(path, directory);
});
afterAll(async () => {
  await scan.files.close();
  await rm(directory, { recursive: true });
});

describe('a slice', () => {
  test('has exactly the bytes that its description announces, in pieces of at most 256 KiB', async () => {
    const slice = await describeSlice(scan.files, scan.codec, scan.keyframes, RANGE, 0);
    let bytes = 0;
    for await (const piece of streamSlice(slice, scan.files, path)) {
      expect(piece.length).toBeLessThanOrEqual(256 * 1024);
      bytes += piece.length;
    }
    expect(bytes).toBe(slice.bytes);
    expect(slice.frameCount).toBe(30);
  });

  test('is read back packet by packet, each with the digest of the scan', async () => {
    const file = join(directory, 'slice');
    const description = await writeSlice(file, path, scan, RANGE);
    await using slice = await openSliceFile(file);
    const tags: number[] = [];
    for await (const packet of slice.packets()) tags.push(packet.tag);
    expect(tags).toEqual(description.packets.map((_, i) => description.firstTag + i));
    expect(slice.header.codec).toEqual(scan.codec);
  });

  test('is the same content with more lead-in, another with other frames', async () => {
    const describeIt = (startFrame: number, leadIn: number) =>
      describeSlice(scan.files, scan.codec, scan.keyframes, { startFrame, endFrame: 60 }, leadIn);
    const plain = await describeIt(40, 0);
    const longer = await describeIt(40, 1);
    expect(longer.bytes).toBeGreaterThan(plain.bytes);
    expect(longer.contentDigest).toBe(plain.contentDigest);
    expect((await describeIt(41, 0)).contentDigest).not.toBe(plain.contentDigest);
  });

  test('is the same content out of another file', async () => {
    const copy = join(directory, 'copy.ts');
    await copyFile(path, copy);
    const other = await scanSource(copy, directory);
    const digests = await Promise.all(
      [scan, other].map(async ({ files, codec, keyframes }) =>
        describeSlice(files, codec, keyframes, RANGE, 0),
      ),
    );
    expect(digests[0]?.contentDigest).toBe(digests[1]?.contentDigest);
    await other.files.close();
  });
});

describe('a source that changed since it was scanned', () => {
  async function readOf(kind: 'h264-open-mkv', change: (path: string) => Promise<void>): Promise<void> {
    const source = await makeSource(kind, directory);
    const scanned = await scanSource(source.path, directory);
    const slice = await describeSlice(scanned.files, scanned.codec, scanned.keyframes, RANGE, 0);
    await change(source.path);
    try {
      for await (const _ of streamSlice(slice, scanned.files, source.path));
    } finally {
      await scanned.files.close();
    }
  }

  test('by a byte is refused with a sentence', async () => {
    const changeMiddle = async (file: string): Promise<void> => {
      const bytes = await readFile(file);
      const at = Math.floor(bytes.length * 0.25);
      bytes.fill(0x55, at, at + 40);
      await writeFile(file, bytes);
    };
    await expect(readOf('h264-open-mkv', changeMiddle)).rejects.toThrow(/changed since it was scanned/);
  });

  test('that was cut short or is gone is refused with a sentence', async () => {
    await expect(readOf('h264-open-mkv', (file) => truncate(file, 5000))).rejects.toThrow(/was cut short/);
    await expect(readOf('h264-open-mkv', (file) => rm(file))).rejects.toThrow(/can no longer be opened/);
  });
});

describe('a slice from a stranger', () => {
  const HEADER: SliceHeader = {
    version: 1,
    codec: {} as SliceHeader['codec'],
    firstTag: 10,
    wanted: [10, 12],
    packets: [5, 6, 7].map((sizeBytes) => ({ sizeBytes, flags: 1, sideData: null })),
  };

  test('is taken when it is one', () => {
    const header = { ...HEADER, codec: scan.codec };
    expect(decodeSliceHeader(encodeSliceHeader(header).subarray(4))).toEqual(header);
  });

  test.each([
    [{ wanted: [13] }, /wants the frame of packet 13/],
    [{ wanted: [9] }, /wants the frame of packet 9/],
    [{ wanted: [] }, /not valid at wanted/],
    [{ packets: [] }, /not valid at packets/],
    [{ firstTag: -1 }, /not valid at firstTag/],
    [{ version: 2 as 1 }, /not valid at version/],
    [{ packets: [{ sizeBytes: 2 ** 40, flags: 0, sideData: null }] }, /not valid at packets/],
  ])('is refused when %o', (change, sentence) => {
    expect(() => encodeSliceHeader({ ...HEADER, codec: scan.codec, ...change })).toThrow(sentence);
  });

  test('is refused when it is longer than it says, and when its header is too long', async () => {
    const file = join(directory, 'stranger');
    await writeSlice(file, path, scan, RANGE);
    await appendFile(file, 'x');
    await expect(openSliceFile(file)).rejects.toThrow(/its header announces/);
    const handle = await open(file, 'r+');
    await handle.write(Uint8Array.of(255, 255, 255, 255), 0, 4, 0);
    await handle.close();
    await expect(openSliceFile(file)).rejects.toThrow(/announces a header of 4294967295 bytes/);
    expect(() => decodeSliceHeader(Buffer.from('nonsense'))).toThrow(/header is not/);
  });
});
