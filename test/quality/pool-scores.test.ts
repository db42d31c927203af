import { describe, expect, test } from 'vitest';
import { ssimDecibels } from '../../src/quality/metric.ts';
import { formatPooling, parsePooling, poolScores } from '../../src/quality/pool-scores.ts';

const SCORES = [90, 100, 80, 60];

describe('pooling', () => {
  test('by mean, harmonic mean, minimum and percentile', () => {
    expect(poolScores(SCORES, parsePooling('mean'))).toBe(82.5);
    expect(poolScores(SCORES, parsePooling('harmonic'))).toBeCloseTo(
      4 / (1 / 91 + 1 / 101 + 1 / 81 + 1 / 61) - 1,
      9,
    );
    expect(poolScores(SCORES, parsePooling('min'))).toBe(60);
    expect(poolScores(SCORES, parsePooling('p50'))).toBe(85);
    expect(poolScores(SCORES, parsePooling('p5'))).toBeCloseTo(63, 9);
    expect(poolScores([42], parsePooling('p5'))).toBe(42);
  });

  test('an infinite score is refused: metrics cap what equal pictures get', () => {
    expect(() => poolScores([30, Number.POSITIVE_INFINITY], parsePooling('mean'))).toThrow(
      /frame 1 is Infinity/,
    );
    expect(() => poolScores([], parsePooling('mean'))).toThrow(/no scores/);
    expect(ssimDecibels(1)).toBe(40);
    expect(ssimDecibels(0.99)).toBeCloseTo(20, 9);
  });

  test('reads back what it prints, and nothing else', () => {
    for (const text of ['mean', 'harmonic', 'min', 'p5', 'p25'])
      expect(formatPooling(parsePooling(text))).toBe(text);
    for (const text of ['', 'p0', 'p100', 'median', 'p5.5'])
      expect(() => parsePooling(text)).toThrow(/pooled by/);
  });
});
