import { expect, test } from 'vitest';
import { type TimedEncode, timeRatios } from '../../src/quality/encode-times.ts';

const WORKS = [10, 50, 120, 30, 80, 20];

/** Every way is tried on every piece of work, by a machine that is drawn from its number. */
function encodes(ways: readonly number[], paces: readonly number[]): TimedEncode[] {
  return ways.flatMap((slowness, way) =>
    WORKS.map((seconds, work) => {
      const peer = (way * 7 + work * 5 + way * work) % paces.length;
      return {
        ...{ way, work: String(work), peer: `p${peer}` },
        seconds: slowness * seconds * (paces[peer] ?? 1),
      };
    }),
  );
}

test('a way takes so much longer than the first, whoever tried it', () => {
  for (const paces of [[1], [1, 3], [1, 0.4, 6]]) {
    const ratios = timeRatios(encodes([1, 1.5, 0.8], paces));
    expect(ratios.get(0)).toBe(1);
    expect(ratios.get(1)).toBeCloseTo(1.5, 2);
    expect(ratios.get(2)).toBeCloseTo(0.8, 2);
  }
});

test('an encode now and then that took much longer, as the first of an engine does, changes nothing', () => {
  const timed = encodes([1, 1.5, 0.8], [1]);
  const odd = timed.map((one, index) => (index % 8 === 0 ? { ...one, seconds: 4 * one.seconds } : one));
  expect(Math.abs((timeRatios(odd).get(1) ?? 0) / 1.5 - 1)).toBeLessThan(0.04);
  expect(Math.abs((timeRatios(odd).get(2) ?? 0) / 0.8 - 1)).toBeLessThan(0.04);
});

test('what nobody timed has no ratio, nor what is over in no time', () => {
  const short = encodes([1, 3], [1]).map((one) => ({ ...one, seconds: one.seconds / 1000 }));
  expect(timeRatios(short).size).toBe(0);
  const some = encodes([1, 2], [1]).filter(({ way, work }) => way === 0 || work === '2');
  expect(timeRatios(some).get(1)).toBeCloseTo(2, 6);
  expect(timeRatios(some.filter(({ way }) => way === 0)).get(1)).toBeUndefined();
  expect(timeRatios(some.filter(({ way }) => way === 1)).size).toBe(0);
  expect(timeRatios([]).size).toBe(0);
});
