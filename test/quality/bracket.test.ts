import { expect, test } from 'vitest';
import { bracketCrfs } from '../../src/quality/bracket.ts';

const RANGE = { min: 7, max: 51, step: 1 };
const NONE = new Set<number>();

test('a first guess is bracketed on both sides, and further out where more slots idle', () => {
  expect(bracketCrfs([], 30, NONE, RANGE, 1)).toEqual([27]);
  expect(bracketCrfs([], 30, NONE, RANGE, 2)).toEqual([27, 33]);
  expect(bracketCrfs([], 30, NONE, RANGE, 3)).toEqual([27, 33, 24]);
  expect(bracketCrfs([], 30, NONE, RANGE, 0)).toEqual([]);
});

test('later guesses are bracketed the nearer, the nearer they are to what was tried', () => {
  expect(bracketCrfs([{ crf: 30, score: 90 }], 20, new Set([30]), RANGE, 2)).toEqual([17, 23]);
  expect(bracketCrfs([{ crf: 30, score: 94 }], 29, new Set([30]), RANGE, 2)).toEqual([28, 27]);
  const halves = { ...RANGE, step: 0.5 };
  expect(bracketCrfs([{ crf: 30, score: 94 }], 29, new Set([30]), halves, 2)).toEqual([28.5, 29.5]);
});

test('nothing is tried outside of the range or twice', () => {
  expect(bracketCrfs([], 8, NONE, RANGE, 2)).toEqual([11, 14]);
  expect(bracketCrfs([], 30, new Set([27, 33]), RANGE, 2)).toEqual([24, 36]);
  expect(bracketCrfs([], 30, NONE, { min: 30, max: 30, step: 1 }, 2)).toEqual([]);
});
