import { expect, test } from 'vitest';
import { viewJob } from '../../../src/schedule/view.ts';
import { Desk } from './desk.ts';

function timesOf(desk: Desk, peer: string): { encodingMs: number; waitingMs: number } | undefined {
  return viewJob(desk.state, desk.job(), desk.nowMs).peers.find((view) => view.peer === peer)?.slotTimes;
}

test('a slot that has a chunk waits until it encodes it; without one it waits for nothing', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p', 2);
  desk.nowMs = 5_000;
  desk.find([100, 100, 100]);
  desk.plan();
  desk.nowMs += 300;
  desk.start(desk.leaseOf(0));
  desk.nowMs += 200;
  desk.start(desk.leaseOf(1));
  expect(timesOf(desk, 'p')).toEqual({ encodingMs: 200, waitingMs: 800 });
  desk.nowMs += 1_000;
  expect(timesOf(desk, 'p')).toEqual({ encodingMs: 2_200, waitingMs: 800 });
});

test('a chunk that follows another in its slot waits for nothing while that one runs, and what was counted stays', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p');
  desk.find([100, 100, 100, 100, 100]);
  desk.plan();
  desk.commit(desk.leaseOf(0));
  desk.start(desk.leaseOf(1));
  desk.plan();
  expect(desk.leaseOf(2).state).toBe('granted');
  desk.nowMs += 400;
  expect(timesOf(desk, 'p')).toEqual({ encodingMs: 1_400, waitingMs: 0 });
  desk.apply({
    type: 'attempt-encoded',
    job: 'j',
    attempt: desk.leaseOf(1).number,
    bytes: 1,
    nowMs: desk.nowMs,
  });
  desk.nowMs += 70;
  desk.leave('p');
  expect(timesOf(desk, 'p')).toEqual({ encodingMs: 1_400, waitingMs: 70 });
});
