import { describe, expect, test } from 'vitest';
import { whyLeftOut } from '../../../src/schedule/leader/blame.ts';
import type { Attempt } from '../../../src/schedule/leader/state.ts';
import { ANSWER_MS, BEGIN_PATIENCE_MS, PATIENCE_GROWTH, REST_MS } from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

/**
 * The victim runs chunk 2 and has chunk 3 for its slot's next; the thief, twenty times as fast, has nothing to do.
 * `hasSlot`: it offers room already.
 */
function withVictim(hasSlot = true): { desk: Desk; lease: Attempt } {
  const desk = new Desk();
  desk.submit();
  for (const [chunk, peer, durationMs] of [
    [0, 'thief', 1_000],
    [1, 'victim', 20_000],
  ] as const) {
    find(desk, chunk);
    desk.join(peer);
    desk.plan();
    desk.commit(desk.leaseOf(chunk), durationMs);
    desk.apply({ type: 'room-offered', peer, leases: 0 });
  }
  desk.apply({ type: 'room-offered', peer: 'victim', leases: 2 });
  find(desk, 2);
  desk.plan();
  desk.start(desk.leaseOf(2));
  find(desk, 3);
  desk.plan();
  if (hasSlot) desk.apply({ type: 'room-offered', peer: 'thief', leases: 1 });
  return { desk, lease: desk.leaseOf(3) };
}

function find(desk: Desk, chunk: number): void {
  const [startFrame, endFrame] = [100 * chunk, 100 * chunk + 100];
  desk.apply({ type: 'chunk-found', job: 'j', chunk, startFrame, endFrame, complexity: 0 });
}

function answer(desk: Desk, lease: Attempt, hasSlice: boolean | null): void {
  const names = { job: 'j', attempt: lease.number };
  desk.apply(
    hasSlice === null ? { type: 'steal-refused', ...names } : { type: 'lease-yielded', ...names, hasSlice },
  );
}

const types = (desk: Desk) => desk.plan().map(({ type }) => type);

describe('an idle peer', () => {
  test('asks for the unstarted chunk of the peer that would end last, once, and leaves the lease there', () => {
    const { desk, lease } = withVictim();
    const names = { job: 'j', attempt: lease.number };
    expect(desk.plan()).toEqual([{ type: 'ask-steal', ...names, peer: 'victim', thief: 'thief' }]);
    expect(desk.plan()).toEqual([]);
    expect(desk.leaseOf(3)).toBe(lease);
  });

  test('takes what waits rather than what another has', () => {
    const { desk } = withVictim();
    find(desk, 4);
    expect(Desk.grants(desk.plan())).toEqual(['4@thief']);
  });

  test('leaves what it would not end clearly sooner', () => {
    const { desk } = withVictim(false);
    const slow = desk.job().peers.get('thief');
    if (slow !== undefined) slow.costRate = 100 / 34_000;
    desk.apply({ type: 'room-offered', peer: 'thief', leases: 1 });
    expect(types(desk)).toEqual([]);
    // A transfer counts too: with it, the victim's 40 s are near.
    if (slow !== undefined) Object.assign(slow, { costRate: 100 / 1_000, beginMs: 33_000 });
    expect(types(desk)).toEqual([]);
    if (slow !== undefined) slow.beginMs = 30_000;
    expect(types(desk)).toEqual(['ask-steal']);
  });

  test('gets the one lease when the victim says yes, with its slice; the victim is told when that is not needed', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    answer(desk, lease, true);
    const actions = desk.plan();
    expect(actions).toMatchObject([
      { type: 'grant-lease', chunk: 3, peer: 'thief', stolenFrom: { peer: 'victim', attempt: lease.number } },
    ]);
    expect(desk.job().chunks.get(3)?.attempts.size).toBe(1);
    expect(desk.job().tally).toMatchObject({ stolenCount: 1, retryCount: 0 });
    answer(desk, lease, true);
    expect(desk.plan()).toEqual([]);
    desk.start(desk.leaseOf(3));
    expect(desk.plan()).toMatchObject([{ type: 'cancel-attempt', attempt: lease.number, peer: 'victim' }]);
  });

  test('gets it without the slice where the victim does not have it whole', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    answer(desk, lease, false);
    expect(desk.plan()).toMatchObject([{ type: 'grant-lease', chunk: 3, peer: 'thief', stolenFrom: null }]);
  });

  test('does not get what was begun meanwhile, and does not ask again', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    answer(desk, lease, null);
    expect(desk.state.asked.size).toBe(0);
    expect(types(desk)).not.toContain('ask-steal');
    desk.start(lease);
    answer(desk, lease, true);
    expect(desk.leaseOf(3)).toBe(lease);
    expect(types(desk)).not.toContain('ask-steal');
  });
});

