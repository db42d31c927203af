import { describe, expect, test } from 'vitest';
import { whyLeftOut } from '../../../src/schedule/leader/blame.ts';
import type { Attempt } from '../../../src/schedule/leader/state.ts';
import {
  ANSWER_MS,
  BAD_RESULTS_TO_LEAVE_OUT,
  FORGIVEN_LOSSES,
  MAX_LEAD_IN,
  NEWCOMERS_MS,
  PATIENCE_GROWTH,
  REST_MS,
  SILENCE_MAX_MS,
  SILENCE_UNKNOWN_MS,
  STRIKES_TO_LEAVE_OUT,
  UNSTARTED_MS,
} from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

function deskWith(peers: readonly string[], frameCounts: readonly number[]): Desk {
  const desk = new Desk();
  desk.submit();
  for (const peer of peers) desk.join(peer);
  desk.find(frameCounts);
  desk.plan();
  return desk;
}

/** Its result is refused at this quality, and nobody knows whose doing that is. */
function refuse(desk: Desk, { number: attempt }: Attempt, quality: number): void {
  const { nowMs } = desk;
  desk.apply({
    type: 'attempt-failed',
    job: 'j',
    attempt,
    cause: 'result',
    words: 'Spoiled.',
    quality,
    nowMs,
  });
}

/** The only one. */
const blameOf = (desk: Desk) => [...desk.job().blames.values()][0];

