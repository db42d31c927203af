import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../src/report/format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [25_349_999, '25.3 MB'],
  [99_960_000, '100 MB'],
  [999_700, '1.0 MB'],
  [20e9, '20.0 GB'],
  [5000e12, '5000 TB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [3599.6, '1 h 00 min'],
  [3725, '1 h 02 min'],
  [86_399, '1 d 00 h'],
  [100 * 3600, '4 d 04 h'],
])('%d seconds read as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('only what is finished is 100 %', () => {
  expect(formatPercent(0.99999)).toBe('99.9 %');
  expect(formatPercent(1)).toBe('100.0 %');
  expect(formatPercent(308 / 720)).toBe('42.8 %');
  expect(formatPercent(2.018)).toBe('201.8 %');
});

test('counts and rates carry their units', () => {
  expect([formatCount(1, 'frame'), formatCount(0, 'frame')]).toEqual(['1 frame', '0 frames']);
  expect([formatRate(24.55), formatRate(123.4)]).toEqual(['24.6 frames/s', '123 frames/s']);
});
