import { expect, test } from 'vitest';
import { readPixelFormat } from '../../src/media/pixel-format.ts';

test.each([
  ['yuv420p', 8, '420', 0],
  ['yuvj422p', 8, '422', 0],
  ['yuv444p12le', 12, '444', 4],
  ['yuva420p10le', 10, '420', 2],
  ['nv12', 8, '420', 0],
  ['p010le', 10, '420', 8],
  ['p416le', 16, '444', 8],
])('%s is read directly', (name, bitDepth, chroma, shiftTo8) => {
  const facts = readPixelFormat(name);
  expect(facts).toMatchObject({ bitDepth, chroma, isRgb: false, isGray: false });
  expect(facts.layout?.shiftTo8).toBe(shiftTo8);
});

test('interleaved chroma is told apart by its order', () => {
  expect(readPixelFormat('nv12').layout?.components[1]).toEqual({ plane: 1, offset: 0 });
  expect(readPixelFormat('nv21').layout?.components[1]).toEqual({ plane: 1, offset: 1 });
});

test.each([
  ['rgb24', { bitDepth: 8, isRgb: true, hasAlpha: false }],
  ['gbrap12le', { bitDepth: 12, isRgb: true, hasAlpha: true }],
  ['rgba64le', { bitDepth: 16, isRgb: true, hasAlpha: true }],
  ['pal8', { bitDepth: 8, isRgb: true }],
  ['gray10le', { bitDepth: 10, isGray: true, chroma: null }],
  ['yuyv422', { bitDepth: 8, chroma: '422' }],
  ['y210le', { bitDepth: 10, chroma: '422' }],
  ['yuv420p10be', { bitDepth: 10, chroma: '420' }],
])('%s has to be converted', (name, facts) => {
  expect(readPixelFormat(name)).toMatchObject({ ...facts, layout: null });
});
