import { expect, test } from 'vitest';
import { straightScore } from '../../src/quality/straight-score.ts';

test('the order of scores stays, to the very end and through it', () => {
  const scores = Array.from({ length: 1001 }, (_, step) => step / 10);
  const straight = scores.map((score) => straightScore('vmaf', score));
  expect(straight.every((value, i) => i === 0 || value > (straight[i - 1] as number))).toBe(true);
  expect(straight.every(Number.isFinite)).toBe(true);
  // No leap where the logarithm ends.
  expect(straightScore('vmaf', 99.001) - straightScore('vmaf', 98.999)).toBeLessThan(0.01);
});

test('what lacks half as much is a step of 3 dB, and decibels stay what they are', () => {
  expect(straightScore('vmaf', 95) - straightScore('vmaf', 90)).toBeCloseTo(3.01, 2);
  expect(straightScore('ssim', 17.5)).toBe(17.5);
});
