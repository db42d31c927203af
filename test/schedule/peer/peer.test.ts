import { describe, expect, test } from 'vitest';
import { UNSETTLED_PER_SLOT } from '../../../src/schedule/limits.ts';
import { estimateEncodeBytes } from '../../../src/schedule/peer/memory.ts';
import { settingsOf } from '../../simulation/world.ts';
import { Bench, named, refused, roomTold } from './bench.ts';

describe('room', () => {
  test('is offered once a leader has a job: one lease to run and one to prefetch for each slot', () => {
    const bench = new Bench(3);
    bench.apply({ type: 'leader-joined', leader: 'a' });
    expect(bench.plan()).toEqual([]);
    bench.apply({
      type: 'job-announced',
      leader: 'a',
      job: 'j',
      settings: settingsOf(640, 360),
      variants: [],
      measure: null,
    });
    expect(roomTold(bench.plan())).toEqual({ a: 6 });
    bench.apply({ type: 'job-ended', leader: 'a', job: 'j' });
    expect(roomTold(bench.plan())).toEqual({ a: 0 });
  });

  test('that one leader leaves free is offered to the others, and each has a share at any time', () => {
    const bench = new Bench(2);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    bench.plan();
    bench.apply({ type: 'leader-joined', leader: 'b' });
    bench.apply({
      type: 'job-announced',
      leader: 'b',
      job: 'j',
      settings: settingsOf(640, 360),
      variants: [],
      measure: null,
    });
    expect(roomTold(bench.plan())).toEqual({ b: 2 });
    bench.grant('b', 0);
    bench.grant('b', 1);
    expect(roomTold(bench.plan())).toEqual({ a: 2 });
  });

  test('shrinks when a leader leaves its results lying here', () => {
    const bench = new Bench(1);
    bench.lead('a');
    for (let attempt = 0; attempt <= UNSETTLED_PER_SLOT; attempt += 1) {
      const name = bench.grant('a', attempt);
      bench.fetchAll();
      bench.encode(name);
    }
    expect(bench.state.leaders.get('a')?.told).toBe(1);
    const name = { leader: 'a', job: 'j', attempt: 0 };
    bench.apply({ type: 'result-settled', name });
    bench.plan();
    bench.apply({ type: 'attempt-discarded', name, nowMs: 0 });
    expect(roomTold(bench.plan())).toEqual({ a: 2 });
  });

  test('follows what memory allows for the job’s pictures', () => {
    const bench = new Bench(4, 2.5 * estimateEncodeBytes(settingsOf(3840, 2160), null));
    bench.lead('large', 2160);
    expect(bench.state.leaders.get('large')?.told).toBe(4);
    const other = new Bench(0);
    other.lead('a');
    expect(other.state.leaders.get('a')?.told).toBe(0);
  });

  test('and for a zone’s preset where it takes more, as do the zone’s chunks alone', () => {
    const settings = { ...settingsOf(1920, 1080), preset: 10 };
    const slow = { preset: 2, grain: 0, params: {} };
    const [plain, zone] = [settings, { ...settings, ...slow }].map((at) => estimateEncodeBytes(at, null));
    const bench = new Bench(3, 2.1 * (zone ?? Number.NaN));
    bench.apply(
      { type: 'leader-joined', leader: 'a' },
      { type: 'job-announced', leader: 'a', job: 'j', settings, variants: [slow], measure: null },
    );
    expect(roomTold(bench.plan())).toEqual({ a: 4 });
    for (const [attempt, variant] of [null, 0, null].entries()) bench.grant('a', attempt, 'j', variant);
    const taken = [...bench.state.attempts.values()].map(({ memoryBytes }) => memoryBytes);
    expect(taken).toEqual([plain, zone, plain]);
    expect(zone).toBeGreaterThan(plain ?? Number.NaN);
  });
});

