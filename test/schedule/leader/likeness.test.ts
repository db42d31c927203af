import { expect, test } from 'vitest';
import { LIKENESS_REACH } from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

/** One peer that does 100 frames a second, as its first chunk showed; then chunk 5 took so many times as long. */
function afterChunk5(times: number): Desk {
  const desk = new Desk();
  desk.submit();
  const find = (chunk: number) =>
    desk.apply({
      type: 'chunk-found',
      job: 'j',
      chunk,
      startFrame: 100 * chunk,
      endFrame: 100 * chunk + 100,
      complexity: 0,
    });
  desk.join('p', 1, 'd', 1);
  for (const chunk of [20, 5]) {
    find(chunk);
    desk.plan();
    const lease = desk.leaseOf(chunk);
    if (chunk === 5) {
      desk.apply({ type: 'room-offered', peer: 'p', leases: 0 });
      for (let other = 0; other < 12; other += 1) find(other);
    }
    desk.commit(lease, chunk === 5 ? times * 1_000 : 1_000);
  }
  return desk;
}

const costs = (desk: Desk) =>
  Array.from({ length: 12 }, (_, chunk) => desk.job().chunks.get(chunk)?.cost ?? 0);

test('what took longer than predicted makes the chunks near it cost more, the nearest most, and those far off nothing', () => {
  const desk = afterChunk5(1.5);
  const [far, ...others] = costs(desk);
  expect(far).toBe(100);
  expect(others.slice(0, 4)).toEqual(others.slice(5, 9).reverse());
  expect([...others.slice(0, 4)].sort((a, b) => a - b)).toEqual(others.slice(0, 4));
  expect(others[3]).toBeGreaterThan(105);
  expect(others[3]).toBeLessThan(150);
  expect(others[4 + LIKENESS_REACH + 1]).toBe(100);
  expect(desk.job().longestFirst.first()?.number).toBe(4);
  // A chunk that is found later is like those near it as well.
  expect(costs(afterChunk5(0.6))[6]).toBeLessThan(90);
});

test('what is leased stays as it was, and one that took ever so long counts as far as is believed', () => {
  const desk = afterChunk5(50);
  expect(costs(desk)[6]).toBeLessThan(250);
  expect(desk.job().chunks.get(5)?.cost).toBe(100);
  expect(desk.job().costLeft).toBe(
    costs(desk).reduce((sum, cost, chunk) => sum + (chunk === 5 ? 0 : cost), 0),
  );
});