describe('a failed attempt', () => {
  test('with wrong frames is tried again from further back, each time a step, and nobody is blamed', () => {
    const desk = deskWith(['p'], [10]);
    for (let leadIn = 1; leadIn <= MAX_LEAD_IN; leadIn += 1) {
      desk.fail(desk.leaseOf(0), 'frames');
      expect(Desk.grants(desk.plan())).toEqual([`0@p+${leadIn}`]);
    }
    expect(desk.job().blames.size).toBe(0);
    desk.fail(desk.leaseOf(0), 'frames');
    expect(desk.job().chunks.get(0)?.failures).toHaveLength(1);
    expect(desk.job().blames.get('p')?.strikes.size).toBe(1);
  });

  test('of the only peer is no bad result of its own, so that three bad chunks do not end the job', () => {
    const alone = deskWith(['p'], [10]);
    const watched = deskWith(['p', 'q'], [10, 10]);
    for (const desk of [alone, watched]) {
      desk.fail(desk.leaseOf(0), 'result');
      expect(blameOf(desk)).toMatchObject({
        doubts: { size: 1 },
        badResults: { size: 0 },
        strikes: { size: 0 },
      });
      desk.plan();
    }
    alone.fail(alone.leaseOf(0), 'result');
    expect(blameOf(alone)).toMatchObject({ badResults: { size: 0 }, strikes: { size: 1 } });
    watched.commit(watched.leaseOf(1));
    watched.commit(watched.leaseOf(0));
    expect(blameOf(watched)).toMatchObject({ doubts: { size: 0 }, badResults: { size: 1 } });
  });

  test('of the only peer is tried once more when one of two was a refused result', () => {
    const desk = deskWith(['p'], [10]);
    desk.fail(desk.leaseOf(0), 'encoder');
    desk.plan();
    desk.fail(desk.leaseOf(0), 'result');
    expect(Desk.grants(desk.plan())).toEqual(['0@p']);
    desk.fail(desk.leaseOf(0), 'result');
    expect(desk.plan()).toContainEqual(expect.objectContaining({ type: 'fail-job' }));
  });

  test.each([[['p']], [['p', 'q', 'r', 's']]])(
    'with results refused at ever other qualities is no proof against its chunk, on %j',
    (peers) => {
      const desk = deskWith(peers, [10]);
      for (const quality of [40, 36, 34, 30, 28, 22]) {
        const lease = desk.leaseOf(0);
        refuse(desk, lease, quality);
        expect(Desk.grants(desk.plan())).toHaveLength(1);
        expect(desk.job().chunks.get(0)?.failures).toMatchObject([{ peer: lease.peer, quality }]);
        expect([...desk.job().blames.values()].reduce((sum, { doubts }) => sum + doubts.size, 0)).toBe(1);
      }
      desk.commit(desk.leaseOf(0));
      expect(desk.plan().map(({ type }) => type)).not.toContain('fail-job');
      expect(desk.job().tally.committedCount).toBe(1);
    },
  );

  test.each([
    [36, 0],
    [40, 1],
  ])(
    'whose result was refused at quality 40 is its peer’s doing when another’s at %i is proven: %i',
    (quality, count) => {
      const desk = deskWith(['p', 'q'], [10]);
      const first = desk.leaseOf(0);
      refuse(desk, first, 40);
      desk.plan();
      const second = desk.leaseOf(0);
      expect(second.peer).not.toBe(first.peer);
      const choice = { quality, score: null, probeCount: 1 };
      desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: second.number, bytes: 1, choice });
      const blame = desk.job().blames.get(first.peer);
      expect([blame?.doubts.size, blame?.badResults.size]).toEqual([0, count]);
    },
  );

  test('with other bytes refused twice at one quality is a proof', () => {
    const desk = deskWith(['p'], [10]);
    for (const quality of [40, 36]) {
      refuse(desk, desk.leaseOf(0), quality);
      expect(Desk.grants(desk.plan())).toEqual(['0@p']);
    }
    refuse(desk, desk.leaseOf(0), 36);
    expect(desk.plan()).toContainEqual(expect.objectContaining({ type: 'fail-job' }));
  });

  test('goes to another peer, even when that one is busy', () => {
    const desk = deskWith(['a', 'b'], [10, 10]);
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(Desk.grants(desk.plan())).toEqual([]);
    expect(Desk.grants(desk.commit(desk.leaseOf(1)))).toContain('0@b');
  });

  test('is told to its peer, who must drop what it holds', () => {
    const desk = deskWith(['p'], [10]);
    desk.fail(desk.leaseOf(0), 'slice', 'It broke off.');
    expect(desk.plan()).toContainEqual({
      type: 'cancel-attempt',
      job: 'j',
      attempt: 0,
      peer: 'p',
      reason: 'It broke off.',
    });
  });

  test('counts once, however often it is reported', () => {
    const desk = deskWith(['p'], [10]);
    const attempt = desk.leaseOf(0);
    desk.fail(attempt, 'encoder');
    desk.fail(attempt, 'encoder');
    expect(desk.job().chunks.get(0)?.failures).toHaveLength(1);
  });

  test('on the way back is fetched once more before it is encoded anew', () => {
    const desk = deskWith(['a', 'b'], [10]);
    const attempt = desk.leaseOf(0);
    desk.encode(attempt);
    desk.plan();
    desk.fail(attempt, 'transfer');
    expect(desk.plan().map(({ type }) => type)).toEqual(['fetch-result']);
    desk.fail(attempt, 'transfer');
    expect(Desk.grants(desk.plan())).toEqual(['0@b']);
  });

  test('by an expired lease is noticed by its silence alone', () => {
    const desk = deskWith(['a', 'b'], [10]);
    desk.start(desk.leaseOf(0));
    desk.nowMs = SILENCE_UNKNOWN_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.progress(desk.leaseOf(0), 1);
    desk.nowMs += SILENCE_MAX_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    expect(desk.plan().map(({ type }) => type)).toEqual(['expire-lease', 'cancel-attempt', 'grant-lease']);
    expect(desk.leaseOf(0).peer).toBe('b');
  });

  test('is no matter of time in which the leader itself stood still', () => {
    const desk = deskWith(['a', 'b'], [10, 10]);
    desk.start(desk.leaseOf(0));
    desk.nowMs = 10 * UNSTARTED_MS;
    desk.apply({ type: 'leader-stood-still', ms: 10 * UNSTARTED_MS });
    expect(desk.plan()).toEqual([]);
    // From then on everything is as patient as ever.
    desk.nowMs += SILENCE_UNKNOWN_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    expect(desk.plan().map(({ type }) => type)).toContain('expire-lease');
  });

  test('is no matter of how long its result takes to come', () => {
    const desk = deskWith(['a', 'b'], [10]);
    const attempt = desk.leaseOf(0);
    desk.encode(attempt);
    expect(desk.plan().map(({ type }) => type)).toEqual(['fetch-result']);
    desk.progress(attempt, 10);
    desk.nowMs += 2 * UNSTARTED_MS;
    expect(desk.plan()).toEqual([]);
    desk.apply({ type: 'result-fetched', job: 'j', attempt: attempt.number, nowMs: desk.nowMs });
    expect(desk.plan().map(({ type }) => type)).toEqual(['prove-result']);
  });

  test('a lease that waits for a slot is asked for only when what runs there shows no life or is over for long', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 1);
    desk.find([100, 100, 100], { isEnded: false });
    desk.plan();
    desk.commit(desk.leaseOf(0));
    desk.start(desk.leaseOf(1));
    desk.plan();
    const waits = desk.leaseOf(2);
    for (let frames = 1; frames <= 90; frames += 1) {
      desk.nowMs += UNSTARTED_MS / 40;
      desk.progress(desk.leaseOf(1), frames);
      expect(desk.plan().filter(({ type }) => type !== 'forget-pace')).toEqual([]);
    }
    desk.commit(desk.leaseOf(1), 0);
    desk.nowMs += UNSTARTED_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    expect(desk.plan()).toMatchObject([{ type: 'ask-steal', attempt: waits.number, peer: 'p', thief: 'p' }]);
  });

  test('a lease that was not begun for long goes back without blame, its chunk is waited for longer the next time', () => {
    const desk = deskWith(['p'], [10]);
    desk.nowMs += UNSTARTED_MS;
    desk.plan();
    desk.apply({ type: 'lease-yielded', job: 'j', attempt: 0, hasSlice: true });
    expect(desk.plan()).toMatchObject([
      { type: 'cancel-attempt', attempt: 0, peer: 'p' },
      { type: 'grant-lease', chunk: 0, peer: 'p', stolenFrom: null },
    ]);
    expect(desk.job().blames.size).toBe(0);
    expect(desk.job().tally.stolenCount).toBe(0);
    desk.nowMs += PATIENCE_GROWTH * UNSTARTED_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    expect(desk.plan().map(({ type }) => type)).toEqual(['ask-steal']);
  });

  test('a lease of which nothing is said, asked or not, is over, and its chunk not blamed', () => {
    const desk = deskWith(['p'], [10]);
    desk.nowMs += UNSTARTED_MS;
    desk.plan();
    desk.nowMs += ANSWER_MS;
    expect(desk.plan().map(({ type }) => type)).toEqual(['expire-lease', 'cancel-attempt', 'grant-lease']);
    expect(desk.job().chunks.get(0)?.failures).toEqual([]);
    expect(desk.job().blames.get('p')).toMatchObject({ strikes: { size: 0 }, silences: 1 });
  });
});

