import { expect, test } from 'vitest';
import { detourFrom } from '../../src/quality/detour.ts';

const SCALE = { min: 1, max: 63 };

function steps(asked: number, scale = SCALE): (number | null)[] {
  const spoiled = new Set<number>();
  const taken: (number | null)[] = [];
  for (;;) {
    const crf = detourFrom(asked, spoiled, scale);
    taken.push(crf);
    if (crf === null) return taken;
    spoiled.add(crf);
  }
}

test('what is asked for is taken as long as nothing speaks against it', () => {
  expect(detourFrom(42, new Set(), SCALE)).toBe(42);
  expect(detourFrom(42, new Set([41, 43]), SCALE)).toBe(42);
});

test('what is spoiled is left for something better near it, then for worse, and at last given up', () => {
  expect(steps(42)).toEqual([42, 41, 40, 38, 34, 26, 10, 43, null]);
});

test('nothing beyond the encoder’s scale is tried', () => {
  expect(steps(2)).toEqual([2, 1, 3, null]);
  expect(steps(63)).toEqual([63, 62, 61, 59, 55, 47, 31, null]);
  expect(steps(35.5, { min: 35, max: 36 })).toEqual([35.5, null]);
});
