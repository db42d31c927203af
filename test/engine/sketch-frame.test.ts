import { AVCOL_RANGE_MPEG, type AVPixelFormat } from 'node-av/constants';
import { avGetPixFmtFromName, Frame } from 'node-av/lib';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameSketcher } from '../../node/engine/media/sketch-frame.ts';
import { type EncoderPicture, toEncoderFormat } from '../../node/engine/media/to-encoder-format.ts';
import { PICTURE_BYTES } from '../../src/media/sketch.ts';

const COLOUR = { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 };
const frames: Frame[] = [];
afterEach(() => {
  for (const frame of frames.splice(0)) frame.free();
});

interface Shape {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly align?: number;
}

/** A frame whose bytes are smooth waves, different in every plane, kept below `most`. */
function draw({ format, width, height, align = 0 }: Shape, most = 255): Frame {
  const frame = new Frame();
  frame.alloc();
  frames.push(frame);
  frame.format = avGetPixFmtFromName(format) as AVPixelFormat;
  frame.width = width;
  frame.height = height;
  frame.colorRange = AVCOL_RANGE_MPEG;
  frame.getBuffer(align);
  const planes = frame.data ?? [];
  const lines = frame.linesize;
  for (const [plane, data] of planes.entries()) {
    const line = lines[plane] as number;
    const isWide = format.endsWith('le');
    for (let at = 0; at < data.length; at++) {
      const x = at % line;
      const y = Math.floor(at / line);
      const wave = 0.5 + 0.5 * Math.sin(0.015 * x + 0.02 * y + plane);
      // The high byte of a wide sample keeps unused bits clear.
      data[at] = isWide && x % 2 === 1 ? Math.round(wave) * 2 : Math.floor(wave * most);
    }
  }
  return frame;
}

function pictureOf(width: number, height: number): EncoderPicture {
  return { width: width - (width % 2), height: height - (height % 2), bitDepth: 10, colour: COLOUR };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function fingerprint(frame: Frame): string {
  const sketcher = new FrameSketcher(pictureOf(frame.width, frame.height));
  try {
    return hex(sketcher.fingerprint(frame));
  } finally {
    sketcher.free();
  }
}

describe('a fingerprint', () => {
  const shapes: Shape[] = [
    { format: 'yuv420p', width: 320, height: 180 },
    { format: 'yuv420p', width: 1924, height: 100 },
    { format: 'yuv420p10le', width: 320, height: 180 },
    { format: 'yuv444p', width: 333, height: 77 },
    { format: 'nv12', width: 322, height: 90 },
    { format: 'p010le', width: 322, height: 90 },
    { format: 'yuva420p', width: 64, height: 48 },
    { format: 'gbrp', width: 70, height: 50 },
    { format: 'rgb24', width: 70, height: 50 },
    { format: 'gray', width: 70, height: 50 },
    { format: 'yuyv422', width: 70, height: 50 },
  ];

  test.each(shapes)('notices any changed 8x8 block of any plane: %o', (shape) => {
    const frame = draw(shape);
    const before = fingerprint(frame);
    const sampleBytes = shape.format.endsWith('le') ? 2 : 1;
    const lines = frame.linesize;
    const widths = planeWidths(shape);
    for (const [plane, data] of (frame.data ?? []).entries()) {
      const line = lines[plane] as number;
      const width = (widths[plane] ?? 0) * sampleBytes;
      const height = Math.floor(data.length / line);
      // Corners, edges and the middle, at multiples of eight samples.
      for (const [left, top] of blocks(width, height, 8 * sampleBytes)) {
        damage(data, line, left, top, Math.min(8 * sampleBytes, width - left), Math.min(8, height - top));
        expect(fingerprint(frame), `plane ${plane} block ${left},${top}`).not.toBe(before);
        damage(data, line, left, top, Math.min(8 * sampleBytes, width - left), Math.min(8, height - top));
      }
    }
    expect(fingerprint(frame)).toBe(before);
  });

  test('does not depend on how lines are padded', () => {
    const narrow = draw({ format: 'yuv420p', width: 321, height: 99, align: 1 });
    const wide = draw({ format: 'yuv420p', width: 321, height: 99, align: 64 });
    expect(wide.linesize[0]).not.toBe(narrow.linesize[0]);
    copyPlanes(narrow, wide, [321, 161, 161]);
    expect(fingerprint(wide)).toBe(fingerprint(narrow));
  });

  test('depends on size and format, not on samples alone', () => {
    const flat = [
      { format: 'yuv420p', width: 64, height: 64 },
      { format: 'yuv422p', width: 64, height: 64 },
      { format: 'yuv420p', width: 66, height: 64 },
    ].map((shape) => fingerprint(draw(shape, 0)));
    expect(new Set(flat).size).toBe(3);
  });
});

function planeWidths({ format, width }: Shape): number[] {
  const half = Math.ceil(width / 2);
  if (format === 'nv12' || format === 'p010le') return [width, 2 * half];
  if (format === 'rgb24') return [3 * width];
  if (format === 'yuyv422') return [2 * width];
  if (format === 'gray') return [width];
  if (format.includes('444') || format === 'gbrp') return [width, width, width];
  return [width, half, half, width];
}

function* blocks(width: number, height: number, step: number): Generator<[number, number]> {
  const last = (length: number, by: number): number => Math.floor((length - 1) / by) * by;
  const lefts = [0, step * Math.floor(width / step / 2), last(width, step)];
  const tops = [0, 8 * Math.floor(height / 16), last(height, 8)];
  for (const left of lefts) for (const top of tops) yield [left, top];
}

/** Flips a bit of every byte of a block; a second time takes it back. */
function damage(data: Buffer, line: number, left: number, top: number, width: number, height: number): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) data[y * line + x] = (data[y * line + x] as number) ^ 1;
  }
}

