import { expect, test } from 'vitest';
import { GridHistory } from '../../src/media/grid-change.ts';
import { ShotDetector } from '../../src/media/shots.ts';

/** A grid of 40 by 20 that shows picture number `shot`, moved sideways by `shift`, brightened by `light`. */
function grid(shot: number, shift = 0, light = 0): Uint8Array {
  return Uint8Array.from({ length: 800 }, (_, i) => {
    const x = (i % 40) + shift;
    const y = Math.floor(i / 40);
    const wave = 60 * Math.sin(x * (0.3 + shot * 0.17) + shot) + 50 * Math.sin(y * (0.4 + shot * 0.11));
    return Math.max(0, Math.min(255, 120 + wave + light));
  });
}

function cutsOf(grids: readonly Uint8Array[]): number[] {
  const history = new GridHistory();
  const detector = new ShotDetector();
  const settled = grids.flatMap((luma) => detector.push(history.push(luma)) ?? []);
  settled.push(...detector.end());
  expect(settled.length).toBe(grids.length);
  return settled.flatMap((frame, i) => (frame.isCut ? [i] : []));
}

/** `count` frames of a shot in slow motion. */
function shot(number: number, count: number, light = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => grid(number, i * 0.05, light));
}

test('hard cuts are found, each once, at their first frame', () => {
  expect(cutsOf([...shot(1, 30), ...shot(2, 25), ...shot(3, 30)])).toEqual([30, 55]);
});

test.each([1, 2])('a flash of %i frames is no cut', (length) => {
  expect(cutsOf([...shot(1, 30), ...shot(1, length, 100), ...shot(1, 30)])).toEqual([]);
});

test.each([1, 2])('a flash of %i frames to another picture is no cut', (length) => {
  expect(cutsOf([...shot(1, 30), ...shot(7, length), ...shot(1, 30)])).toEqual([]);
});

test('a flash that fades away is no cut', () => {
  const fading = [25, 11, 5].map((light) => grid(1, 0, light));
  expect(cutsOf([...shot(1, 30).fill(grid(1)), ...fading, ...shot(1, 30).fill(grid(1))])).toEqual([]);
});

test('a cut a few frames after a flash is found', () => {
  expect(cutsOf([...shot(1, 30), ...shot(1, 1, 100), ...shot(1, 5), ...shot(2, 30)])).toEqual([36]);
});

test('a cut in a shot that moves fast is found', () => {
  const pan = (number: number): Uint8Array[] => Array.from({ length: 30 }, (_, i) => grid(number, i * 0.25));
  expect(cutsOf([...pan(1), ...pan(4)])).toEqual([30]);
});

test('a fade to black and back is no cut', () => {
  const fade = Array.from({ length: 24 }, (_, i) => grid(1, 0, -10 * i));
  expect(cutsOf([...shot(1, 20), ...fade, ...fade.toReversed(), ...shot(1, 20)])).toEqual([]);
});

test('a dissolve is no cut', () => {
  const [from, to] = [grid(1, 19 * 0.05), grid(2)];
  const mix = Array.from({ length: 20 }, (_, i) =>
    from.map((value, at) => value + ((to[at] as number) - value) * (i / 20)),
  );
  expect(cutsOf([...shot(1, 20), ...mix, ...shot(2, 20)])).toEqual([]);
});

test('fast steady motion is no cut', () => {
  expect(cutsOf(Array.from({ length: 60 }, (_, i) => grid(1, i * 3)))).toEqual([]);
});

test('animation on threes is no row of cuts', () => {
  expect(cutsOf(Array.from({ length: 60 }, (_, i) => grid(1, Math.floor(i / 3) * 2)))).toEqual([]);
});

test('a still picture with noise has no cuts', () => {
  expect(cutsOf(Array.from({ length: 40 }, (_, i) => grid(1, 0, i % 7 === 0 ? 1 : 0)))).toEqual([]);
});

test('one frame alone has none', () => {
  expect(cutsOf([grid(1)])).toEqual([]);
  expect(cutsOf([])).toEqual([]);
});
