import { describe, expect, test } from 'vitest';
import { FETCHES_AT_ONCE, PROOFS_AT_ONCE, UNSTARTED_MS } from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

function deskWith(frameCounts: readonly number[], slots: number): Desk {
  const desk = new Desk();
  desk.submit();
  desk.join('p', slots);
  desk.find(frameCounts);
  desk.plan();
  return desk;
}

function typesOf(desk: Desk): string[] {
  return desk.plan().map(({ type }) => type);
}

describe('the way of a result', () => {
  test('is fetched, proven, appended and settled, then the job is finished', () => {
    const desk = deskWith([10], 1);
    desk.encode(desk.leaseOf(0));
    expect(typesOf(desk)).toEqual(['fetch-result']);
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 0, nowMs: 0 });
    expect(typesOf(desk)).toEqual(['prove-result']);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 1 });
    expect(desk.plan()).toEqual([
      { type: 'settle-result', job: 'j', attempt: 0, peer: 'p', accepted: true },
      { type: 'append-chunk', job: 'j', chunk: 0 },
    ]);
    desk.apply({ type: 'chunk-appended', job: 'j', chunk: 0 });
    expect(typesOf(desk)).toEqual(['finish-job']);
    expect(typesOf(desk)).toEqual([]);
  });

  test('a refused result is settled as such and its chunk tried again', () => {
    const desk = deskWith([10], 1);
    desk.encode(desk.leaseOf(0));
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 0, nowMs: 0 });
    desk.plan();
    desk.fail(desk.attempt(0), 'result');
    const actions = desk.plan();
    expect(actions[0]).toEqual({ type: 'settle-result', job: 'j', attempt: 0, peer: 'p', accepted: false });
    expect(Desk.grants(actions)).toEqual(['0@p']);
  });

  test('only so many results are fetched and proven at once, the oldest first', () => {
    const count = FETCHES_AT_ONCE + 3;
    const desk = deskWith(
      Array.from({ length: count }, () => 10),
      count,
    );
    for (let chunk = 0; chunk < count; chunk += 1) desk.encode(desk.leaseOf(chunk));
    const fetches = desk.plan().flatMap((action) => (action.type === 'fetch-result' ? [action.attempt] : []));
    expect(fetches).toEqual(Array.from({ length: FETCHES_AT_ONCE }, (_, attempt) => attempt));
    for (const attempt of fetches) desk.apply({ type: 'result-fetched', job: 'j', attempt, nowMs: 0 });
    const proofs = desk.plan().flatMap((action) => (action.type === 'prove-result' ? [action.attempt] : []));
    expect(proofs).toEqual(Array.from({ length: PROOFS_AT_ONCE }, (_, attempt) => attempt));
  });

  test('words about an attempt that is over are ignored', () => {
    const desk = deskWith([10, 10], 2);
    const late = desk.leaseOf(0);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: null, bytes: 1 });
    expect(typesOf(desk)).toEqual(['cancel-attempt', 'append-chunk']);
    const names = { job: 'j', attempt: late.number, nowMs: 0 };
    desk.apply({ type: 'attempt-started', ...names }, { type: 'attempt-encoded', ...names, bytes: 1 });
    desk.apply({ type: 'attempt-failed', ...names, cause: 'encoder', words: '' });
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: late.number, bytes: 1 });
    expect(typesOf(desk)).toEqual([]);
    expect(desk.job().tally.committedCount).toBe(1);
  });

  test('of two attempts the first that is proven counts, and the other is cancelled', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    const backup = { type: 'lease-granted', job: 'j', chunk: 0, attempt: 1, peer: 'q', leadIn: 0 } as const;
    desk.apply({ ...backup, nowMs: 0 });
    const actions = desk.commit(desk.attempt(1));
    expect(actions).toContainEqual({
      type: 'cancel-attempt',
      job: 'j',
      attempt: 0,
      peer: 'p',
      reason: 'Another result of this chunk was committed.',
    });
    expect(desk.job().costLeft).toBe(0);
  });

  test('of two attempts one may fail without the chunk being tried a third time', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    const backup = { type: 'lease-granted', job: 'j', chunk: 0, attempt: 1, peer: 'q', leadIn: 0 } as const;
    desk.apply({ ...backup, nowMs: 0 });
    desk.fail(desk.attempt(1), 'encoder');
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.leave('p');
    expect(desk.job().chunks.get(0)?.state).toBe('waiting');
  });
});