describe('a poison chunk', () => {
  test('is not tried by a fourth peer, and fails the job when the rest is committed, in the encoder’s words', () => {
    const desk = deskWith(['a', 'b', 'c', 'd'], [40, 10, 10, 10, 10, 10, 10, 10]);
    for (let tries = 1; tries <= 3; tries += 1) {
      desk.fail(desk.leaseOf(0), 'encoder', `Svt[error] ${tries}.`);
      desk.plan();
      const others = () => [...desk.job().attempts.values()].filter(({ chunk }) => chunk.number !== 0);
      while (tries < 3 && desk.job().chunks.get(0)?.attempts.size === 0) {
        desk.commit(others()[0] ?? desk.leaseOf(0));
      }
    }
    expect([...desk.job().poison].map(({ number }) => number)).toEqual([0]);
    const { length } = desk.actions;
    desk.commitAll();
    expect(Desk.grants(desk.actions.slice(length)).some((grant) => grant.startsWith('0@'))).toBe(false);
    const end = desk.actions.at(-1);
    expect(end?.type === 'fail-job' && end.reason).toContain('Svt[error] 3.');
    expect(desk.actions.filter(({ type }) => type === 'settle-result')).toHaveLength(7);
    expect(desk.state.jobs.size).toBe(0);
  });

  test('twice on the only peer is enough', () => {
    const desk = deskWith(['p'], [10]);
    desk.fail(desk.leaseOf(0), 'encoder', 'Once.');
    expect(Desk.grants(desk.plan())).toEqual(['0@p']);
    desk.fail(desk.leaseOf(0), 'encoder', 'Twice.');
    expect(desk.plan().at(-1)).toMatchObject({ type: 'fail-job' });
  });

  test('of the only peer is tried again by a peer that joins before the end', () => {
    const desk = deskWith(['p'], [10, 5]);
    desk.fail(desk.leaseOf(0), 'encoder');
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(Desk.grants(desk.plan())).toEqual(['1@p']);
    desk.join('late');
    expect(Desk.grants(desk.plan())).toEqual(['0@late']);
  });

  test('waits for a connected peer that is still measuring its build', () => {
    const desk = deskWith(['p'], [10]);
    desk.apply({ type: 'peer-joined', peer: 'late', slots: 1, isOwn: false, nowMs: 0 });
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(desk.plan().map(({ type }) => type)).toEqual(['cancel-attempt']);
    desk.apply({ type: 'build-measured', job: 'j', peer: 'late', digest: 'another', encoder: 'E' });
    expect(desk.plan().map(({ type }) => type)).toEqual(['fail-job']);
  });

  test('does not end the job while the scan may still find good ones', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p');
    desk.find([10], { isEnded: false });
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(desk.plan().map(({ type }) => type)).not.toContain('fail-job');
  });
});