describe('slots', () => {
  test('each runs one encode, and one slice is ready behind it', () => {
    const bench = new Bench(2);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    const actions = bench.fetchAll();
    expect(named(actions, 'fetch-slice')).toEqual(['a:0', 'a:1', 'a:2', 'a:3']);
    expect(named(actions, 'start-encode')).toEqual(['a:0', 'a:1']);
    expect(named(bench.encode({ leader: 'a', job: 'j', attempt: 1 }), 'start-encode')).toEqual(['a:2']);
  });

  test('leases beyond that wait without their slices, but one of each leader has its own', () => {
    const bench = new Bench(1);
    for (const leader of ['a', 'b']) bench.lead(leader);
    for (const attempt of [0, 1]) for (const leader of ['a', 'b']) bench.grant(leader, attempt);
    expect(named(bench.fetchAll(), 'fetch-slice')).toEqual(['a:0', 'b:0', 'a:1']);
    const next = bench.encode({ leader: 'a', job: 'j', attempt: 0 });
    expect(named(next, 'start-encode')).toEqual(['b:0']);
    expect(named(next, 'fetch-slice')).toEqual(['b:1']);
  });

  test('a slot stays taken until the child of a cancelled attempt is gone', () => {
    const bench = new Bench(1);
    bench.lead('a');
    const first = bench.grant('a', 0);
    bench.grant('a', 1);
    bench.fetchAll();
    bench.apply({ type: 'attempt-cancelled', name: first });
    const actions = bench.plan();
    expect(named(actions, 'discard-attempt')).toEqual(['a:0']);
    expect(named(actions, 'start-encode')).toEqual([]);
    bench.apply({ type: 'attempt-discarded', name: first, nowMs: 0 });
    expect(named(bench.plan(), 'start-encode')).toEqual(['a:1']);
  });

  /** Leader a's chunks take a minute, leader b's so long; each holds what it may. Gives whose encodes began, in order. */
  function shareOneSlot(bench: Bench, shortMs: number, turns: number): string {
    const started: string[] = [];
    const next = { a: 0, b: 0 };
    for (let turn = 0; turn < turns; turn += 1) {
      for (const leader of ['a', 'b'] as const) {
        const room = bench.state.leaders.get(leader)?.told ?? 0;
        const held = [...bench.state.attempts.values()].filter(({ name }) => name.leader === leader);
        for (let more = held.length; more < room; more += 1) bench.grant(leader, next[leader]++);
      }
      started.push(...named(bench.fetchAll(), 'start-encode'));
      const running = [...bench.state.attempts.values()].find(({ state }) => state === 'running');
      if (running === undefined) throw new Error('Nothing runs.');
      const { name } = running;
      bench.nowMs += name.leader === 'a' ? 60_000 : shortMs;
      bench.apply({ type: 'encode-ended', name, nowMs: bench.nowMs }, { type: 'result-settled', name });
      bench.apply({ type: 'attempt-discarded', name, nowMs: bench.nowMs });
    }
    return started.map((start) => start[0]).join('');
  }

  test('leaders take turns', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.lead('b');
    expect(shareOneSlot(bench, 60_000, 8)).toBe('abababab');
  });

  test('turns are by time: many short encodes of one leader for each long one of the other', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.lead('b');
    expect(shareOneSlot(bench, 20_000, 12)).toBe('abbbabbbabbb');
  });

  test('a leader that comes late has no claim to what the others had before', () => {
    const bench = new Bench(1);
    bench.lead('a');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const name = bench.grant('a', attempt);
      bench.fetchAll();
      bench.nowMs += 60_000;
      bench.encode(name);
      bench.apply(
        { type: 'attempt-cancelled', name },
        { type: 'attempt-discarded', name, nowMs: bench.nowMs },
      );
    }
    bench.grant('a', 5);
    bench.fetchAll();
    bench.lead('b');
    bench.grant('b', 0);
    expect(bench.state.leaders.get('b')?.workMs).toBe(300_000);
  });

  test('of two slots a leader with work has one, whatever it had before', () => {
    const bench = new Bench(2);
    bench.lead('a');
    bench.lead('b');
    const long = bench.grant('a', 0);
    bench.grant('b', 0);
    bench.fetchAll();
    bench.nowMs += 600_000;
    bench.encode({ leader: 'b', job: 'j', attempt: 0 });
    for (const leader of ['a', 'b']) bench.grant(leader, 1);
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['b:1']);
    expect(bench.state.attempts.get(`a j ${long.attempt}`)?.state).toBe('running');
  });

  test('memory bounds what runs at once, but one encode always may', () => {
    const need = estimateEncodeBytes(settingsOf(1280, 720), null);
    const bench = new Bench(4, 2.5 * need);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['a:0', 'a:1']);
    const small = new Bench(4, need / 10);
    small.lead('a');
    small.grant('a', 0);
    small.grant('a', 1);
    expect(named(small.fetchAll(), 'start-encode')).toEqual(['a:0']);
  });

  test('a job whose results are scored by VMAF needs more of it', () => {
    const settings = settingsOf(1280, 720);
    const bench = new Bench(4, 2.1 * estimateEncodeBytes(settings, null));
    const measure = { metric: 'vmaf', model: 'hd' } as const;
    bench.apply(
      { type: 'leader-joined', leader: 'a' },
      { type: 'job-announced', leader: 'a', job: 'j', settings, variants: [], measure },
    );
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['a:0']);
  });

  test('a job that is announced anew with a larger picture is reckoned by that', () => {
    const bench = new Bench(4, 2.1 * estimateEncodeBytes(settingsOf(1280, 720), null));
    bench.lead('a', 72);
    bench.lead('a', 720);
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['a:0', 'a:1']);
    bench.lead('a', 72);
    expect(bench.state.leaders.get('a')?.largestBytes).toBe(estimateEncodeBytes(settingsOf(128, 72), null));
  });

  test('when memory runs short the encode that was started last goes back, and its slot stays taken till it is gone', () => {
    const bench = new Bench(3);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    bench.fetchAll();
    bench.apply({ type: 'slots-changed', slots: 2 }, { type: 'memory-short' });
    const actions = bench.plan();
    expect(named(actions, 'return-lease')).toEqual(['a:2']);
    expect(actions).toContainEqual(expect.objectContaining({ reason: 'It runs out of memory.' }));
    bench.apply({ type: 'attempt-discarded', name: { leader: 'a', job: 'j', attempt: 2 }, nowMs: 0 });
    expect(named(bench.plan(), 'start-encode')).toEqual([]);
  });

  test('a smaller memory budget lets what runs go on, and a larger one starts more', () => {
    const need = estimateEncodeBytes(settingsOf(1280, 720), null);
    const bench = new Bench(4, 4 * need);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    bench.apply({ type: 'memory-changed', budgetBytes: 2.5 * need });
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['a:0', 'a:1']);
    expect(bench.state.leaders.get('a')?.told).toBe(4);
    bench.apply({ type: 'memory-changed', budgetBytes: 3 * need });
    expect(named(bench.plan(), 'start-encode')).toEqual(['a:2']);
  });

  test('fewer slots let what runs go on, and start nothing', () => {
    const bench = new Bench(2);
    bench.lead('a');
    for (let attempt = 0; attempt < 4; attempt += 1) bench.grant('a', attempt);
    bench.fetchAll();
    bench.apply({ type: 'slots-changed', slots: 1 });
    expect(roomTold(bench.plan())).toEqual({ a: 2 });
    expect(named(bench.encode({ leader: 'a', job: 'j', attempt: 0 }), 'start-encode')).toEqual([]);
    expect(named(bench.encode({ leader: 'a', job: 'j', attempt: 1 }), 'start-encode')).toEqual(['a:2']);
  });
});

