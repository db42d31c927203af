import { expect, test } from 'vitest';
import { canonicalJson, chunkIdentity } from '../../src/encoder/chunk-identity.ts';
import { fastSettings } from '../sources/scan-source.ts';

const ORIGIN = { sliceDigest: 'ab', frameCount: 48, build: 'cd', settings: fastSettings() };

test('the order of keys does not matter', () => {
  const { settings, ...rest } = ORIGIN;
  const { picture, ...choices } = settings;
  expect(chunkIdentity({ settings: { picture, ...choices }, ...rest })).toBe(chunkIdentity(ORIGIN));
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  );
});

test.each([
  { sliceDigest: 'ac' },
  { frameCount: 47 },
  { build: 'ce' },
  { settings: { ...fastSettings(), rate: { type: 'quality' as const, value: 36 } } },
  { settings: { ...fastSettings(), rate: { type: 'bitrate' as const, kbps: 35 } } },
  { settings: { ...fastSettings(), encoder: 'x265' as const } },
  { settings: { ...fastSettings(), passes: 2 } },
  { settings: { ...fastSettings(), grain: 8 } },
  { settings: { ...fastSettings(), params: { tune: '0' } } },
  { settings: { ...fastSettings(), picture: { ...fastSettings().picture, hdr10Plus: true as const } } },
  { settings: fastSettings(320, 182) },
  { settings: fastSettings(320, 180, 8) },
])('everything that decides the bytes does: %o', (change) => {
  expect(chunkIdentity({ ...ORIGIN, ...change })).not.toBe(chunkIdentity(ORIGIN));
});
