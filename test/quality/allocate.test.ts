import { describe, expect, test } from 'vitest';
import { allocate, type CurvePoint, type ShotCurve } from '../../src/quality/allocate.ts';
import { fillCurve } from '../../src/quality/rate-curve.ts';

/** Bytes halve every `halving` CRFs from `bytes` at 20; the score falls from 98 by `loss` a CRF. */
function shot(frameCount: number, bytes: number, halving: number, loss: number, leastScore = 0): ShotCurve {
  const at = (crf: number): CurvePoint => ({
    crf,
    bytes: bytes * 0.5 ** ((crf - 20) / halving),
    score: 98 - loss * (crf - 20),
  });
  return {
    frameCount,
    points: fillCurve([20, 30, 40, 50].map(at), { min: 1, max: 63, step: 1 }),
    leastScore,
  };
}

const SHOTS = [shot(100, 4e6, 6, 0.3), shot(200, 1e6, 7, 0.6), shot(50, 8e5, 5, 0.2), shot(150, 3e6, 8, 0.4)];
const FRAMES = 500;

describe('equal slope', () => {
  test('meets a mean score with fewer bytes than one CRF for all', () => {
    const same = SHOTS.map((curve) => curve.points.find(({ crf }) => crf === 32) as CurvePoint);
    const goal = meanOf(same);
    const chosen = allocate(SHOTS, { meanScore: goal });
    expect(meanOf(chosen)).toBeGreaterThanOrEqual(goal);
    expect(bytesOf(chosen)).toBeLessThan(0.95 * bytesOf(same));
  });

  test('no other choice of points has as good a mean for as few bytes', () => {
    const few = SHOTS.slice(0, 3).map((curve) => ({
      ...curve,
      points: curve.points.filter(({ crf }) => crf % 5 === 0),
    }));
    const chosen = allocate(few, { meanScore: 92 });
    const bytes = bytesOf(chosen);
    const score = totalOf(chosen);
    for (const a of few[0]?.points ?? [])
      for (const b of few[1]?.points ?? [])
        for (const c of few[2]?.points ?? []) {
          const isBetter = totalOf([a, b, c]) >= score && bytesOf([a, b, c]) < bytes - 1e-6;
          expect(isBetter, `${a.crf} ${b.crf} ${c.crf}`).toBe(false);
        }
  });

  test('stays within a budget of bytes and uses it', () => {
    const chosen = allocate(SHOTS, { bytes: 3e6 });
    expect(bytesOf(chosen)).toBeLessThanOrEqual(3e6);
    expect(bytesOf(chosen)).toBeGreaterThan(0.9 * 3e6);
  });

  test('a goal out of reach gives the nearest', () => {
    expect(allocate(SHOTS, { meanScore: 100 }).every(({ crf }) => crf === 20)).toBe(true);
    expect(allocate(SHOTS, { bytes: 1 }).every(({ crf }) => crf === 50)).toBe(true);
  });

  test('no shot falls below its floor, unless it has nothing better', () => {
    const floored = [shot(100, 9e6, 6, 0.3, 95), shot(400, 1e5, 7, 0.1), shot(10, 1e6, 6, 1, 99)];
    const chosen = allocate(floored, { bytes: 1 });
    expect(chosen[0]?.score).toBeGreaterThanOrEqual(95);
    expect(chosen[2]?.crf).toBe(20);
  });

  test('a point that costs more and is worse is never chosen', () => {
    const odd: ShotCurve = {
      frameCount: 10,
      leastScore: 0,
      points: [
        { crf: 40, bytes: 100, score: 90 },
        { crf: 35, bytes: 200, score: 89 },
        { crf: 30, bytes: 300, score: 95 },
      ],
    };
    expect(allocate([odd], { bytes: 250 })[0]?.crf).toBe(40);
    expect(allocate([odd], { meanScore: 89.5 })[0]?.crf).toBe(40);
  });
});

function bytesOf(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0);
}

function totalOf(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { score }, index) => sum + score * (SHOTS[index]?.frameCount ?? 0), 0);
}

function meanOf(points: readonly CurvePoint[]): number {
  return totalOf(points) / FRAMES;
}
