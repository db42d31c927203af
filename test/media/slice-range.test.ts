import { expect, test } from 'vitest';
import { LEAD_IN_KEYFRAMES, sliceRange } from '../../src/media/slice-range.ts';

/** Open GOPs of I B B P B B in decode order: each keyframe but the first is shown after two frames decoded later. */
const KEYFRAMES = [
  { tag: 0, frame: 0 },
  { tag: 7, frame: 9 },
  { tag: 16, frame: 18 },
  { tag: 25, frame: 27 },
];

test('starts at the last keyframe that is decoded and shown before the first wanted frame', () => {
  expect(sliceRange([16, 19, 20], 18, KEYFRAMES, 0)).toEqual({ startTag: 16, endTag: 21 });
});

test('goes one keyframe back where frames before it are decoded after it', () => {
  expect(sliceRange([17, 18, 16], 16, KEYFRAMES, 0)).toEqual({ startTag: 7, endTag: 19 });
});

test('ends with the last packet that is needed, wherever its frame is shown', () => {
  expect(sliceRange([30, 28, 29], 30, KEYFRAMES, 0)).toEqual({ startTag: 25, endTag: 31 });
});

test('goes further back by keyframes of lead-in, at most to the first packet', () => {
  expect(sliceRange([16, 19], 18, KEYFRAMES, 1).startTag).toBe(7);
  expect(sliceRange([16, 19], 18, KEYFRAMES, 2).startTag).toBe(0);
  expect(sliceRange([7, 8], 9, KEYFRAMES, 2).startTag).toBe(0);
  const many = Array.from({ length: 20 }, (_, i) => ({ tag: 10 * i, frame: 10 * i }));
  const starts = LEAD_IN_KEYFRAMES.map((_, leadIn) => sliceRange([195], 195, many, leadIn).startTag);
  expect(starts).toEqual([190, 180, 170, 110, 0]);
});

test('starts at the first packet where no keyframe comes before', () => {
  expect(sliceRange([3, 4], 3, [], 0)).toEqual({ startTag: 0, endTag: 5 });
  expect(sliceRange([3, 4], 3, [{ tag: 2, frame: 9 }], 0).startTag).toBe(0);
});

test('of nothing is a mistake', () => {
  expect(() => sliceRange([], 0, KEYFRAMES, 0)).toThrow('at least one wanted frame');
});