describe('a peer that fails', () => {
  /** With plenty to do, one slot of another peer, and all slots leased. */
  function deskOfBad(slots: number): Desk {
    const desk = new Desk();
    desk.submit();
    desk.join('bad', slots);
    desk.join('good', 1);
    desk.find(Array.from({ length: 40 }, () => 10));
    desk.plan();
    return desk;
  }

  /** Lets `bad` fail on as many chunks as asked for; whatever else is leased is committed. */
  function failOften(desk: Desk, count: number, cause: 'encoder' | 'result'): void {
    for (let failed = 0; failed < count; ) {
      const open = [...desk.job().attempts.values()].filter(({ state }) => state === 'granted');
      const bad = open.find(({ peer }) => peer === 'bad');
      if (bad === undefined) throw new Error('The bad peer has no lease.');
      if (cause === 'result') {
        desk.encode(bad);
        desk.plan();
        desk.apply({ type: 'result-fetched', job: 'j', attempt: bad.number, nowMs: desk.nowMs });
        desk.plan();
      }
      desk.fail(bad, cause, 'Its pictures differ.');
      failed += 1;
      desk.plan();
    }
  }

  test('gets one chunk at a time, then none, then one on trial', () => {
    const desk = deskOfBad(4);
    const leasesOfBad = () => desk.job().peers.get('bad')?.held;
    expect(leasesOfBad()).toBe(4);
    failOften(desk, STRIKES_TO_LEAVE_OUT - 1, 'encoder');
    expect(leasesOfBad()).toBe(1);
    failOften(desk, 1, 'encoder');
    expect(leasesOfBad()).toBe(0);
    expect(whyLeftOut(desk.state, 'bad', 'j')).toContain('Its pictures differ.');
    desk.nowMs += REST_MS;
    desk.join('bad', 4);
    desk.plan();
    expect(leasesOfBad()).toBe(1);
    desk.commit([...desk.job().attempts.values()].find(({ peer }) => peer === 'bad') ?? desk.leaseOf(-1));
    expect(whyLeftOut(desk.state, 'bad', 'j')).toBeNull();
  });

  test('with refused results is left out for good', () => {
    const desk = deskOfBad(1);
    failOften(desk, BAD_RESULTS_TO_LEAVE_OUT, 'result');
    expect(whyLeftOut(desk.state, 'bad', 'j')).toContain('refused');
    for (let refused = 0; refused < BAD_RESULTS_TO_LEAVE_OUT; ) {
      const lease = [...desk.job().attempts.values()].find(
        ({ peer, state }) => peer === 'good' && state === 'granted',
      );
      if (lease === undefined) throw new Error('The good peer has no lease.');
      if (lease.chunk.failures.length > 0) refused += 1;
      desk.commit(lease);
    }
    expect(whyLeftOut(desk.state, 'bad', 'j')).toContain('refused');
    desk.leave('bad');
    desk.nowMs += 2 * REST_MS;
    desk.join('bad', 1);
    const { length } = desk.actions;
    desk.commitAll();
    const grants = Desk.grants(desk.actions.slice(length));
    expect(grants.length).toBeGreaterThan(5);
    expect(grants.filter((grant) => grant.endsWith('@bad'))).toEqual([]);
  });

  test('with refused results works on where nobody is left to compare it with', () => {
    const desk = deskOfBad(1);
    failOften(desk, BAD_RESULTS_TO_LEAVE_OUT, 'result');
    desk.leave('good');
    expect(whyLeftOut(desk.state, 'bad', 'j')).toBeNull();
    desk.plan();
    const granted = [...desk.job().attempts.values()].filter(({ state }) => state === 'granted');
    expect(granted.map(({ peer }) => peer)).toEqual(['bad']);
  });

  test('is cleared of a chunk that fails elsewhere, too', () => {
    const desk = deskWith(['a', 'b', 'c'], [10]);
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(desk.job().blames.get('a')?.strikes.size).toBe(1);
    desk.plan();
    desk.fail(desk.leaseOf(0), 'encoder');
    expect(desk.job().blames.get('a')?.strikes.size).toBe(0);
    expect(desk.job().blames.get('b')).toBeUndefined();
  });

  test('ends the job at once when it was the last', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('bad', 1);
    desk.find(
      Array.from({ length: 40 }, () => 10),
      { isEnded: false },
    );
    desk.plan();
    const tries = () => desk.actions.filter(({ type }) => type === 'grant-lease').length;
    while (desk.state.jobs.size > 0) {
      const open = [...desk.job().attempts.values()].find(({ state }) => state === 'granted');
      if (open === undefined) throw new Error('The job neither ends nor goes on.');
      desk.fail(open, 'encoder', 'Out of memory.');
      desk.plan();
    }
    expect(tries()).toBeLessThanOrEqual(2 * STRIKES_TO_LEAVE_OUT);
    expect(desk.actions.at(-1)).toMatchObject({ type: 'fail-job' });
  });
});

