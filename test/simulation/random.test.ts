import { expect, test } from 'vitest';
import { createRandom } from './random.ts';

function throwsOf(seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: 200 }, () => random.next());
}

test('a seed throws the same numbers every time, evenly over their range', () => {
  expect(throwsOf(7)).toEqual(throwsOf(7));
  const firsts = Array.from({ length: 10_000 }, (_, seed) => createRandom(seed).next());
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const count = firsts.filter((number) => Math.floor(10 * number) === tenth).length;
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1_150);
  }
});

test('seeds share no throws with their neighbours', () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const next = new Set(throwsOf(seed + 1));
    expect(throwsOf(seed).filter((number) => next.has(number))).toEqual([]);
  }
});
