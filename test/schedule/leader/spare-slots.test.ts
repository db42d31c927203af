import { expect, test } from 'vitest';
import { spareSlots } from '../../../src/schedule/leader/spare-slots.ts';
import { Desk } from './desk.ts';

test('slots are spare of machines that encode nothing, each thing that may be wanted taking one of these', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p', 1);
  desk.join('q', 2);
  desk.join('r', 2);
  desk.find([10], { isEnded: false });
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(0);
  desk.apply({ type: 'scan-ended', job: 'j', chunkCount: 1 });
  const busy = desk.leaseOf(0).peer;
  const slotsBeside = busy === 'p' ? 4 : 3;
  expect(spareSlots(desk.state, 'j')).toBe(slotsBeside);
  desk.encode(desk.leaseOf(0));
  // The result may ask for another try: one machine is kept for it, the largest.
  expect(spareSlots(desk.state, 'j')).toBe(3);
  desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [1] });
  expect(spareSlots(desk.state, 'j')).toBe(1);
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBeLessThan(3);
});

test('the other slots of a machine that encodes are not spare', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p', 8);
  desk.find([10]);
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(0);
});

test('another job that waits is served first', () => {
  const desk = new Desk();
  desk.submit('j');
  desk.submit('k');
  desk.join('p', 1);
  desk.join('q', 1);
  desk.join('r', 1);
  desk.find([10], { job: 'j' });
  desk.plan();
  expect(spareSlots(desk.state, 'j')).toBe(2);
  desk.find([10, 10], { job: 'k', isEnded: false });
  expect(spareSlots(desk.state, 'j')).toBe(0);
});