function copyPlanes(from: Frame, to: Frame, widths: readonly number[]): void {
  const [source, target] = [from.data ?? [], to.data ?? []];
  const [sourceLines, targetLines] = [from.linesize, to.linesize];
  for (const [plane, width] of widths.entries()) {
    const [a, b] = [source[plane] as Buffer, target[plane] as Buffer];
    const [sourceLine, targetLine] = [sourceLines[plane] as number, targetLines[plane] as number];
    for (let y = 0; y < a.length / sourceLine; y++) {
      a.copy(b, y * targetLine, y * sourceLine, y * sourceLine + width);
    }
  }
}

describe('a small picture', () => {
  test.each<[Shape, number]>([
    [{ format: 'yuv420p', width: 320, height: 180 }, 1],
    [{ format: 'yuv420p', width: 321, height: 181 }, 1],
    [{ format: 'yuv420p', width: 40, height: 24 }, 1],
    [{ format: 'yuv444p', width: 320, height: 180 }, 3],
    [{ format: 'yuv422p', width: 1280, height: 720 }, 3],
    [{ format: 'nv12', width: 320, height: 180 }, 1],
    [{ format: 'gray', width: 320, height: 180 }, 1],
    [{ format: 'rgb24', width: 320, height: 180 }, 1],
    [{ format: 'yuv420p10le', width: 320, height: 180 }, 0],
  ])('of %o is that of the frame that is encoded, within %i', (shape, tolerance) => {
    const frame = draw(shape);
    const picture = pictureOf(shape.width, shape.height);
    const converter = toEncoderFormat(picture);
    const [direct, encoded] = [new FrameSketcher(picture), new FrameSketcher(picture)];
    const source = direct.sketch(frame).picture;
    const result = encoded.sketch(converter.convert(frame)).picture;
    for (const part of [direct, encoded, converter]) part.free();
    expect(source.length).toBe(PICTURE_BYTES);
    const differences = source.map((value, i) => Math.abs(value - (result[i] as number)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance);
    expect(new Set(source).size).toBeGreaterThan(10);
  });
});

describe('the encoder format', () => {
  test('of 8-bit 4:2:0 is every sample times four', () => {
    const frame = draw({ format: 'yuv420p', width: 320, height: 180 });
    const converter = toEncoderFormat(pictureOf(320, 180));
    const wide = converter.convert(frame).toBuffer();
    const narrow = frame.toBuffer();
    expect(wide.length).toBe(2 * narrow.length);
    for (let i = 0; i < narrow.length; i++) {
      if (wide.readUInt16LE(2 * i) !== 4 * (narrow[i] as number)) expect.fail(`sample ${i}`);
    }
    converter.free();
  });

  test('drops the odd column and row and moves nothing', () => {
    const frame = draw({ format: 'yuv420p', width: 65, height: 33 });
    const converter = toEncoderFormat({ ...pictureOf(65, 33), bitDepth: 8 });
    const result = converter.convert(frame);
    expect([result.width, result.height]).toEqual([64, 32]);
    const [from, to] = [frame.data?.[0] as Buffer, result.data?.[0] as Buffer];
    const [fromLine, toLine] = [frame.linesize[0] as number, result.linesize[0] as number];
    for (let y = 0; y < 32; y++) {
      expect(to.subarray(y * toLine, y * toLine + 64)).toEqual(
        from.subarray(y * fromLine, y * fromLine + 64),
      );
    }
    converter.free();
  });

  test('keeps the job’s size when the stream changes its own', () => {
    const converter = toEncoderFormat(pictureOf(320, 180));
    for (const [width, height] of [
      [320, 180],
      [240, 136],
      [640, 360],
      [320, 180],
    ] as const) {
      const result = converter.convert(draw({ format: 'yuv420p', width, height }));
      expect([result.width, result.height]).toEqual([320, 180]);
    }
    converter.free();
  });

  test('keeps full range full, and gives RGB the job’s range', () => {
    const white = (format: string, range: number, colour = COLOUR): number => {
      const frame = draw({ format, width: 32, height: 32 });
      for (const plane of frame.data ?? []) plane.fill(255);
      if (format.startsWith('yuv')) for (const plane of (frame.data ?? []).slice(1)) plane.fill(128);
      frame.colorRange = range as Frame['colorRange'];
      const converter = toEncoderFormat({ width: 32, height: 32, bitDepth: 8, colour });
      const value = converter.convert(frame).data?.[0]?.[0] as number;
      converter.free();
      return value;
    };
    expect(white('yuvj420p', 2, { ...COLOUR, range: 2 })).toBe(255);
    expect(white('rgb24', 2)).toBe(235);
    expect(white('gbrp', 2)).toBe(235);
    expect(white('gray', 1)).toBe(255);
  });

  test('passes the timestamp on', () => {
    const frame = draw({ format: 'yuv420p', width: 32, height: 32 });
    frame.pts = 1234n;
    const converter = toEncoderFormat(pictureOf(32, 32));
    expect(converter.convert(frame).pts).toBe(1234n);
    converter.free();
  });
});
