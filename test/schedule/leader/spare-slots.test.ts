import { expect, test } from 'vitest';
import { spareSlots } from '../../../src/schedule/leader/spare-slots.ts';
import { Desk } from './desk.ts';

test('slots are spare that nothing waits for and no result on its way may want', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p', 4);
  desk.find([10, 10], { isEnded: false });
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(0);
  desk.apply({ type: 'scan-ended', job: 'j', chunkCount: 2 });
  expect(spareSlots(desk.state, 'j')).toBe(2);
  desk.encode(desk.leaseOf(0));
  expect(spareSlots(desk.state, 'j')).toBe(2);
  desk.apply({ type: 'trials-opened', job: 'j', chunk: 1, trials: [1] });
  expect(spareSlots(desk.state, 'j')).toBe(1);
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(1);
});

test('another job that waits is served first', () => {
  const desk = new Desk();
  desk.submit('j');
  desk.submit('k');
  desk.join('p', 3);
  desk.find([10], { job: 'j' });
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(2);
  desk.find([10, 10], { job: 'k', isEnded: false });
  expect(spareSlots(desk.state, 'j')).toBe(0);
});