describe('giving back', () => {
  test('a peer that closes finishes what runs and returns the rest, telling its room first', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.grant('a', 0);
    bench.grant('a', 1);
    bench.fetchAll();
    bench.apply({ type: 'intake-changed', intake: 'closed', reason: 'It was told to drain.' });
    const actions = bench.plan();
    expect(actions[0]).toEqual({ type: 'tell-room', leader: 'a', leases: 0 });
    expect(named(actions, 'return-lease')).toEqual(['a:1']);
    expect(actions).toContainEqual(expect.objectContaining({ reason: 'It was told to drain.' }));
    bench.apply({ type: 'intake-changed', intake: 'emptying', reason: 'It was told to pause now.' });
    expect(named(bench.plan(), 'return-lease')).toEqual(['a:0']);
  });

  test('a lease that arrives while the peer is closed goes back', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.apply({ type: 'intake-changed', intake: 'closed', reason: 'It was told to pause.' });
    bench.plan();
    bench.grant('a', 0);
    expect(named(bench.plan(), 'return-lease')).toEqual(['a:0']);
  });

  test('a peer that opens again offers its room and starts what comes', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.apply({ type: 'intake-changed', intake: 'emptying', reason: 'It was told to pause now.' });
    expect(roomTold(bench.plan())).toEqual({ a: 0 });
    bench.apply({ type: 'intake-changed', intake: 'open', reason: '' });
    expect(roomTold(bench.plan())).toEqual({ a: 2 });
    bench.grant('a', 0);
    expect(named(bench.fetchAll(), 'start-encode')).toEqual(['a:0']);
  });

  test('a lease of an unknown job, or beyond any room, goes back, and the room is told anew', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.grant('a', 0, 'unknown');
    const actions = bench.plan();
    // In this order: to its leader a lease that comes back means that there is no room.
    expect(actions.map(({ type }) => type)).toEqual(['tell-refusal', 'tell-room']);
    expect(refused(actions)).toEqual(['a:0']);
    expect(roomTold(actions)).toEqual({ a: 2 });
    for (const attempt of [1, 2, 3]) bench.grant('a', attempt);
    expect(refused(bench.plan())).toEqual(['a:3']);
    expect(bench.state.attempts.size).toBe(2);
  });

  test('while a leader is away, what runs goes on and what is not begun goes back; room is told when it is back', () => {
    const bench = new Bench(1);
    bench.lead('a');
    const running = bench.grant('a', 0);
    bench.grant('a', 1);
    bench.fetchAll();
    bench.apply({ type: 'leader-away', leader: 'a' });
    const actions = bench.plan();
    expect(named(actions, 'return-lease')).toEqual(['a:1']);
    expect(roomTold(actions)).toEqual({ a: 0 });
    bench.apply({ type: 'attempt-discarded', name: { ...running, attempt: 1 }, nowMs: 0 });
    expect(named(bench.encode(running), 'discard-attempt')).toEqual([]);
    bench.apply({ type: 'leader-back', leader: 'a' });
    expect(roomTold(bench.plan())).toEqual({ a: 2 });
    expect(bench.state.attempts.size).toBe(1);
  });

  test('a leader that announces a job again has lost sight of this peer, and is told all anew', () => {
    const bench = new Bench(1);
    bench.lead('a');
    bench.apply({
      type: 'job-announced',
      leader: 'a',
      job: 'j',
      settings: settingsOf(1280, 720),
      variants: [],
      measure: null,
    });
    const actions = bench.plan();
    expect(roomTold(actions)).toEqual({ a: 2 });
    expect(actions.map(({ type }) => type)).toContain('measure-build');
  });

  test('when a leader leaves or a job ends, everything of theirs is thrown away', () => {
    const bench = new Bench(2);
    bench.lead('a');
    bench.lead('b');
    bench.grant('a', 0);
    bench.grant('b', 0);
    bench.fetchAll();
    bench.apply({ type: 'leader-left', leader: 'a' });
    expect(named(bench.plan(), 'discard-attempt')).toEqual(['a:0']);
    bench.apply({ type: 'job-ended', leader: 'b', job: 'j' });
    expect(named(bench.plan(), 'discard-attempt')).toEqual(['b:0']);
    for (const leader of ['a', 'b']) {
      bench.apply({ type: 'attempt-discarded', name: { leader, job: 'j', attempt: 0 }, nowMs: 0 });
    }
    expect(bench.state.attempts.size).toBe(0);
  });
});

