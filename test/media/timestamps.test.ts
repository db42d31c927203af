import { expect, test } from 'vitest';
import { TimestampRebuilder } from '../../src/media/timestamps.ts';

function rebuild(
  frameTicks: number,
  list: readonly (number | null)[],
): { pts: number[]; rebuilt: number[]; count: number } {
  const clock = new TimestampRebuilder(frameTicks);
  const all = list.map((pts) => clock.next(pts === null ? null : BigInt(pts)));
  for (const [i, { pts }] of all.entries()) if (i > 0) expect(pts).toBeGreaterThan(all[i - 1]?.pts as bigint);
  return {
    pts: all.map(({ pts }) => Number(pts)),
    rebuilt: all.flatMap(({ isRebuilt }, i) => (isRebuilt ? [i] : [])),
    count: clock.rebuiltCount,
  };
}

test('timestamps that rise are kept, however uneven', () => {
  const list = [-512, 0, 3, 4000, 4001];
  expect(rebuild(512, list)).toEqual({ pts: list, rebuilt: [], count: 0 });
});

test('missing ones follow by a frame each', () => {
  expect(rebuild(10, [100, null, null, 130, null])).toEqual({
    pts: [100, 110, 120, 130, 140],
    rebuilt: [1, 2, 4],
    count: 3,
  });
});

test('fractions of a tick do not add up over a gap', () => {
  const clock = new TimestampRebuilder(41.7083);
  for (let i = 0; i < 1000; i++) clock.next(null);
  expect(clock.next(null).pts).toBe(41708n);
});

test('a stream without any starts at the guess', () => {
  const clock = new TimestampRebuilder(2);
  expect(clock.next(null, 7n).pts).toBe(7n);
  expect(clock.next(null, 99n).pts).toBe(9n);
});

test('an equal one is moved so that the next good one still rises', () => {
  expect(rebuild(10, [100, 110, 110, 120, 130])).toEqual({
    pts: [100, 110, 115, 120, 130],
    rebuilt: [2],
    count: 1,
  });
});

test('after a clock that was set back, distances go on', () => {
  expect(rebuild(10, [5000, 5010, 0, 10, 25])).toEqual({
    pts: [5000, 5010, 5020, 5030, 5045],
    rebuilt: [2, 3, 4],
    count: 3,
  });
});

test('no duration at all still rises', () => {
  expect(rebuild(0, [5, 5, null, 5]).pts).toEqual([5, 6, 7, 8]);
});
