import { beforeEach, describe, expect, test } from 'vitest';
import { reachablePeers } from '../../../src/schedule/leader/away.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import { SILENCE_UNKNOWN_MS } from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

describe('a peer that is away', () => {
  let desk: Desk;

  /** Chunk 0 runs on `far`, which is then away; chunk 1 on `near`. */
  beforeEach(() => {
    desk = new Desk();
    desk.submit();
    desk.find([100, 10]);
    desk.join('far');
    desk.plan();
    desk.start(desk.leaseOf(0));
    desk.join('near');
    desk.plan();
    expect(desk.leaseOf(1).peer).toBe('near');
    desk.progress(desk.leaseOf(0), 40);
    desk.apply({ type: 'peer-away', peer: 'far', nowMs: desk.nowMs });
  });

  const back = (): LeaderEvent => ({ type: 'peer-back', peer: 'far', slots: 1, nowMs: desk.nowMs });
  const encoded = (): LeaderEvent => ({
    type: 'attempt-encoded',
    job: 'j',
    attempt: 0,
    bytes: 1_000,
    nowMs: desk.nowMs,
  });

  test('loses its leases at once, and its late result still counts', () => {
    expect(Desk.grants(desk.commit(desk.leaseOf(1)))).toEqual(['0@near']);
    const second = desk.leaseOf(0);
    desk.start(second);
    desk.apply(back(), encoded());
    expect(desk.plan()).toMatchObject([
      { type: 'announce-job', peer: 'far' },
      { type: 'fetch-result', attempt: 0 },
    ]);
    desk.apply({ type: 'result-fetched', job: 'j', attempt: 0, nowMs: desk.nowMs });
    desk.plan();
    desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 1_000 });
    expect(desk.plan()).toMatchObject([
      { type: 'cancel-attempt', attempt: second.number },
      { type: 'settle-result', attempt: 0, accepted: true },
      { type: 'append-chunk' },
    ]);
  });

  test('goes on with what it runs; whoever has not begun its chunk need not', () => {
    expect(Desk.grants(desk.commit(desk.leaseOf(1)))).toEqual(['0@near']);
    const granted = desk.leaseOf(0);
    desk.apply(back());
    desk.progress(desk.attempt(0), 60);
    expect(desk.plan()).toMatchObject([
      { type: 'announce-job' },
      { type: 'cancel-attempt', attempt: granted.number, peer: 'near' },
    ]);
    expect(desk.leaseOf(0)).toMatchObject({ peer: 'far', state: 'started', framesEncoded: 60 });
    expect(desk.job().openAttemptCount).toBe(1);
  });

  test('hears that its chunk is done, and is then forgotten', () => {
    desk.commit(desk.leaseOf(1));
    desk.commit(desk.leaseOf(0));
    desk.apply(back());
    expect(desk.plan()).toMatchObject([
      { type: 'announce-job' },
      { type: 'cancel-attempt', attempt: 0, peer: 'far' },
    ]);
    desk.apply(encoded());
    expect(desk.plan()).toEqual([]);
    expect(desk.job().attempts.size).toBe(0);
  });

  test('and says nothing, once it is back, of what it runs, is told to stop it: its encoder may hang', () => {
    desk.apply(back());
    desk.plan();
    desk.nowMs += SILENCE_UNKNOWN_MS;
    expect(desk.plan()).toMatchObject([
      { type: 'expire-lease', attempt: 0, peer: 'far' },
      { type: 'ask-steal', peer: 'near' },
      { type: 'cancel-attempt', attempt: 0, peer: 'far' },
    ]);
    expect(desk.plan()).toEqual([]);
    expect(desk.job().attempts.has(0)).toBe(false);
    expect(desk.job().chunks.get(0)?.failures).toEqual([]);
  });

  test('is waited for, however long', () => {
    desk.apply(back());
    desk.plan();
    desk.apply({ type: 'peer-away', peer: 'far', nowMs: desk.nowMs });
    desk.nowMs += SILENCE_UNKNOWN_MS;
    desk.progress(desk.leaseOf(1), 1);
    desk.plan();
    expect(desk.attempt(0).state).toBe('away');
  });

  test('may have failed meanwhile: nobody is blamed for what was tried again anyhow', () => {
    desk.apply(back());
    desk.fail(desk.attempt(0), 'encoder');
    expect(desk.job().chunks.get(0)?.failures).toEqual([]);
    desk.plan();
    expect(desk.job().attempts.has(0)).toBe(false);
  });

  test('hears of the end of jobs until it left, be there anything of it here or not', () => {
    expect([...reachablePeers(desk.state)]).toEqual(['near', 'far']);
    desk.join('idle');
    desk.apply({ type: 'peer-away', peer: 'idle', nowMs: desk.nowMs });
    expect([...reachablePeers(desk.state)]).toEqual(['near', 'far', 'idle']);
    desk.apply({ type: 'peer-left', peer: 'idle', nowMs: desk.nowMs });
    expect([...reachablePeers(desk.state)]).toEqual(['near', 'far']);
  });

  test('and started anew, or never comes back, brings nothing', () => {
    desk.leave('far');
    desk.join('far');
    desk.apply(encoded());
    expect(desk.job().chunks.get(0)?.state).toBe('waiting');
    expect(desk.state.away.size).toBe(0);
  });
});
