import { expect, test } from 'vitest';
import { fillCurve } from '../../src/quality/rate-curve.ts';
import { pointsOf, recordedCurves } from './recorded-curves.ts';

const RANGE = { min: 1, max: 63, step: 1 };

/** As a survey tries them, and between these. */
const TRIED = [18, 26, 36, 45];
const HIDDEN = [22, 31, 40];

test.each(recordedCurves().films)('$name: what was not tried is as the curve says', ({ chunks }) => {
  for (const crf of HIDDEN) {
    const film = { frames: 0, bytes: 0, likelyBytes: 0, error: 0 };
    for (const chunk of chunks) {
      const points = pointsOf(chunk);
      const real = points.find((point) => point.crf === crf);
      const curve = fillCurve(
        points.filter((point) => TRIED.includes(point.crf)),
        RANGE,
      );
      const likely = curve.find((point) => point.crf === crf);
      if (real === undefined || likely === undefined) continue;
      film.frames += chunk.frames;
      film.bytes += real.bytes;
      film.likelyBytes += likely.bytes;
      film.error += (likely.score - real.score) * chunk.frames;
    }
    expect(film.frames).toBeGreaterThan(0);
    // A straight line is off by up to 0.64.
    expect(Math.abs(film.error / film.frames)).toBeLessThan(0.15);
    expect(Math.abs(film.likelyBytes / film.bytes - 1)).toBeLessThan(0.025);
  }
});

test('a curve keeps between its points, and goes on beyond them as they do', () => {
  const points = [
    { crf: 20, bytes: 4_000, score: 95 },
    { crf: 22, bytes: 2_000, score: 94 },
    { crf: 26, bytes: 1_000, score: 94 },
  ];
  const curve = fillCurve(points, RANGE, 2);
  expect(curve.map(({ crf }) => crf)).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28]);
  expect(curve.slice(4, 9).map(({ score }) => score)).toEqual([94, 94, 94, 94, 94]);
  expect(curve[0]?.bytes).toBeCloseTo(8_000);
  expect(curve[0]?.score).toBeCloseTo(96);
  expect(fillCurve(points.slice(0, 1), RANGE, 9)).toEqual(points.slice(0, 1));
});
