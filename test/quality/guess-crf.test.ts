import { expect, test } from 'vitest';
import { guessCrf } from '../../src/quality/guess-crf.ts';

const START = { crf: 32, scorePerCrf: 0.4 };

test('nothing is known before the first chunk', () => {
  expect(guessCrf([], 95, START)).toEqual(START);
});

test('a chunk that was probed once says where the aim is, by the slope that is expected', () => {
  expect(guessCrf([[{ crf: 30, score: 96 }]], 95, START)).toEqual({ crf: 32.5, scorePerCrf: 0.4 });
});

test('the median of the latest chunks counts, so that one odd shot changes nothing', () => {
  const steady = [
    { crf: 30, score: 95.5 },
    { crf: 31, score: 95 },
  ];
  const odd = [
    { crf: 10, score: 95 },
    { crf: 12, score: 70 },
  ];
  expect(guessCrf([steady, odd, steady], 95, START)).toEqual({ crf: 31, scorePerCrf: 0.5 });
});

test('what was long ago is forgotten', () => {
  const old = [{ crf: 50, score: 95 }];
  const recent = [{ crf: 25, score: 95 }];
  const film = [...Array.from({ length: 20 }, () => old), ...Array.from({ length: 7 }, () => recent)];
  expect(guessCrf(film, 95, START).crf).toBe(25);
});
