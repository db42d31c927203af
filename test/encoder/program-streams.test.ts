import { describe, expect, test } from 'vitest';
import { AccessUnits } from '../../src/encoder/access-units.ts';
import { isRandomAccess, type NalCodec } from '../../src/encoder/annex-b.ts';
import { IvfUnits } from '../../src/encoder/ivf-units.ts';
import { makeIvf } from '../sources/make-ivf.ts';

/** What comes of a stream that arrives in pieces of this size, as text. */
function inPieces(
  reader: { push(bytes: Uint8Array): Uint8Array[] },
  bytes: Uint8Array,
  pieceBytes: number,
): string[] {
  const units: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    units.push(...reader.push(bytes.subarray(at, at + pieceBytes)).map(hex));
  }
  return units;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('IVF from a pipe', () => {
  const units = ['first', '', 'the third'].map((text) => Buffer.from(text));
  // A program that cannot seek announces no frames.
  const bytes = makeIvf(units, { width: 640, height: 360 }, 0);

  test('gives the same units wherever it is cut', () => {
    for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes++) {
      const reader = new IvfUnits();
      expect(inPieces(reader, bytes, pieceBytes)).toEqual(units.map(hex));
      reader.end();
    }
  });

  test('that ends inside a picture, or is no IVF, is told', () => {
    const reader = new IvfUnits();
    reader.push(bytes.subarray(0, -1));
    expect(() => reader.end()).toThrow('Its IVF stream ends in the middle of a picture, 20 bytes into it.');
    expect(() => new IvfUnits().push(Buffer.alloc(64))).toThrow('it does not begin with DKIF');
  });
});

describe('Annex B from a pipe', () => {
  const DELIMITERS: Record<NalCodec, string> = {
    h264: '00000001 0910',
    hevc: '00000001 460150',
    vvc: '00000001 00a108',
  };
  const KEYS: Record<NalCodec, string> = { h264: '6588', hevc: '2801', vvc: '0041' };

  test.each(['h264', 'hevc', 'vvc'] as const)(
    '%s gives the same access units wherever it is cut',
    (codec) => {
      const delimiter = DELIMITERS[codec];
      const pictures = [
        `00000001 ${KEYS[codec]}aa00000301bb`,
        '000001 0251cc 00000001 0252dd',
        '00000001 0253',
      ];
      const bytes = Buffer.from(
        pictures
          .map((unit) => delimiter + unit)
          .join('')
          .replaceAll(' ', ''),
        'hex',
      );
      const expected = pictures.map((unit) => unit.replaceAll(' ', ''));
      for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes++) {
        const reader = new AccessUnits(codec);
        const units = [...inPieces(reader, bytes, pieceBytes), ...reader.end().map(hex)];
        // A zero that leads a start code may stay with the unit before.
        expect(units.map((unit) => unit.replace(/^00000001/, '000001'))).toEqual(
          expected.map((unit) => unit.replace(/^00000001/, '000001')),
        );
        expect(units.map((unit) => isRandomAccess(Buffer.from(unit, 'hex'), codec))).toEqual([
          true,
          false,
          false,
        ]);
      }
    },
  );
});
