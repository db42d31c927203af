import { describe, expect, test } from 'vitest';
import { MAX_ANNOUNCED_JOBS } from '../../../src/protocol/limits.ts';
import { ATTEMPTS_PER_SLOT } from '../../../src/schedule/limits.ts';
import { settingsOf } from '../../simulation/world.ts';
import { countSteps } from '../leader/steps.ts';
import { Bench, refused } from './bench.ts';

/** Invariant 6, where a leader, broken or hostile, wants more of a peer than it ever offered. */
describe('of what a leader asks without end a peer keeps', () => {
  test('leases for its slots and what is ready behind them; the others go back in a sentence', () => {
    const bench = new Bench(2);
    bench.lead('a');
    for (let attempt = 0; attempt < 1_000; attempt += 1) bench.grant('a', attempt);
    const actions = bench.plan();
    expect(refused(actions)).toHaveLength(996);
    expect(actions).toContainEqual({
      type: 'tell-refusal',
      refusal: {
        type: 'lease',
        name: { leader: 'a', job: 'j', attempt: 4 },
        reason: 'This peer holds 4 leases already, and never offered room for more than 4.',
      },
    });
    expect(bench.state.attempts.size).toBe(4);
    expect(bench.state.refusals.size).toBe(0);
  });

  test.each(['attempt-cancelled', 'steal-asked'] as const)(
    'attempts while they are cleared away, however fast they end: %s',
    (type) => {
      const bench = new Bench(2);
      bench.lead('a');
      for (let attempt = 0; attempt < 1_000; attempt += 1) {
        const name = bench.grant('a', attempt);
        bench.plan();
        bench.apply({ type, name, thief: 'b' });
        bench.plan();
      }
      expect(bench.state.attempts.size).toBe(2 * ATTEMPTS_PER_SLOT);
      expect(bench.state.leaders.get('a')?.told).toBe(0);
    },
  );

  test('results until they are fetched', () => {
    const bench = new Bench(2);
    bench.lead('a');
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const name = bench.grant('a', attempt);
      bench.fetchAll();
      bench.encode(name);
    }
    expect(bench.state.attempts.size).toBe(2 * ATTEMPTS_PER_SLOT);
  });

  test('jobs up to a limit; the leader hears of which it is of no use', () => {
    const bench = new Bench(1);
    for (let job = 0; job < MAX_ANNOUNCED_JOBS; job += 1) bench.lead('a', 720, `j${job}`);
    const announced = { settings: settingsOf(1280, 720), variants: [], measure: null };
    bench.apply({ type: 'job-announced', leader: 'a', job: 'one more', ...announced });
    const reason = `This peer was told of ${MAX_ANNOUNCED_JOBS} jobs of this leader's already and takes no more before one ends.`;
    expect(bench.plan()).toEqual([
      { type: 'tell-refusal', refusal: { type: 'job', leader: 'a', job: 'one more', reason } },
    ]);
    expect(bench.state.leaders.get('a')?.jobs.size).toBe(MAX_ANNOUNCED_JOBS);
    bench.apply({ type: 'job-ended', leader: 'a', job: 'j0' });
    bench.lead('a', 720, 'one more');
    expect(bench.state.leaders.get('a')?.jobs.has('one more')).toBe(true);
  });

  test('measurements of its build to one at a time, though each job ends while it is measured', () => {
    const bench = new Bench(1);
    let measuring = 0;
    for (let job = 0; job < 100; job += 1) {
      const announced = { settings: settingsOf(1280, 720), variants: [], measure: null };
      bench.apply({ type: 'leader-joined', leader: 'a' });
      bench.apply({ type: 'job-announced', leader: 'a', job: `j${job}`, ...announced });
      measuring += bench.plan().filter(({ type }) => type === 'measure-build').length;
      bench.apply({ type: 'job-ended', leader: 'a', job: `j${job}` });
    }
    expect(measuring).toBe(1);
    bench.apply({ type: 'build-outdated', leader: 'a', job: 'j0' });
    bench.lead('a');
    expect(bench.state.leaders.get('a')?.unmeasured.size).toBe(0);
  });
});

test('a leader with hundreds of jobs waits for its turn to have the build measured, as any other', () => {
  const bench = new Bench(1);
  const announced = {
    type: 'job-announced',
    settings: settingsOf(1280, 720),
    variants: [],
    measure: null,
  } as const;
  for (const leader of ['many', 'one']) bench.apply({ type: 'leader-joined', leader });
  for (let job = 0; job < 200; job += 1) bench.apply({ ...announced, leader: 'many', job: `j${job}` });
  bench.plan();
  bench.apply({ ...announced, leader: 'one', job: 'only' });
  bench.apply({ type: 'build-told', leader: 'many', job: 'j0' });
  expect(bench.plan()).toContainEqual({ type: 'measure-build', leader: 'one', job: 'only' });
});

test('a build that was measured for settings that a job no longer has is measured anew', () => {
  const bench = new Bench(1);
  bench.apply({ type: 'leader-joined', leader: 'a' });
  const announced = { type: 'job-announced', leader: 'a', job: 'j', variants: [], measure: null } as const;
  bench.apply({ ...announced, settings: settingsOf(1280, 720) });
  bench.plan();
  bench.apply({ ...announced, settings: settingsOf(640, 360) });
  bench.plan();
  bench.apply({ type: 'build-outdated', leader: 'a', job: 'j' });
  expect(bench.plan()).toEqual([{ type: 'measure-build', leader: 'a', job: 'j' }]);
});

/** The most steps that a lease, its refusal or its end and the plans after it take after so many before it. */
function mostSteps(leases: number, slots: number): number {
  const bench = new Bench(slots);
  for (const leader of ['a', 'b', 'c']) bench.lead(leader);
  let most = 0;
  for (let attempt = 0; attempt < leases; attempt += 1) {
    const steps = countSteps(() => {
      const name = bench.grant('a', attempt);
      bench.plan();
      if (attempt % 3 === 0) bench.apply({ type: 'attempt-cancelled', name });
      bench.plan();
    });
    if (attempt >= leases / 2) most = Math.max(most, steps);
  }
  return most;
}

test('a flood of leases takes no more steps a lease, however long it is and however many attempts are kept', () => {
  const few = mostSteps(400, 4);
  expect(mostSteps(2_000, 4)).toBeLessThanOrEqual(few);
  expect(mostSteps(2_000, 64)).toBeLessThanOrEqual(few);
});