describe('a result that is kept as a probe', () => {
  function probe(desk: Desk, attempt: number): void {
    desk.encode(desk.attempt(attempt));
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt, nowMs: 0 });
    desk.plan();
    desk.apply({ type: 'probe-kept', job: 'j', chunk: 0, attempt, quality: 30, score: 90 });
  }

  test('is settled as accepted, and its chunk is granted again', () => {
    const desk = deskWith([10], 1);
    probe(desk, 0);
    const actions = desk.plan();
    expect(actions[0]).toEqual({ type: 'settle-result', job: 'j', attempt: 0, peer: 'p', accepted: true });
    expect(Desk.grants(actions)).toEqual(['0@p']);
    expect(desk.job().tally).toMatchObject({ probeCount: 1, committedCount: 0, retryCount: 0 });
  });

  test('may be the result all the same, and counts for its maker', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    probe(desk, 0);
    desk.leave('p');
    desk.plan();
    probe(desk, 1);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 7 });
    expect([...desk.job().tally.byPeer]).toEqual([['p', { chunkCount: 1, frameCount: 10 }]]);
    expect(desk.job().tally.reusedCount).toBe(0);
    expect(Desk.grants(desk.plan())).toEqual([]);
  });

  test('cancels what another peer tries at the same quality', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    const backup = { type: 'lease-granted', job: 'j', chunk: 0, attempt: 1, peer: 'q', leadIn: 0 } as const;
    desk.apply({ ...backup, nowMs: 0 });
    probe(desk, 0);
    const cancelled = desk.plan().filter(({ type }) => type === 'cancel-attempt');
    expect(cancelled).toMatchObject([{ attempt: 1, peer: 'q' }]);
    expect(desk.job().openAttemptCount).toBe(1);
  });

  test('that the proof refused twice alike clears who made it, and its chunk is as good as untried', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    desk.encode(desk.attempt(0));
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 0, nowMs: 0 });
    desk.plan();
    desk.fail(desk.attempt(0), 'result');
    expect(desk.job().blames.get('p')?.doubts.size).toBe(1);
    desk.plan();
    desk.encode(desk.attempt(1));
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 1, nowMs: 0 });
    desk.plan();
    const kept = { type: 'probe-kept', job: 'j', chunk: 0, attempt: 1, quality: 51, score: 0 } as const;
    desk.apply({ ...kept, isRefused: true });
    expect(desk.job().blames.get('p')).toMatchObject({ doubts: new Set(), badResults: new Set() });
    expect(desk.job().chunks.get(0)).toMatchObject({ state: 'waiting', failures: [] });
    expect(desk.job().inFilmOrder.size).toBe(1);
  });

  test('that the encoder itself spoils clears who made it, and its chunk is as good as untried', () => {
    const desk = deskWith([10], 1);
    desk.join('q');
    const refuse = (attempt: number): void => {
      desk.encode(desk.attempt(attempt));
      desk.plan();
      desk.apply({ type: 'result-fetched', job: 'j', attempt, nowMs: 0 });
      desk.plan();
    };
    refuse(0);
    desk.fail(desk.attempt(0), 'result');
    desk.plan();
    refuse(1);
    const backup = { type: 'lease-granted', job: 'j', chunk: 0, attempt: 2, peer: 'p', leadIn: 0 } as const;
    desk.apply({ ...backup, nowMs: 0 });
    desk.apply({ type: 'result-spoiled', job: 'j', chunk: 0, attempt: 1, words: 'frame 2 stands out' });
    expect(desk.job().blames.get('p')).toMatchObject({ doubts: new Set(), badResults: new Set() });
    expect(desk.job().blames.get('q')).toBeUndefined();
    expect(desk.job().chunks.get(0)).toMatchObject({ state: 'waiting', failures: [] });
    expect(desk.job().tally).toMatchObject({ probeCount: 0, retryCount: 2 });
    const actions = desk.plan();
    expect(actions).toContainEqual({
      ...{ type: 'settle-result', job: 'j', attempt: 1, peer: 'q', accepted: false },
    });
    expect(actions).toContainEqual(expect.objectContaining({ type: 'cancel-attempt', attempt: 2 }));
    expect(Desk.grants(actions).length).toBe(1);
  });

  test('of an attempt that is over changes nothing', () => {
    const desk = deskWith([10], 1);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: null, bytes: 1 });
    desk.apply({ type: 'probe-kept', job: 'j', chunk: 0, attempt: 0, quality: 30, score: 90 });
    expect(desk.job().chunks.get(0)?.state).toBe('committed');
    expect(desk.job().tally.probeCount).toBe(0);
  });
});

