import { expect, test } from 'vitest';
import type { ShotCurve } from '../../src/quality/allocate.ts';
import { equalise } from '../../src/quality/equalise.ts';

/** A shot that takes `ease` times fewer bytes for the same score. */
function shot(frameCount: number, ease: number): ShotCurve {
  const points = Array.from({ length: 600 }, (_, place) => {
    const score = 10 + place / 50;
    return { crf: 63 - place / 10, score, bytes: (frameCount * 1000 * 1.2 ** (score - 10)) / ease };
  });
  return { frameCount, points, leastScore: 0 };
}

const SHOTS = [shot(50, 1), shot(100, 1.2), shot(20, 0.9)];
const BYTES = 400_000;

function bytesOf(points: readonly { readonly bytes: number }[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0);
}

test('all shots have the same score, as high as the bytes allow', () => {
  const chosen = equalise(SHOTS, { bytes: BYTES, mostScore: null });
  const scores = chosen.map(({ score }) => score);
  expect(Math.max(...scores) - Math.min(...scores)).toBeLessThan(0.03);
  expect(bytesOf(chosen)).toBeLessThanOrEqual(BYTES);
  expect(bytesOf(chosen)).toBeGreaterThan(0.99 * BYTES);
});

test('no more bits are spent than the score needs that is enough', () => {
  const chosen = equalise(SHOTS, { bytes: BYTES, mostScore: 14 });
  for (const { score } of chosen) expect(Math.abs(score - 14)).toBeLessThan(0.03);
  expect(bytesOf(chosen)).toBeLessThan(0.9 * BYTES);
});

test('a shot that is far easier or harder than the rest has half of the mean bits, or a third more', () => {
  const shots = [shot(50, 4), shot(100, 1.5), shot(50, 0.5)];
  const chosen = equalise(shots, { bytes: BYTES, mostScore: null });
  const shares = chosen.map(({ bytes }, place) => bytes / (shots[place]?.frameCount ?? 0) / (BYTES / 200));
  expect(shares[0]).toBeGreaterThanOrEqual(0.5);
  expect(shares[0]).toBeLessThan(0.51);
  expect(shares[2]).toBeLessThanOrEqual(1.35);
  expect(shares[2]).toBeGreaterThan(1.34);
  expect(bytesOf(chosen)).toBeLessThanOrEqual(BYTES);
});
