import { expect, test } from 'vitest';
import { bdRate, type RatePoint } from '../../src/quality/bd-rate.ts';

/** SVT-AV1 at CRF 47, 41, 35, 29, 23, as bytes and VMAF of a second of film. */
const FILM: readonly RatePoint[] = [
  { bytes: 31_000, score: 84.1 },
  { bytes: 45_500, score: 89.6 },
  { bytes: 68_200, score: 93.3 },
  { bytes: 104_000, score: 95.8 },
  { bytes: 160_000, score: 97.4 },
];

function scaled(points: readonly RatePoint[], by: number): RatePoint[] {
  return points.map(({ bytes, score }) => ({ bytes: bytes * by, score }));
}

test('is by how many bytes a curve lies beside another, wherever both were measured', () => {
  expect(bdRate(FILM, FILM)).toBe(0);
  expect(bdRate(FILM, scaled(FILM, 0.9))).toBeCloseTo(-0.1, 10);
  expect(bdRate(FILM, scaled(FILM, 1.25))).toBeCloseTo(0.25, 10);
  // The same curve at other points of it: by interpolation within two percent.
  const others = [FILM[0], FILM[2], FILM[4]] as RatePoint[];
  expect(Math.abs(bdRate(FILM, others) ?? 1)).toBeLessThan(0.02);
});

test('does not depend on the order of points, and turns round with the curves', () => {
  const better = scaled(FILM, 0.8);
  expect(bdRate([...FILM].reverse(), better)).toBeCloseTo(-0.2, 10);
  expect(bdRate(better, FILM)).toBeCloseTo(0.25, 10);
});

test('is over the scores that both reach, and is none where there are no such', () => {
  const low = FILM.slice(0, 2);
  const high = FILM.slice(3);
  expect(bdRate(low, high)).toBeNull();
  expect(bdRate(FILM, [])).toBeNull();
  expect(bdRate(FILM, FILM.slice(0, 1))).toBeNull();
  // Only between VMAF 89.6 and 95.8 it differs.
  const part = scaled(FILM.slice(1, 4), 0.9);
  expect(bdRate(FILM, part)).toBeCloseTo(-0.1, 2);
});