describe('trials beside a chunk', () => {
  function keep(desk: Desk, attempt: number, isResting = false): void {
    desk.encode(desk.attempt(attempt));
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt, nowMs: 0 });
    desk.plan();
    desk.apply({ type: 'probe-kept', job: 'j', chunk: 0, attempt, quality: 30, score: 90, isResting });
  }

  function trialsOf(desk: Desk): number[] {
    return [...desk.job().attempts.values()].map(({ chunk }) => chunk.trial).sort();
  }

  test('are granted at once, each to one slot, and are over when they are kept', () => {
    const desk = deskWith([10], 3);
    desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [1, 2] });
    desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [2] });
    expect(Desk.grants(desk.plan())).toEqual(['0@p', '0@p']);
    expect(trialsOf(desk)).toEqual([0, 1, 2]);
    keep(desk, 1);
    expect(Desk.grants(desk.plan())).toEqual([]);
    expect(trialsOf(desk)).toEqual([0, 2]);
    expect(desk.job().tally).toMatchObject({ probeCount: 1, retryCount: 0 });
  });

  test('are tried by another peer when theirs leaves', () => {
    const desk = deskWith([10], 2);
    desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [1] });
    desk.plan();
    desk.join('q', 2);
    desk.leave('p');
    expect(Desk.grants(desk.plan()).sort()).toEqual(['0@q', '0@q']);
    expect(trialsOf(desk)).toEqual([0, 1]);
  });

  test('that fail speak against their peer once, whichever of a chunk’s they are', () => {
    const desk = deskWith([10], 3);
    desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [1, 2] });
    desk.plan();
    for (const number of [0, 1, 2]) desk.fail(desk.attempt(number), 'encoder');
    expect(desk.job().blames.get('p')?.strikes.size).toBe(1);
  });

  test('end with their chunk, whichever of them made its result', () => {
    const desk = deskWith([10], 3);
    desk.apply({ type: 'trials-opened', job: 'j', chunk: 0, trials: [1, 2] });
    desk.plan();
    const actions = desk.commit(desk.attempt(2));
    const ended = actions.filter(({ type }) => type === 'cancel-attempt' || type === 'settle-result');
    expect(ended).toMatchObject([
      { type: 'cancel-attempt', attempt: 1 },
      { type: 'settle-result', attempt: 2, accepted: true },
      { type: 'cancel-attempt', attempt: 0 },
    ]);
    expect(desk.job()).toMatchObject({ openAttemptCount: 0, costLeft: 0 });
    expect([...desk.job().tally.byPeer]).toEqual([['p', { chunkCount: 1, frameCount: 10 }]]);
  });

  test('a chunk that rests waits for nobody and does not end the job, until it is wanted', () => {
    const desk = deskWith([10], 1);
    keep(desk, 0, true);
    expect(desk.plan().map(({ type }) => type)).toEqual(['settle-result']);
    expect(desk.job().costLeft).toBe(0);
    desk.apply({ type: 'chunk-wanted', job: 'j', chunk: 0 });
    expect(Desk.grants(desk.plan())).toEqual(['0@p']);
    desk.apply({ type: 'chunk-wanted', job: 'j', chunk: 0 });
    expect(Desk.grants(desk.plan())).toEqual([]);
  });
});