/** A peer of unknown rate holds chunk 1 and another one, quick and idle, has done chunk 0. */
function withSilent(): { desk: Desk; lease: Attempt } {
  const desk = new Desk();
  desk.submit();
  for (const [chunk, peer] of ['quick', 'mute'].entries()) {
    find(desk, chunk);
    desk.join(peer, 1, 'd', 1);
    desk.plan();
    if (peer === 'quick') desk.commit(desk.leaseOf(chunk));
    desk.apply({ type: 'room-offered', peer, leases: peer === 'quick' ? 0 : 1 });
  }
  desk.apply({ type: 'room-offered', peer: 'quick', leases: 1 });
  return { desk, lease: desk.leaseOf(1) };
}

describe('a peer that says nothing of its leases', () => {
  test('is asked for one when it is late, though its speed is unknown, and not before', () => {
    const { desk, lease } = withSilent();
    expect(lease.peer).toBe('mute');
    desk.nowMs += BEGIN_PATIENCE_MS;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    expect(desk.plan()).toMatchObject([{ type: 'ask-steal', peer: 'mute', thief: 'quick' }]);
  });

  test('loses it when it does not answer, to one that is not silent, and is the last to get another', () => {
    const { desk, lease } = withSilent();
    desk.nowMs += BEGIN_PATIENCE_MS + 1;
    desk.plan();
    desk.nowMs += ANSWER_MS - 1;
    expect(desk.plan()).toEqual([]);
    desk.nowMs += 1;
    const actions = desk.plan();
    expect(actions.map(({ type }) => type)).toEqual(['expire-lease', 'cancel-attempt', 'grant-lease']);
    expect(actions[0]).toMatchObject({ words: expect.stringMatching(/10 s the peer said nothing/) });
    expect(Desk.grants(actions)).toEqual(['1@quick']);
    expect(lease.chunk.failures).toEqual([]);
  });

  test('is left out when it does so again, `status` says why, and a chunk that it ends makes up for it', () => {
    const { desk } = withSilent();
    for (const chunk of [2, 3]) {
      desk.nowMs += BEGIN_PATIENCE_MS + 1;
      desk.plan();
      desk.nowMs += ANSWER_MS;
      desk.plan();
      if (chunk === 3) break;
      expect(whyLeftOut(desk.state, 'mute', 'j')).toBeNull();
      find(desk, chunk);
      expect(Desk.grants(desk.plan())).toEqual([`${chunk}@mute`]);
      desk.commit(desk.leaseOf(1));
    }
    expect(whyLeftOut(desk.state, 'mute', 'j')).toMatch(
      /took 2 chunks without a word.*start its daemon anew/,
    );
    desk.commitAll();
    find(desk, 3);
    desk.apply({ type: 'room-offered', peer: 'quick', leases: 0 });
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.nowMs += REST_MS;
    expect(Desk.grants(desk.plan())).toEqual(['3@mute']);
    desk.commit(desk.leaseOf(3));
    expect(whyLeftOut(desk.state, 'mute', 'j')).toBeNull();
  });

  test('is waited for while nothing at all is heard of it: that is another matter', () => {
    const { desk, lease } = withSilent();
    desk.nowMs += BEGIN_PATIENCE_MS + 1;
    desk.plan();
    desk.apply({ type: 'peer-suspected', peer: 'mute' });
    desk.nowMs += 3 * ANSWER_MS;
    expect(desk.plan()).toEqual([]);
    desk.apply({ type: 'peer-heard', peer: 'mute', nowMs: desk.nowMs });
    desk.nowMs += ANSWER_MS - 1;
    expect(desk.plan()).toEqual([]);
    answer(desk, lease, null);
    desk.nowMs += 1;
    expect(desk.plan()).toEqual([]);
    expect(lease.state).toBe('started');
  });

  test('is asked again for a chunk that was stolen, after four times as long', () => {
    const { desk, lease } = withSilent();
    desk.nowMs += BEGIN_PATIENCE_MS + 1;
    desk.plan();
    desk.apply({ type: 'room-offered', peer: 'quick', leases: 0 });
    answer(desk, lease, false);
    expect(Desk.grants(desk.plan())).toEqual(['1@mute']);
    desk.apply({ type: 'room-offered', peer: 'quick', leases: 1 });
    desk.nowMs += PATIENCE_GROWTH * BEGIN_PATIENCE_MS;
    expect(types(desk)).toEqual([]);
    desk.nowMs += 1;
    expect(types(desk)).toEqual(['ask-steal']);
  });

  test('is asked in the name of one that may not try the chunk itself', () => {
    const { desk, lease } = withSilent();
    lease.chunk.failures.push({ peer: 'quick', cause: 'encoder', words: 'It failed.' });
    desk.nowMs += BEGIN_PATIENCE_MS + 1;
    expect(types(desk)).toEqual(['ask-steal']);
  });

  test('keeps no slice for one that may not try the chunk itself', () => {
    const { desk, lease } = withSilent();
    lease.chunk.failures.push({ peer: 'quick', cause: 'encoder', words: 'It failed.' });
    desk.nowMs += BEGIN_PATIENCE_MS + 1;
    desk.plan();
    // Else slices of chunks that wait for ever would take all of its room.
    desk.apply({ type: 'room-offered', peer: lease.peer, leases: 0 });
    answer(desk, lease, true);
    expect(lease.chunk).toMatchObject({ state: 'waiting', yielded: null });
    const closed = { type: 'cancel-attempt', job: 'j', attempt: lease.number, peer: lease.peer };
    expect(desk.plan()).toContainEqual(expect.objectContaining(closed));
    expect(desk.job().tally.stolenCount).toBe(0);
  });
});

