import { expect, test } from 'vitest';
import type { AttemptName } from '../../../src/schedule/peer/events.ts';
import { isKeptFor } from '../../../src/schedule/peer/state.ts';
import { Bench } from './bench.ts';

function benchWith(count: number): { bench: Bench; names: AttemptName[] } {
  const bench = new Bench(1);
  bench.lead('l');
  const names = Array.from({ length: count }, (_, attempt) => bench.grant('l', attempt));
  return { bench, names };
}

test('a lease with its slice is given up, the slice kept for the thief alone until the leader cancels it', () => {
  const { bench, names } = benchWith(2);
  bench.fetchAll();
  const [, name] = names;
  if (name === undefined) throw new Error('There is no second lease.');
  bench.apply({ type: 'steal-asked', name, thief: 't' }, { type: 'steal-asked', name, thief: 'u' });
  expect(bench.plan()).toEqual([{ type: 'answer-steal', name, answer: 'yielded-with-slice' }]);
  expect([isKeptFor(bench.state, name, 't'), isKeptFor(bench.state, name, 'u')]).toEqual([true, false]);
  // The slot falls idle: what was given up is not begun.
  expect(bench.encode(names[0] ?? name)).toEqual([]);
  bench.apply({ type: 'attempt-cancelled', name });
  expect(bench.plan()).toEqual([{ type: 'discard-attempt', name }]);
  expect(isKeptFor(bench.state, name, 't')).toBe(false);
});

test('a lease whose slice is still on its way is given up and forgotten', () => {
  const { bench, names } = benchWith(1);
  bench.plan();
  const [name] = names;
  if (name === undefined) throw new Error('There is no lease.');
  bench.apply({ type: 'steal-asked', name, thief: 't' });
  expect(bench.plan()).toEqual([
    { type: 'answer-steal', name, answer: 'yielded' },
    { type: 'discard-attempt', name },
  ]);
  bench.apply({ type: 'slice-fetched', name });
  expect(bench.plan()).toEqual([]);
});

test('what was begun is not given up, and of what is over nothing is said', () => {
  const { bench, names } = benchWith(1);
  bench.fetchAll();
  const [name] = names;
  if (name === undefined) throw new Error('There is no lease.');
  bench.apply({ type: 'steal-asked', name, thief: 't' });
  expect(bench.plan()).toEqual([{ type: 'answer-steal', name, answer: 'refused' }]);
  bench.apply({ type: 'attempt-cancelled', name });
  bench.plan();
  bench.apply({ type: 'steal-asked', name, thief: 't' });
  expect(bench.plan()).toEqual([]);
});

test('a leader that leaves takes its kept slices with it', () => {
  const { bench, names } = benchWith(2);
  bench.fetchAll();
  const [, name] = names;
  if (name === undefined) throw new Error('There is no second lease.');
  bench.apply({ type: 'steal-asked', name, thief: 't' });
  bench.plan();
  bench.apply({ type: 'leader-left', leader: 'l' });
  expect(bench.plan()).toContainEqual({ type: 'discard-attempt', name });
});