describe('a job that nobody is able to do', () => {
  function lack(desk: Desk, peer: string): void {
    desk.apply({ type: 'build-unavailable', job: 'j', peer, reason: 'It has no VMAF.' });
  }

  test('fails in their own words once newcomers had their time', () => {
    const desk = deskWith(['a', 'b'], [10]);
    for (const peer of ['a', 'b']) lack(desk, peer);
    for (const { number } of [...desk.job().attempts.values()]) {
      desk.apply({ type: 'lease-returned', job: 'j', attempt: number, reason: '' });
    }
    expect(desk.plan().filter(({ type }) => type === 'fail-job')).toEqual([]);
    desk.nowMs += NEWCOMERS_MS;
    expect(desk.plan()).toMatchObject([
      { type: 'fail-job', reason: 'No machine that was met can do what this job asks for. It has no VMAF.' },
    ]);
  });

  test('fails so too when no build of it is known, and so no chunk was offered', () => {
    const desk = new Desk();
    desk.submit('j', null);
    desk.join('a');
    lack(desk, 'a');
    expect(desk.plan().filter(({ type }) => type === 'fail-job')).toEqual([]);
    desk.nowMs += NEWCOMERS_MS;
    expect(desk.plan()).toMatchObject([
      { type: 'fail-job', reason: expect.stringMatching(/It has no VMAF/) },
    ]);
  });

  test('waits while one is', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('a', 0);
    desk.join('b');
    lack(desk, 'b');
    desk.find([10]);
    desk.nowMs += 2 * NEWCOMERS_MS;
    expect(desk.plan().filter(({ type }) => type === 'fail-job')).toEqual([]);
  });
});