describe('the output', () => {
  test('grows strictly in film order, one chunk at a time', () => {
    const desk = deskWith([10, 10, 10], 3);
    desk.commit(desk.leaseOf(2));
    expect(desk.job().appending).toBeNull();
    desk.commit(desk.leaseOf(0));
    desk.commit(desk.leaseOf(1));
    const appends = () =>
      desk.actions.flatMap((action) => (action.type === 'append-chunk' ? [action.chunk] : []));
    expect(appends()).toEqual([0]);
    desk.apply({ type: 'chunk-appended', job: 'j', chunk: 0 });
    desk.plan();
    desk.apply({ type: 'chunk-appended', job: 'j', chunk: 2 });
    expect(appends()).toEqual([0, 1]);
    desk.apply({ type: 'chunk-appended', job: 'j', chunk: 1 });
    desk.plan();
    expect(appends()).toEqual([0, 1, 2]);
  });

  test('is not finished before the scan has ended, even when all that was found is in it', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p');
    desk.find([10], { isEnded: false });
    desk.plan();
    desk.commit(desk.leaseOf(0));
    desk.apply({ type: 'chunk-appended', job: 'j', chunk: 0 });
    expect(typesOf(desk)).toEqual([]);
    desk.apply({ type: 'scan-ended', job: 'j', chunkCount: 1 });
    expect(typesOf(desk)).toEqual(['finish-job']);
  });

  test('a resumed job appends what is committed without any peer', () => {
    const desk = new Desk();
    desk.submit();
    desk.find([10]);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: null, bytes: 1 });
    expect(typesOf(desk)).toEqual(['append-chunk']);
  });
});

test('a job that ends gives back the room its leases took, and nothing is left of it', () => {
  const desk = deskWith([10, 10], 1);
  desk.encode(desk.leaseOf(0));
  desk.plan();
  desk.apply({ type: 'job-ended', job: 'j' });
  const { state } = desk;
  expect(state.peers.get('p')?.held).toBe(0);
  expect(state.peers.get('p')?.attempts.size).toBe(0);
  const indexes = [state.encoded, state.fetching, state.fetched, state.proving, state.closing];
  const sizes = [...indexes, state.unannounced, state.deadlines, state.ending].map(({ size }) => size);
  expect(sizes).toEqual(sizes.map(() => 0));
  expect(desk.plan()).toEqual([]);
});

test('a lease of a job that ended waits for no encode of another job: it would be asked for without end', () => {
  const desk = new Desk();
  desk.submit('j');
  desk.submit('k');
  desk.join('p');
  desk.find([100], { job: 'j' });
  desk.find([100, 100, 100], { job: 'k' });
  desk.plan();
  const running = desk.leaseOf(0, 'j');
  desk.start(running);
  desk.nowMs = 1_000;
  desk.progress(running, 99);
  desk.plan();
  expect(desk.leaseOf(0, 'k').follows).toBe(running);
  desk.apply({ type: 'job-ended', job: 'k' });
  desk.commit(running);
  desk.nowMs += 2 * UNSTARTED_MS;
  expect(desk.plan()).toEqual([]);
});

test('events about what is unknown change nothing', () => {
  const desk = deskWith([10], 1);
  const names = { job: 'x', attempt: 99, nowMs: 0 };
  desk.apply(
    { type: 'attempt-started', ...names },
    { type: 'attempt-started', ...names, job: 'j' },
    { type: 'peer-left', peer: 'x', nowMs: 0 },
    { type: 'room-offered', peer: 'x', leases: 9 },
    { type: 'build-measured', job: 'j', peer: 'x', digest: 'd', encoder: 'E' },
    { type: 'chunk-committed', job: 'j', chunk: 99, attempt: null, bytes: 1 },
    { type: 'lease-granted', job: 'j', chunk: 0, attempt: 5, peer: 'x', leadIn: 0, nowMs: 0 },
    { type: 'job-ended', job: 'x' },
  );
  expect(desk.plan()).toEqual([]);
  expect(desk.job().openAttemptCount).toBe(1);
});
