import { describe, expect, test } from 'vitest';
import { whyLeftOut } from '../../../src/schedule/leader/blame.ts';
import type { Attempt } from '../../../src/schedule/leader/state.ts';
import {
  FIRST_LOOKS,
  OWN_PREFETCH_LEAD_MS,
  PEERS_REMEMBERED,
  PREFETCH_LEAD_MS,
  REFUSALS_PER_PLAN,
  REST_MS,
  STRIKES_TO_LEAVE_OUT,
  TAIL_ROUNDS,
} from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

test('the most urgent job goes first, of equals the one submitted first, also when that changes', () => {
  const desk = new Desk();
  for (const job of ['first', 'second', 'third']) {
    desk.submit(job);
    desk.find([10, 10, 10, 10], { job });
  }
  desk.apply({ type: 'job-prioritised', job: 'second', priority: 1 });
  const nextJob = (peer: string) => {
    desk.join(peer, 1, 'd', 1);
    return desk.plan().flatMap((action) => (action.type === 'grant-lease' ? [action.job] : []));
  };
  expect(nextJob('a')).toEqual(['second']);
  desk.apply({ type: 'job-prioritised', job: 'second', priority: -1 });
  expect(nextJob('b')).toEqual(['first']);
  desk.apply({ type: 'job-prioritised', job: 'third', priority: 2 });
  expect(nextJob('c')).toEqual(['third']);
});

describe('who may take work', () => {
  test('every peer is told of every job once, the leader’s own included', () => {
    const desk = new Desk();
    desk.apply({ type: 'peer-joined', peer: 'own', slots: 1, isOwn: false, nowMs: 0 });
    desk.submit();
    desk.apply({ type: 'peer-joined', peer: 'late', slots: 1, isOwn: false, nowMs: 0 });
    expect(desk.plan()).toEqual([
      { type: 'announce-job', job: 'j', peer: 'own' },
      { type: 'announce-job', job: 'j', peer: 'late' },
    ]);
    expect(desk.plan()).toEqual([]);
  });

  test('a local job is told to the leader’s own machine alone', () => {
    const desk = new Desk();
    desk.apply({ type: 'peer-joined', peer: 'early', slots: 1, isOwn: false, nowMs: 0 });
    desk.apply({
      type: 'job-submitted',
      job: 'j',
      frameCountEstimate: null,
      firstAttempt: 0,
      isLocal: true,
      nowMs: 0,
    });
    desk.apply({ type: 'peer-joined', peer: 'own', slots: 1, isOwn: true, nowMs: 0 });
    desk.apply({ type: 'peer-joined', peer: 'late', slots: 1, isOwn: false, nowMs: 0 });
    // As long as it waits for its turn nobody need know of it.
    expect(desk.plan()).toEqual([]);
    desk.apply({ type: 'scan-begun', job: 'j' });
    expect(desk.plan()).toEqual([{ type: 'announce-job', job: 'j', peer: 'own' }]);
  });

  test('nothing is granted before the job’s own build is known', () => {
    const desk = new Desk();
    desk.submit('j', null);
    desk.join('p');
    desk.find([10]);
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.apply({ type: 'job-build-known', job: 'j', digest: 'd' });
    expect(Desk.grants(desk.plan())).toEqual(['0@p']);
  });

  test('a peer with another build, or none, gets nothing and is told why', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('other', 1, 'another');
    desk.join('none');
    desk.apply({ type: 'build-unavailable', job: 'j', peer: 'none', reason: 'No encoder.' });
    desk.find([10]);
    expect(Desk.grants(desk.plan())).toEqual([]);
    expect(whyLeftOut(desk.state, 'other', 'j')).toContain('one build');
    expect(whyLeftOut(desk.state, 'none', 'j')).toContain('No encoder.');
  });

  test('a peer that was left out and comes back has to measure its build before its trial', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', STRIKES_TO_LEAVE_OUT);
    desk.join('good');
    desk.find(Array.from({ length: 50 }, () => 100));
    desk.plan();
    const ofPeer = () => [...desk.job().attempts.values()].filter(({ peer }) => peer === 'p');
    while (ofPeer()[0] !== undefined) {
      desk.fail(ofPeer()[0] ?? desk.leaseOf(0), 'encoder');
      desk.plan();
    }
    desk.leave('p');
    desk.nowMs += REST_MS;
    desk.apply({ type: 'peer-joined', peer: 'p', slots: 1, isOwn: false, nowMs: desk.nowMs });
    desk.apply({ type: 'room-offered', peer: 'p', leases: 2 });
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.apply({ type: 'build-measured', job: 'j', peer: 'p', digest: 'd', encoder: 'E' });
    expect(Desk.grants(desk.plan())).toHaveLength(1);
  });

  test('a peer never holds more leases than the room it offers, over all jobs', () => {
    const desk = new Desk();
    desk.submit('a');
    desk.submit('b');
    desk.join('p', 4, 'd', 2);
    desk.find([10, 10], { job: 'a', isEnded: false });
    desk.find([10, 10], { job: 'b', isEnded: false });
    expect(Desk.grants(desk.plan())).toHaveLength(1);
    desk.apply({ type: 'room-offered', peer: 'p', leases: 6 });
    expect(Desk.grants(desk.plan())).toHaveLength(2);
    desk.apply({ type: 'room-offered', peer: 'p', leases: 0 });
    expect(Desk.grants(desk.commit(desk.leaseOf(0, 'a')))).toEqual([]);
  });
});

