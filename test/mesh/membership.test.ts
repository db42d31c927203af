import { expect, test } from 'vitest';
import { decidesFor, keepsSessionInUse } from '../../src/mesh/choose-session.ts';
import {
  emptyMembership,
  expectEvery,
  GONE_AFTER_MS,
  HEARTBEAT_MS,
  heard,
  IDLE_HEARTBEAT_MS,
  isLively,
  liveness,
  type Membership,
  SUSPECT_AFTER_MS,
  tick,
  watch,
} from '../../src/mesh/membership.ts';
import { retryDelayMs } from '../../src/mesh/retry.ts';

/** Ticks on time until `endMs`, and returns what fell when. */
function run(membership: Membership, fromMs: number, endMs: number): string[] {
  const fallen: string[] = [];
  for (let nowMs = fromMs; nowMs <= endMs; nowMs += HEARTBEAT_MS) {
    for (const fall of tick(membership, nowMs)) fallen.push(`${nowMs} ${fall.member} ${fall.liveness}`);
  }
  return fallen;
}

test('a silent peer is suspect, then gone, each said once; a heard one is neither', () => {
  const membership = emptyMembership();
  watch(membership, 'silent', 0);
  watch(membership, 'talking', 0);
  const fallen: string[] = [];
  for (let nowMs = 0; nowMs <= 20_000; nowMs += HEARTBEAT_MS) {
    heard(membership, 'talking', nowMs);
    fallen.push(...run(membership, nowMs, nowMs));
  }
  expect(fallen).toEqual([`${SUSPECT_AFTER_MS} silent suspect`, `${GONE_AFTER_MS} silent gone`]);
  expect(liveness(membership, 'silent')).toBe('gone');
  expect(liveness(membership, 'talking')).toBe('alive');
});

test('a peer that says to be heard of less often is surely there for longer, never suspect, and gone no later', () => {
  const membership = emptyMembership();
  watch(membership, 'busy', 0);
  watch(membership, 'idle', 0);
  expectEvery(membership, 'idle', IDLE_HEARTBEAT_MS);
  const lively = (nowMs: number) => ['busy', 'idle'].filter((peer) => isLively(membership, peer, nowMs));
  expect([2400, 2600, 12_400, 12_600].map(lively)).toEqual([['busy', 'idle'], ['idle'], ['idle'], []]);
  expect(run(membership, 0, 14_000)).toEqual([`${SUSPECT_AFTER_MS} busy suspect`]);
  expect(run(membership, 15_000, 20_000)).toEqual([
    `${GONE_AFTER_MS} busy gone`,
    `${GONE_AFTER_MS} idle gone`,
  ]);
});

test('a suspect peer that is heard again is alive, and may fall again', () => {
  const membership = emptyMembership();
  watch(membership, 'peer', 0);
  expect(run(membership, 0, 4000)).toEqual([`${SUSPECT_AFTER_MS} peer suspect`]);
  expect(heard(membership, 'peer', 4200)).toBe(true);
  expect(heard(membership, 'peer', 4300)).toBe(false);
  expect(liveness(membership, 'peer')).toBe('alive');
  expect(run(membership, 4500, 8000)).toEqual(['7500 peer suspect']);
});

test('when this process was stopped, nobody is blamed for the time', () => {
  const membership = emptyMembership();
  watch(membership, 'peer', 0);
  run(membership, 0, 1000);
  // Stopped for a minute; what the peer sent meanwhile is still to be read.
  expect(tick(membership, 61_000)).toEqual([]);
  expect(run(membership, 61_500, 70_000)).toEqual(['62500 peer suspect']);
});

test('a timer that is a little late excuses nobody', () => {
  const membership = emptyMembership();
  watch(membership, 'peer', 0);
  tick(membership, 0);
  tick(membership, 1900);
  expect(tick(membership, 3800)).toEqual([{ member: 'peer', liveness: 'suspect' }]);
});

test('of two connections that were dialled at once the first is kept, and a new one replaces what was lost', () => {
  const inUse = { instance: 'a', ageMs: 100, isLively: true };
  expect(keepsSessionInUse(inUse, 'a')).toBe(true);
  expect(keepsSessionInUse(inUse, 'b')).toBe(false);
  expect(keepsSessionInUse({ ...inUse, ageMs: 60_000 }, 'a')).toBe(false);
  expect(keepsSessionInUse({ ...inUse, isLively: false }, 'a')).toBe(false);
  expect([decidesFor('a', 'b'), decidesFor('b', 'a')]).toEqual([true, false]);
});

test('an address is tried each second for a minute, then less often, and for ever', () => {
  const delays = Array.from({ length: 200 }, (_, failureCount) => retryDelayMs(failureCount));
  expect(delays.slice(0, 60).every((delay) => delay === 1000)).toBe(true);
  expect(delays.slice(70).every((delay) => delay === 10_000)).toBe(true);
  expect(delays.every((delay, index) => delay >= (delays[index - 1] ?? 0))).toBe(true);
});
