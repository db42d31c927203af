import { expect, test } from 'vitest';
import { buildProbe } from '../../src/encoder/build-probe.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { EncodedPicture } from '../../src/encoder/settings.ts';

const PICTURE: EncodedPicture = {
  width: 1920,
  height: 1080,
  bitDepth: 10,
  frameRate: { num: 25, den: 1 },
  sampleAspectRatio: { num: 4, den: 3 },
  colour: { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 },
  masteringDisplay: null,
  contentLight: { maxContent: 1000, maxFrameAverage: 400 },
};

test('a build is measured alike for sources that differ in their labels alone', () => {
  const settings = defaultSettings(PICTURE);
  const other = { ...PICTURE, frameRate: { num: 24, den: 1 }, contentLight: null };
  expect(buildProbe({ ...settings, picture: other })).toEqual(buildProbe(settings));
});

test('and apart for whatever decides how pictures are coded', () => {
  const settings = defaultSettings(PICTURE);
  const others = [
    { ...settings, preset: settings.preset + 1 },
    { ...settings, rate: { type: 'quality' as const, value: 20 } },
    { ...settings, encoder: 'x265' as const },
    { ...settings, grain: 8 },
    { ...settings, params: { tune: '0' } },
    { ...settings, picture: { ...PICTURE, bitDepth: 8 as const } },
  ];
  for (const other of others) expect(buildProbe(other)).not.toEqual(buildProbe(settings));
});
