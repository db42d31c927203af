import { describe, expect, test } from 'vitest';
import { findSequenceHeader } from '../../src/encoder/av1-obu.ts';
import { ivfHeader, parseIvf } from '../../src/encoder/ivf.ts';
import { makeIvf } from '../sources/make-ivf.ts';

const SIZE = { width: 640, height: 360 };

describe('IVF', () => {
  const units = [Buffer.from('first'), Buffer.from(''), Buffer.from('third')];

  test('is read as it was written', () => {
    const file = parseIvf(makeIvf(units, SIZE));
    expect(file).toMatchObject({ width: 640, height: 360, frameCount: 3 });
    expect(file.frames.map(({ pts }) => pts)).toEqual([0n, 1n, 2n]);
    expect(file.frames.map(({ data }) => Buffer.from(data).toString())).toEqual(['first', '', 'third']);
  });

  test.each(['av1', 'hevc', 'h264'] as const)('says that it holds %s', (codec) => {
    expect(parseIvf(ivfHeader({ codec, ...SIZE, frameCount: 0 })).codec).toBe(codec);
  });

  test.each([
    [Buffer.from('DKIF'), 'The result is not an IVF file: its 4 bytes do not begin with DKIF.'],
    [makeIvf(units, SIZE).subarray(0, -1), /cut short in frame 2/],
    [makeIvf(units, SIZE).subarray(0, 36), /cut short in frame 0/],
    [makeIvf(units, SIZE, 4), 'The IVF file announces 4 frames and holds 3.'],
    [makeIvf(units, SIZE).fill('VP90', 8, 12), /another codec than AV1/],
  ])('that is wrong is refused with a sentence (%#)', (bytes, sentence) => {
    expect(() => parseIvf(bytes)).toThrow(sentence);
  });
});

describe('the sequence header of a temporal unit', () => {
  const delimiter = [0x12, 0x00];
  const header = [0x0a, 0x03, 1, 2, 3];
  const frame = [0x32, 0x02, 9, 9];

  test('is found with its OBU header and size', () => {
    expect(findSequenceHeader(Uint8Array.from([...delimiter, ...header, ...frame]))).toEqual(
      Uint8Array.from(header),
    );
    expect(findSequenceHeader(Uint8Array.from([...delimiter, ...frame]))).toBeNull();
  });

  test('is found behind an OBU of a long size, with an extension byte, and without a size at the end', () => {
    const long = [0x32, 0x80, 0x01, ...new Array<number>(128).fill(7)];
    const extended = [0x0e, 0x00, 0x01, 5];
    expect(findSequenceHeader(Uint8Array.from([...long, ...extended]))).toEqual(Uint8Array.from(extended));
    expect(findSequenceHeader(Uint8Array.from([...delimiter, 0x08, 1, 2]))).toEqual(
      Uint8Array.from([0x08, 1, 2]),
    );
  });

  test.each([
    [[0x92, 0x00], /forbidden bit/],
    [[0x0a, 0x05, 1], /outside the temporal unit/],
    [[0x0a], /cut short/],
    [[0x0a, ...new Array<number>(9).fill(0x80)], /more than eight bytes/],
  ])('in bytes that are no OBUs is refused with a sentence (%#)', (bytes, sentence) => {
    expect(() => findSequenceHeader(Uint8Array.from(bytes))).toThrow(sentence);
  });
});
