import { expect, test } from 'vitest';
import { createBucket, takeBytes } from '../../src/mesh/token-bucket.ts';

const RATE = 1_000_000;

test('several transfers together keep to the cap over any second after the first burst', () => {
  const bucket = createBucket(RATE, 0);
  const sent: { atMs: number; bytes: number }[] = [];
  const nextMs = [0, 0, 0];
  while (Math.min(...nextMs) < 10_000) {
    const transfer = nextMs.indexOf(Math.min(...nextMs));
    const nowMs = nextMs[transfer] ?? 0;
    const atMs = nowMs + takeBytes(bucket, 10_000 * (transfer + 1), nowMs);
    sent.push({ atMs, bytes: 10_000 * (transfer + 1) });
    nextMs[transfer] = atMs;
  }
  const bytesIn = (fromMs: number, toMs: number): number =>
    sent.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).reduce((sum, { bytes }) => sum + bytes, 0);
  for (let fromMs = 0; fromMs < 9_000; fromMs += 500) {
    expect(bytesIn(fromMs, fromMs + 1000)).toBeLessThanOrEqual(RATE + bucket.burstBytes + 30_000);
    expect(bytesIn(fromMs, fromMs + 1000)).toBeGreaterThan(RATE * 0.95);
  }
});

test('a rest saves up one burst and no more', () => {
  const bucket = createBucket(RATE, 0);
  expect(takeBytes(bucket, bucket.burstBytes, 3_600_000)).toBe(0);
  expect(takeBytes(bucket, 100_000, 3_600_000)).toBeCloseTo(100);
});

test('a clock that goes back brings no bytes', () => {
  const bucket = createBucket(RATE, 1000);
  expect(takeBytes(bucket, bucket.burstBytes, 0)).toBe(0);
  expect(takeBytes(bucket, 1000, 500)).toBeCloseTo(1);
});