test('builds are measured one at a time, each once', () => {
  const bench = new Bench(1);
  const settings = settingsOf(640, 360);
  bench.apply({ type: 'leader-joined', leader: 'a' });
  for (const job of ['x', 'y', 'x']) {
    bench.apply({ type: 'job-announced', leader: 'a', job, settings, variants: [], measure: null });
  }
  const measured = () =>
    bench.plan().flatMap((action) => (action.type === 'measure-build' ? [action.job] : []));
  expect(measured()).toEqual(['x']);
  bench.apply({ type: 'build-told', leader: 'a', job: 'x' });
  expect(measured()).toEqual(['y']);
});

test('messages that come twice, or about what is gone, change nothing', () => {
  const bench = new Bench(1);
  bench.lead('a');
  const name = bench.grant('a', 0);
  bench.grant('a', 0);
  bench.fetchAll();
  bench.apply({ type: 'slice-fetched', name }, { type: 'leader-joined', leader: 'a' });
  bench.apply({ type: 'attempt-cancelled', name: { ...name, attempt: 9 } });
  bench.apply({
    type: 'job-announced',
    leader: 'gone',
    job: 'j',
    settings: settingsOf(640, 360),
    variants: [],
    measure: null,
  });
  expect(bench.plan()).toEqual([]);
  expect(bench.state.attempts.size).toBe(1);
});