describe('a steal leaves one lease or a waiting chunk', () => {
  test('when the victim leaves before it answers', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    desk.leave('victim');
    answer(desk, lease, true);
    expect(Desk.grants(desk.plan())).toEqual(['2@thief']);
    expect(desk.job().chunks.get(3)?.state).toBe('waiting');
  });

  test('when the victim leaves after its answer: its slice is not counted on', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    answer(desk, lease, true);
    desk.leave('victim');
    const grants = desk.plan().filter(({ type }) => type === 'grant-lease');
    expect(grants).toMatchObject([{ stolenFrom: null }]);
  });

  test('when the thief leaves: others get the chunk, and the victim need not keep the slice', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    desk.leave('thief');
    answer(desk, lease, true);
    const actions = desk.plan();
    expect(Desk.grants(actions)).toEqual(['3@victim']);
    expect([...actions, ...desk.plan()]).toContainEqual(
      expect.objectContaining({ type: 'cancel-attempt', attempt: lease.number }),
    );
    expect(desk.state.asked.size + desk.state.closing.size).toBe(0);
  });

  test('and a chunk is stolen once only', () => {
    const { desk, lease } = withVictim();
    desk.plan();
    answer(desk, lease, false);
    desk.plan();
    const again = desk.job().peers.get('victim');
    if (again !== undefined) again.costRate = 1_000;
    desk.apply({ type: 'room-offered', peer: 'victim', leases: 4 });
    expect(types(desk)).not.toContain('ask-steal');
  });
});
