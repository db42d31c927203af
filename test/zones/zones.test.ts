import { expect, test } from 'vitest';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { inVariant, MAX_VARIANTS, variantIndex, variantsOf } from '../../src/zones/coding-variants.ts';
import { boundsOf, type Zone, zoneAt } from '../../src/zones/zone.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';

const PLAIN = { preset: null, crf: null, target: null, grain: null, params: null };
const settings = defaultSettings(PICTURE, 'svt-av1');

test('a zone holds its start and not its end, and times hold from the first frame at or behind them', () => {
  const zones: Zone[] = [
    { ...PLAIN, start: { frame: 10 }, end: { frame: 20 } },
    { ...PLAIN, start: { seconds: 2 }, end: null },
  ];
  const at = (frame: number, seconds: number) => zoneAt(zones, { frame, seconds });
  expect([at(9, 0.9), at(10, 1), at(19, 1.9), at(20, 1.99), at(21, 2.01), at(900, 90)]).toEqual([
    ...[null, 0, 0, null, 1, 1],
  ]);
  // Matroska rounds to milliseconds: this is a frame at 2 s.
  expect(at(48, 1.9995)).toBe(1);
  expect(boundsOf([...zones, { ...PLAIN, start: { frame: 5 }, end: { frame: 10 } }])).toEqual({
    frames: [5, 10, 20],
    seconds: [2],
  });
});

test('zones that differ by their CRF alone need no settings of their own', () => {
  const zones: Zone[] = [
    { ...PLAIN, start: { frame: 0 }, end: { frame: 1 }, crf: 20 },
    { ...PLAIN, start: { frame: 1 }, end: { frame: 2 }, grain: 8 },
    { ...PLAIN, start: { frame: 2 }, end: { frame: 3 }, grain: 8, crf: 30 },
  ];
  const variants = variantsOf(zones, settings);
  expect(zones.map((zone) => variantIndex(zone, settings, variants))).toEqual([null, 0, 0]);
  expect(inVariant(settings, variants, 0)).toEqual({ ...settings, grain: 8 });
  expect(() => inVariant(settings, variants, 1)).toThrow(/variant 1 was named/);
});

test('what a file cannot hold is refused', () => {
  const many = Array.from({ length: MAX_VARIANTS + 1 }, (_, grain) => ({
    ...{ ...PLAIN, start: { frame: grain }, end: { frame: grain + 1 }, grain: grain + 1 },
  }));
  expect(() => variantsOf(many, settings)).toThrow(/at most 8 are taken/);
  const slow: Zone = { ...PLAIN, start: { frame: 0 }, end: null, preset: 1 };
  expect(() => variantsOf([slow], defaultSettings(PICTURE, 'x264'))).toThrow(/its file has one header/);
});
