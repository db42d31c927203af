import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodecFacts } from '../../node/engine/messages.ts';
import { FINGERPRINT_BYTES } from '../../src/media/sketch.ts';
import { compareFingerprints } from '../../src/proof/compare-fingerprints.ts';
import { decodeSource, hashFrame } from '../sources/decode-source.ts';
import { encodeFilm } from '../sources/encode-track.ts';
import { muxTracks } from '../sources/mux-tracks.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { fingerprintSlice, writeSlice } from '../sources/slice-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fingerprints-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function expectedOf(scan: ScannedSource, start: number, end: number): Promise<Uint8Array[]> {
  return (await scan.files.frames(start, end)).map((frame) => frame.fingerprint);
}

describe('one damaged block of one chroma plane', () => {
  /** HD, where one sample of every 8x8 block is fingerprinted and no more. */
  const FILM = { width: 1280, height: 720, pixelFormat: 'yuv420p', shots: [8], isInterlaced: false };
  const DAMAGED_FRAME = 5;

  async function makeLossless(name: string, retouch: (frame: Frame, index: number) => void): Promise<string> {
    const path = join(directory, name);
    const options = { preset: 'ultrafast', qp: '0', 'x264-params': 'keyint=4:bframes=2' };
    const track = await encodeFilm(FILM, { codec: 'libx264', options, frameRate: [24, 1], retouch });
    await muxTracks(path, 'matroska', [track]);
    track.parameters.free();
    return path;
  }

  /** Moves the samples of one block by one step. */
  function damage(plane: 1 | 2, left: number, top: number): (frame: Frame, index: number) => void {
    return (frame, index) => {
      if (index !== DAMAGED_FRAME) return;
      const data = frame.data?.[plane];
      const lineSize = frame.linesize[plane] ?? 0;
      for (let y = top; y < top + 8; y++) {
        for (let x = left; x < left + 8; x++) {
          const at = y * lineSize + x;
          data?.writeUInt8((data[at] ?? 0) + 1, at);
        }
      }
    };
  }

  test.each([
    [1, 0, 0],
    [1, 343, 201],
    [2, 632, 352],
    [2, 129, 350],
  ] as const)('plane %i at %i, %i is refused at its frame', async (plane, left, top) => {
    const whole = await makeLossless('whole.mkv', () => undefined);
    const damaged = await makeLossless('damaged.mkv', damage(plane, left, top));
    const scan = await scanSource(whole, directory);
    const damagedScan = await scanSource(damaged, directory);
    const expected = await expectedOf(scan, 0, 8);
    const slice = join(directory, 'slice');

    await writeSlice(slice, whole, scan, { startFrame: 0, endFrame: 8 });
    expect(compareFingerprints(expected, await fingerprintSlice(slice))).toBeNull();

    await writeSlice(slice, damaged, damagedScan, { startFrame: 0, endFrame: 8 });
    expect(compareFingerprints(expected, await fingerprintSlice(slice))).toBe(DAMAGED_FRAME);
    await Promise.all([scan.files.close(), damagedScan.files.close()]);
  });
});

describe('a stream that says it was made by an old x264', () => {
  const RANGE = { startFrame: 30, endFrame: 60 };

  /**
   * Before core 34 x264 took other motion vectors for blocks that are predicted from nothing but a B-frame; FFmpeg
   * decodes such a stream as it was meant, by the SEI in its very first packet.
   */
  async function makeOld(): Promise<string> {
    const path = join(directory, 'old.mkv');
    const film = { width: 320, height: 180, pixelFormat: 'yuv420p', shots: [60], isInterlaced: false };
    const params = 'keyint=20:min-keyint=20:scenecut=0:bframes=7:b-pyramid=normal:b-adapt=0:direct=spatial';
    const options = { preset: 'medium', crf: '24', 'x264-params': params };
    const track = await encodeFilm(film, { codec: 'libx264', options, frameRate: [24, 1] });
    await muxTracks(path, 'matroska', [track]);
    track.parameters.free();
    await writeBuild(path, '033');
    return path;
  }

  /** Rewrites the number in x264's SEI text. */
  async function writeBuild(path: string, build: string): Promise<void> {
    const bytes = await readFile(path);
    const at = bytes.indexOf('x264 - core ');
    expect(at).toBeGreaterThan(0);
    bytes.write(build, at + 'x264 - core '.length, 'latin1');
    await writeFile(path, bytes);
  }

  async function hashesOf(path: string, change: (facts: CodecFacts) => CodecFacts): Promise<string[]> {
    const hashes: string[] = [];
    for await (const { frame } of decodeSource(path, change)) hashes.push(hashFrame(frame));
    return hashes;
  }

  test('decodes right with its build passed on, and is refused without', async () => {
    const path = await makeOld();
    const scan = await scanSource(path, directory);
    expect(scan.codec.x264Build).toBe(33);
    const expected = await expectedOf(scan, RANGE.startFrame, RANGE.endFrame);
    const slice = join(directory, 'slice');

    await writeSlice(slice, path, scan, RANGE);
    expect(compareFingerprints(expected, await fingerprintSlice(slice))).toBeNull();

    const withheld = { ...scan.codec, x264Build: null };
    await writeSlice(slice, path, scan, RANGE, { codec: withheld });
    expect(compareFingerprints(expected, await fingerprintSlice(slice))).not.toBeNull();
    await scan.files.close();
  });

  test('really decodes otherwise by a new x264, so that the test above can fail', async () => {
    const path = await makeOld();
    const asOld = await hashesOf(path, (facts) => facts);
    await writeBuild(path, '165');
    const asNew = await hashesOf(path, (facts) => facts);
    expect(asNew).toHaveLength(asOld.length);
    expect(asNew).not.toEqual(asOld);
  });
});

describe('fingerprints', () => {
  const expected = [1, 2, 3].map((value) => new Uint8Array(FINGERPRINT_BYTES).fill(value));

  test('that are equal match', () => {
    expect(compareFingerprints(expected, Buffer.concat(expected))).toBeNull();
  });

  test('differ at the first byte that differs, at a missing frame, at a frame too many', () => {
    const wrong = Buffer.concat(expected);
    wrong[2 * FINGERPRINT_BYTES - 1] = 9;
    expect(compareFingerprints(expected, wrong)).toBe(1);
    expect(compareFingerprints(expected, Buffer.concat(expected.slice(0, 2)))).toBe(2);
    expect(compareFingerprints(expected, Buffer.concat([...expected, new Uint8Array(1)]))).toBe(3);
  });
});