describe('a crowd that takes nothing hides nobody', () => {
  const CROWD = Array.from({ length: REFUSALS_PER_PLAN + 8 }, (_, index) => `a${index}`);

  test('whose builds are those of another job', () => {
    const desk = new Desk();
    desk.submit('j', 'd');
    desk.submit('k', 'e');
    for (const peer of CROWD) desk.join(peer, 1, 'e');
    desk.join('z', 1, 'd');
    desk.find([100], { job: 'j' });
    expect(Desk.grants(desk.plan())).toEqual(['0@z']);
  });

  test('for which everything that is left is too long', () => {
    const desk = new Desk();
    desk.submit();
    ['fast', ...CROWD].forEach((peer, chunk) => {
      const frames = { startFrame: 100 * chunk, endFrame: 100 * chunk + 100, complexity: 0 };
      desk.apply({ type: 'chunk-found', job: 'j', chunk, ...frames });
      desk.join(peer);
      desk.plan();
      desk.commit(desk.leaseOf(chunk), peer === 'fast' ? 1_000 : 1_000_000);
      desk.apply({ type: 'room-offered', peer, leases: 0 });
    });
    const chunk = 1 + CROWD.length;
    const frames = { startFrame: 100 * chunk, endFrame: 100 * chunk + 100, complexity: 0 };
    desk.apply({ type: 'chunk-found', job: 'j', chunk, ...frames });
    desk.apply({ type: 'scan-ended', job: 'j', chunkCount: chunk + 1 });
    // The fast one is known to be there, and has its slot taken by somebody else.
    desk.apply({ type: 'room-offered', peer: 'fast', leases: 1 });
    desk.plan();
    desk.start(desk.leaseOf(chunk));
    const last = chunk + 1;
    desk.apply({ type: 'chunk-found', job: 'j', chunk: last, startFrame: 0, endFrame: 100, complexity: 0 });
    for (const peer of CROWD) desk.apply({ type: 'room-offered', peer, leases: 1 });
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.join('z');
    expect(Desk.grants(desk.plan())).toEqual([`${last}@z`]);
  });
});

