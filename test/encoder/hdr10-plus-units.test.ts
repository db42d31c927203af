import { expect, test } from 'vitest';
import { withHdr10Plus } from '../../src/encoder/hdr10-plus-units.ts';

const MESSAGE = Uint8Array.of(0xb5, 0, 0x3c, 0, 1, 4, 1, 0x40);

/** An OBU with a size field. */
function obu(type: number, payload: readonly number[]): number[] {
  return [(type << 3) | 2, payload.length, ...payload];
}

const DELIMITER = obu(2, []);
const SEQUENCE = obu(1, [0x00, 0x00]);
const LIGHT_LEVELS = obu(5, [1, 3, 232, 1, 144, 0x80]);
/** Frames by the first bits of their headers: a keyframe that is shown, one that is not, a frame shown later. */
const SHOWN = obu(6, [0x10, 7, 7]);
const HIDDEN = obu(6, [0x20, 8, 8]);
const EXISTING = obu(3, [0x90]);
const METADATA = obu(5, [4, ...MESSAGE, 0x80]);

test.each<[string, readonly number[][], readonly number[][]]>([
  [
    'behind the sequence header and what the encoder tells of the film',
    [DELIMITER, SEQUENCE, LIGHT_LEVELS, SHOWN],
    [DELIMITER, SEQUENCE, LIGHT_LEVELS, METADATA, SHOWN],
  ],
  [
    'behind frames that are not shown',
    [DELIMITER, HIDDEN, HIDDEN, SHOWN],
    [DELIMITER, HIDDEN, HIDDEN, METADATA, SHOWN],
  ],
  [
    'before the header of a frame that was coded before',
    [DELIMITER, EXISTING],
    [DELIMITER, METADATA, EXISTING],
  ],
  ['where there is no delimiter', [SHOWN], [METADATA, SHOWN]],
  [
    'before the header of a frame whose tiles follow',
    [DELIMITER, obu(3, [0x30]), obu(4, [1, 2])],
    [DELIMITER, METADATA, obu(3, [0x30]), obu(4, [1, 2])],
  ],
])('in AV1 HDR10+ stands right before the frame that is shown: %s', (_, before, after) => {
  expect([...withHdr10Plus(Uint8Array.from(before.flat()), MESSAGE, 'av1')]).toEqual(after.flat());
});

test('the size of a long message takes two bytes', () => {
  const message = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
  const unit = withHdr10Plus(Uint8Array.from(SHOWN), message, 'av1');
  expect([...unit]).toEqual([0x2a, 0x80 | (302 & 0x7f), 302 >> 7, 4, ...message, 0x80, ...SHOWN]);
});

test('a temporal unit that shows nothing is refused', () => {
  const unit = Uint8Array.from([...DELIMITER, ...HIDDEN]);
  expect(() => withHdr10Plus(unit, MESSAGE, 'av1')).toThrow('shows no frame');
});

const PARAMETERS = [0, 0, 0, 1, 0x42, 1, 9, 0, 0, 0, 1, 0x44, 1, 9];
const SLICE = [0, 0, 1, 0x26, 0x02, 0x80, 5];
const SECOND_SLICE = [0, 0, 1, 0x26, 0x02, 0, 6];

test('in HEVC HDR10+ stands before the first slice, in its layer', () => {
  const unit = withHdr10Plus(
    Uint8Array.from([...PARAMETERS, ...SLICE, ...SECOND_SLICE]),
    Uint8Array.of(0xb5, 0, 0, 1, 0, 0, 0),
    'hevc',
  );
  // Behind two zeros what could be a start code has a 3 before it.
  const sei = [0, 0, 0, 1, 0x4e, 0x02, 4, 7, 0xb5, 0, 0, 3, 1, 0, 0, 3, 0, 0x80];
  expect([...unit]).toEqual([...PARAMETERS, ...sei, ...SLICE, ...SECOND_SLICE]);
});

test('a message of HEVC of 255 bytes and more tells its size in steps', () => {
  const message = Uint8Array.from({ length: 255 }, () => 9);
  const unit = withHdr10Plus(Uint8Array.from(SLICE), message, 'hevc');
  expect([...unit.subarray(0, 9)]).toEqual([0, 0, 0, 1, 0x4e, 0x02, 4, 255, 0]);
  expect(unit.length).toBe(9 + 255 + 1 + SLICE.length);
});

test('an access unit without a slice is refused, and H.264 has no place for it', () => {
  expect(() => withHdr10Plus(Uint8Array.from(PARAMETERS), MESSAGE, 'hevc')).toThrow('holds no slice');
  expect(() => withHdr10Plus(Uint8Array.from(SLICE), MESSAGE, 'h264')).toThrow('no place in h264');
});
