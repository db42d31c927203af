import { expect, test } from 'vitest';
import {
  addRateSample,
  frameRateOf,
  predictCost,
  type RateWindow,
  silenceMs,
} from '../../src/schedule/estimate.ts';
import {
  RATE_SAMPLES,
  SILENCE_FRAMES,
  SILENCE_GROWTH,
  SILENCE_MAX_MS,
  SILENCE_MIN_MS,
  SILENCE_UNKNOWN_MS,
} from '../../src/schedule/limits.ts';

function windowOf(frameCount: number, durationMs: number): RateWindow {
  const window: RateWindow = [];
  addRateSample(window, { frameCount, cost: 2 * frameCount, durationMs });
  return window;
}

test('a chunk costs more with more frames and with more in them, in whole numbers of at least 1', () => {
  expect(predictCost(200, 0)).toBeGreaterThan(predictCost(100, 0));
  expect(predictCost(100, 500)).toBeGreaterThan(predictCost(100, 0));
  expect(predictCost(0, 0)).toBe(1);
  expect(predictCost(100, Number.NaN)).toBe(100);
  expect(Number.isInteger(predictCost(100, 33.3))).toBe(true);
});

test('a rate is learned from the latest attempts only', () => {
  const window = windowOf(100, 1_000);
  expect(frameRateOf(window)).toBeCloseTo(0.1);
  for (let count = 0; count < RATE_SAMPLES; count += 1) {
    addRateSample(window, { frameCount: 100, cost: 100, durationMs: 10_000 });
  }
  expect(frameRateOf(window)).toBeCloseTo(0.01);
  expect(frameRateOf([])).toBeNull();
});

test('how long a peer may be silent follows from its rate, within bounds', () => {
  expect(silenceMs(null, 0)).toBe(SILENCE_UNKNOWN_MS);
  expect(silenceMs(1, 0)).toBe(SILENCE_MIN_MS);
  expect(silenceMs(500, 0)).toBe(SILENCE_FRAMES * 500);
  expect(silenceMs(100_000, 0)).toBe(SILENCE_MAX_MS);
  expect(silenceMs(1, 1)).toBe(SILENCE_GROWTH * SILENCE_MIN_MS);
  expect(silenceMs(100_000, 2)).toBe(SILENCE_MAX_MS);
});