describe('which chunk goes to whom', () => {
  test('a chunk is granted as soon as it is found, while the scan goes on', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 2);
    desk.apply({ type: 'chunk-found', job: 'j', chunk: 0, startFrame: 0, endFrame: 9, complexity: 0 });
    expect(Desk.grants(desk.plan())).toEqual(['0@p']);
  });

  test('chunks go out in film order while plenty is left', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 3);
    desk.find(Array.from({ length: 3 * TAIL_ROUNDS + 10 }, (_, index) => 10 + index));
    expect(Desk.grants(desk.plan())).toEqual(['0@p', '1@p', '2@p']);
  });

  test('the longest go first once a few rounds of slots are left', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 2);
    desk.find([10, 30, 20, 40]);
    expect(Desk.grants(desk.plan())).toEqual(['3@p', '1@p']);
  });

  test('film order holds while the scan may still find more', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 2);
    desk.find([10, 30, 20, 40, 50], { isEnded: false });
    desk.plan();
    // Both slots took a cheap one, as nothing was known of the peer.
    expect(desk.leaseOf(2).peer).toBe('p');
    expect(Desk.grants(desk.commit(desk.leaseOf(0)))).toContain('1@p');
    expect(Desk.grants(desk.commit(desk.leaseOf(2)))).toContain('3@p');
  });

  test('every idle slot gets a chunk before any gets a second one', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('a', 2);
    desk.join('b', 1);
    desk.find([10, 10, 10, 10, 10, 10], { isEnded: false });
    expect(Desk.grants(desk.plan()).map((grant) => grant.slice(2))).toEqual(['a', 'b', 'a']);
  });

  test('a chunk is prefetched when an attempt of its peer will end soon, and not before', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 1);
    desk.find(Array.from({ length: 50 }, () => 100));
    desk.plan();
    const running = desk.leaseOf(0);
    desk.start(running);
    desk.nowMs = 50_000;
    desk.progress(running, 50);
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.nowMs += 50_000 - PREFETCH_LEAD_MS;
    expect(Desk.grants(desk.plan())).toEqual(['1@p']);
    expect(Desk.grants(desk.plan())).toEqual([]);
  });

  test("the leader's own machine prefetches late: its slices lie on its disk", () => {
    const desk = new Desk();
    desk.submit();
    desk.join('own', 1, 'd', 2, true);
    desk.find(Array.from({ length: 50 }, () => 100));
    desk.plan();
    const running = desk.leaseOf(0);
    desk.start(running);
    desk.nowMs = 50_000;
    desk.progress(running, 50);
    desk.nowMs += 50_000 - PREFETCH_LEAD_MS;
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.nowMs = 100_000 - OWN_PREFETCH_LEAD_MS;
    desk.progress(running, 99);
    expect(Desk.grants(desk.plan())).toEqual(['1@own']);
  });

  test('a prefetched lease that comes back is prefetched again', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 1);
    desk.find(Array.from({ length: 50 }, () => 100));
    desk.plan();
    desk.start(desk.leaseOf(0));
    desk.nowMs = 1_000;
    desk.progress(desk.leaseOf(0), 99);
    expect(Desk.grants(desk.plan())).toEqual(['1@p']);
    desk.apply({ type: 'lease-returned', job: 'j', attempt: desk.leaseOf(1).number, reason: 'It drains.' });
    desk.apply({ type: 'room-offered', peer: 'p', leases: 2 });
    expect(Desk.grants(desk.plan())).toEqual(['1@p']);
  });

  test('with fewer chunks left than slots nothing is prefetched', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 2);
    desk.find([10, 10, 10]);
    desk.plan();
    desk.start(desk.leaseOf(0));
    desk.nowMs = 100;
    desk.progress(desk.leaseOf(0), 9);
    expect(Desk.grants(desk.plan())).toEqual([]);
  });

  test('near the end a slow slot gets only what the others would not wait for', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('fast', 2, 'd', 2);
    desk.join('slow', 1, 'd', 1);
    desk.join('fast', 2);
    desk.find([100, 100, 100, 60, 30, 4]);
    desk.plan();
    expect([0, 1, 2].map((chunk) => desk.leaseOf(chunk).peer)).toEqual(['fast', 'slow', 'fast']);
    // A fast slot needs 10 ms a frame, the slow one 100.
    expect(Desk.grants(desk.commit(desk.leaseOf(0), 1_000))).toEqual(['3@fast']);
    expect(Desk.grants(desk.commit(desk.leaseOf(1), 10_000))).toEqual(['5@slow']);
    expect(Desk.grants(desk.commit(desk.leaseOf(5), 400))).toEqual([]);
    expect(Desk.grants(desk.commit(desk.leaseOf(2), 1_000))).toEqual(['4@fast']);
  });

  test('a peer of unknown speed begins with the cheapest of the next few', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p');
    desk.find(Array.from({ length: 4 * TAIL_ROUNDS }, (_, chunk) => (chunk === FIRST_LOOKS - 1 ? 20 : 50)));
    expect(Desk.grants(desk.plan())).toEqual([`${FIRST_LOOKS - 1}@p`]);
    expect(Desk.grants(desk.commit(desk.leaseOf(FIRST_LOOKS - 1)))).toEqual(['0@p']);
  });

  test('a later job starts in the tail of the former', () => {
    const desk = new Desk();
    desk.submit('first');
    desk.submit('second');
    desk.join('p', 3);
    desk.find([10, 10], { job: 'first' });
    desk.find([10, 10], { job: 'second' });
    const grants = desk.plan().filter((action) => action.type === 'grant-lease');
    expect(grants.map((grant) => grant.job)).toEqual(['first', 'first', 'second']);
  });

  test('a chunk that is already in the store is never granted', () => {
    const desk = new Desk();
    desk.submit();
    desk.join('p', 2);
    desk.find([10, 10]);
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: null, bytes: 5 });
    expect(Desk.grants(desk.plan())).toEqual(['1@p']);
  });
});

test('of peers that come and go under ever new names a job remembers the latest alone', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('own', 1, 'd', 0, true);
  desk.find(Array(2 * PEERS_REMEMBERED + 1).fill(10));
  for (let peer = 0; peer < 2 * PEERS_REMEMBERED; peer += 1) {
    desk.join(`p${peer}`);
    desk.plan();
    const lease = () => [...desk.job().attempts.values()].find(({ state }) => state === 'granted');
    desk.commit(lease() as Attempt);
    // What it is blamed for is no failure of the chunk.
    desk.fail(lease() as Attempt, 'expired');
    desk.leave(`p${peer}`);
    desk.plan();
  }
  const { blames, rates, tally } = desk.job();
  for (const kept of [blames, rates, tally.slotTimes, tally.encodedBy, tally.byPeer]) {
    expect(kept.size).toBeLessThanOrEqual(PEERS_REMEMBERED + 1);
    expect(kept.has(`p${PEERS_REMEMBERED - 2}`)).toBe(false);
    expect(kept.has(`p${2 * PEERS_REMEMBERED - 1}`)).toBe(true);
  }
  expect(rates.has('own')).toBe(true);
});

test('attempts of a later run never carry the numbers of an earlier one', () => {
  const desk = new Desk();
  const submitted = {
    type: 'job-submitted',
    isLocal: false,
    job: 'j',
    frameCountEstimate: null,
    nowMs: 0,
  } as const;
  desk.apply({ ...submitted, firstAttempt: 7_000 }, { type: 'scan-begun', job: 'j' });
  desk.apply({ type: 'job-build-known', job: 'j', digest: 'd' });
  desk.join('p');
  desk.find([10]);
  desk.plan();
  expect(desk.leaseOf(0).number).toBe(7_000);
});