describe('a peer that leaves', () => {
  test('frees its leases at once, and its chunks have not failed', () => {
    const desk = deskWith(['a', 'b'], [10, 10, 10]);
    expect(desk.leaseOf(0).peer).toBe('a');
    desk.leave('a');
    expect(Desk.grants(desk.commit(desk.leaseOf(1)))).toContain('0@b');
    expect(desk.job().chunks.get(0)?.failures).toEqual([]);
  });

  test('leaves behind results that are still proven', () => {
    const desk = deskWith(['a', 'b'], [10]);
    const attempt = desk.leaseOf(0);
    desk.encode(attempt);
    desk.plan();
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 0, nowMs: desk.nowMs });
    desk.leave('a');
    expect(desk.plan().map(({ type }) => type)).toEqual(['prove-result']);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 9 });
    expect(desk.plan().map(({ type }) => type)).toEqual(['append-chunk']);
    expect(desk.job().attempts.size).toBe(0);
  });

  /** Three chunks on which peers were lost so often that each must be encoded alone. */
  function deskOfSuspects(): Desk {
    const desk = new Desk();
    desk.submit();
    desk.find([40, 10, 10], { isEnded: false });
    for (let loss = 0; loss <= FORGIVEN_LOSSES; loss += 1) {
      expect(beginOn(desk, `p${loss}`).sort()).toEqual([0, 1, 2]);
      desk.leave(`p${loss}`);
    }
    return desk;
  }

  /** Chunks that a new peer of three slots begins. */
  function beginOn(desk: Desk, peer: string): number[] {
    desk.join(peer, 3);
    desk.plan();
    const leases = [...desk.job().attempts.values()].filter((attempt) => attempt.peer === peer);
    for (const lease of leases) desk.start(lease);
    return leases.map(({ chunk }) => chunk.number);
  }

  test('time after time in the middle of one chunk gets that chunk encoded alone, then called poison', () => {
    const desk = deskOfSuspects();
    for (const peer of ['x', 'y', 'z']) {
      for (let begun = beginOn(desk, peer); ; begun = beginOn(desk, peer)) {
        expect(begun).toHaveLength(1);
        if (begun[0] === 0) break;
        desk.commit(desk.leaseOf(begun[0] ?? -1));
      }
      desk.leave(peer);
    }
    expect([...desk.job().poison].map(({ number }) => number)).toEqual([0]);
  });

  test('time after time wherever something is encoded says nothing of one chunk', () => {
    const desk = new Desk();
    desk.submit();
    desk.find([1_000, 10, 10, 10], { isEnded: false });
    for (let loss = 0; loss < 3 * FORGIVEN_LOSSES; loss += 1) {
      const begun = [...beginOn(desk, `p${loss}`), ...beginOn(desk, `q${loss}`)];
      expect(begun).toHaveLength(4);
      desk.nowMs += 10_000;
      for (const peer of ['p', 'q']) desk.leave(`${peer}${loss}`);
    }
    expect([...desk.job().chunks.values()].filter(({ isSuspect }) => isSuspect)).toEqual([]);
  });

  test('a chunk that must be alone is not given to a peer that encodes another', () => {
    const desk = deskOfSuspects();
    for (const peer of ['x', 'y', 'z']) expect(beginOn(desk, peer)).toHaveLength(1);
    desk.apply({ type: 'chunk-found', job: 'j', chunk: 3, startFrame: 60, endFrame: 70, complexity: 0 });
    expect(beginOn(desk, 'busy')).toEqual([3]);
    desk.leave('x');
    expect(Desk.grants(desk.plan())).toEqual([]);
    expect(beginOn(desk, 'idle')).toHaveLength(1);
  });
});

test('a returned lease is no failure, and its peer gets nothing until it offers room again', () => {
  const desk = deskWith(['a'], [10]);
  desk.apply({ type: 'lease-returned', job: 'j', attempt: 0, reason: 'It drains.' });
  expect(desk.plan()).toEqual([]);
  expect(desk.job().chunks.get(0)?.failures).toEqual([]);
  desk.apply({ type: 'room-offered', peer: 'a', leases: 2 });
  expect(Desk.grants(desk.plan())).toEqual(['0@a']);
});
