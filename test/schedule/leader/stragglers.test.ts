import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../../src/schedule/leader/state.ts';
import {
  ANSWER_MS,
  BEGIN_PATIENCE_MS,
  FASTEST_BELIEVED,
  FORGIVEN_LOSSES,
} from '../../../src/schedule/limits.ts';
import { Desk } from './desk.ts';

/**
 * A desk whose peers have each done the same chunk, in so many milliseconds for its 100 frames; their rates are known.
 * What is found afterwards begins with chunk 10.
 */
function deskOfKnown(peers: Readonly<Record<string, number>>): Desk {
  const desk = new Desk();
  desk.submit();
  Object.entries(peers).forEach(([peer, durationMs], chunk) => {
    desk.apply({
      type: 'chunk-found',
      job: 'j',
      chunk,
      startFrame: 100 * chunk,
      endFrame: 100 * chunk + 100,
      complexity: 0,
    });
    desk.join(peer);
    desk.plan();
    desk.commit(desk.leaseOf(chunk), durationMs);
    desk.apply({ type: 'room-offered', peer, leases: 0 });
  });
  return desk;
}

function offer(desk: Desk, ...peers: readonly string[]): void {
  for (const peer of peers) desk.apply({ type: 'room-offered', peer, leases: 1 });
}

function findOne(desk: Desk, chunk: number, frameCount = 100): void {
  const startFrame = 10_000 * chunk;
  const endFrame = startFrame + frameCount;
  desk.apply({ type: 'chunk-found', job: 'j', chunk, startFrame, endFrame, complexity: 0 });
}

function endScan(desk: Desk, chunkCount: number): void {
  desk.apply({ type: 'scan-ended', job: 'j', chunkCount });
}

/** The slow peer runs chunk 2 alone, and the fast one has nothing to do. */
function withStraggler(): { desk: Desk; straggler: Attempt } {
  const desk = deskOfKnown({ fast: 1_000, slow: 20_000 });
  offer(desk, 'slow');
  findOne(desk, 2);
  desk.plan();
  const straggler = desk.leaseOf(2);
  desk.start(straggler);
  endScan(desk, 3);
  return { desk, straggler };
}

describe('a straggler at the tail', () => {
  test('gets a backup on a free slot that is expected to end sooner', () => {
    const { desk, straggler } = withStraggler();
    expect(straggler.peer).toBe('slow');
    expect(desk.plan()).toEqual([]);
    offer(desk, 'fast');
    expect(Desk.grants(desk.plan())).toEqual(['2@fast']);
    expect(desk.job().chunks.get(2)?.attempts.size).toBe(2);
  });

  test('gets no backup that would not end much sooner, nor a second one', () => {
    const { desk, straggler } = withStraggler();
    desk.nowMs += 19_500;
    desk.progress(straggler, 80);
    offer(desk, 'fast');
    expect(Desk.grants(desk.plan())).toEqual([]);
    const other = withStraggler();
    offer(other.desk, 'fast');
    other.desk.plan();
    other.desk.join('third');
    expect(Desk.grants(other.desk.plan())).toEqual([]);
  });

  test('gets its backup on a machine that went and came back: its speed is known', () => {
    const { desk } = withStraggler();
    desk.leave('fast');
    desk.join('fast');
    expect(desk.job().peers.get('fast')?.costRate).toBeCloseTo(0.1);
    expect(Desk.grants(desk.plan())).toEqual(['2@fast']);
  });

  /** The fast peer is busy for a second, the slow one for so much of its 20 s; the new one is there for the first time. */
  function withNewcomer(framesDone: number): Desk {
    const { desk, straggler } = withStraggler();
    offer(desk, 'fast');
    findOne(desk, 3);
    desk.plan();
    desk.nowMs += 200 * framesDone;
    if (framesDone > 0) desk.progress(straggler, framesDone);
    desk.start(desk.leaseOf(3));
    desk.join('new', 1, 'd', 1);
    return desk;
  }

  test('gets its backup on an idle machine of unknown speed only when an average one would end far sooner', () => {
    expect(Desk.grants(withNewcomer(0).plan())).toEqual(['2@new']);
    expect(Desk.grants(withNewcomer(80).plan())).toEqual([]);
  });

  test('gets another backup when the first one is not begun', () => {
    const desk = withNewcomer(0);
    desk.plan();
    const [straggler, backup] = [...(desk.job().chunks.get(2)?.attempts ?? [])];
    desk.commit(desk.leaseOf(3));
    if (straggler !== undefined) desk.progress(straggler, 1);
    offer(desk, 'fast');
    desk.nowMs += BEGIN_PATIENCE_MS;
    expect(desk.plan()).toMatchObject([{ type: 'ask-steal', attempt: backup?.number, peer: 'new' }]);
    desk.nowMs += ANSWER_MS;
    expect(Desk.grants(desk.plan())).toEqual(['2@fast']);
  });

  test('is cancelled when its backup is committed', () => {
    const { desk, straggler } = withStraggler();
    offer(desk, 'fast');
    desk.plan();
    const backup = [...(desk.job().chunks.get(2)?.attempts ?? [])].find(({ peer }) => peer === 'fast');
    expect(backup).toBeDefined();
    const actions = desk.commit(backup ?? straggler);
    expect(actions).toContainEqual({
      type: 'cancel-attempt',
      job: 'j',
      attempt: straggler.number,
      peer: 'slow',
      reason: 'Another result of this chunk was committed.',
    });
    expect(desk.job().costLeft).toBe(0);
  });

  test('still counts when it ends first, and when its backup fails', () => {
    const { desk, straggler } = withStraggler();
    offer(desk, 'fast');
    desk.plan();
    const backup = [...(desk.job().chunks.get(2)?.attempts ?? [])].find(({ peer }) => peer === 'fast');
    desk.fail(backup ?? straggler, 'encoder');
    desk.plan();
    expect(desk.leaseOf(2)).toBe(straggler);
    desk.commit(straggler);
    expect(desk.job().tally.committedCount).toBe(3);
  });

  test('and its backup are never proven at once', () => {
    const { desk, straggler } = withStraggler();
    offer(desk, 'fast');
    desk.plan();
    const backup = [...(desk.job().chunks.get(2)?.attempts ?? [])].find(({ peer }) => peer === 'fast');
    for (const attempt of [straggler, backup ?? straggler]) {
      desk.encode(attempt);
      desk.plan();
      desk.apply({ type: 'result-fetched', job: 'j', attempt: attempt.number, nowMs: desk.nowMs });
    }
    desk.plan();
    expect([desk.state.proving.size, desk.state.fetched.size]).toEqual([1, 1]);
    desk.fail(straggler, 'result');
    desk.plan();
    expect(desk.state.proving).toEqual(new Set([backup]));
  });

  test('is found when its encoder hangs, long before its lease expires', () => {
    const desk = deskOfKnown({ a: 1_000, b: 1_000 });
    offer(desk, 'b');
    findOne(desk, 2);
    desk.plan();
    desk.start(desk.leaseOf(2));
    endScan(desk, 3);
    offer(desk, 'a');
    desk.nowMs += 600;
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.nowMs += 2_000;
    expect(Desk.grants(desk.plan())).toEqual(['2@a']);
  });

  test('on a suspect peer gets a backup at once', () => {
    const desk = deskOfKnown({ a: 1_000, b: 1_000 });
    offer(desk, 'b');
    findOne(desk, 2);
    desk.plan();
    desk.start(desk.leaseOf(2));
    endScan(desk, 3);
    offer(desk, 'a');
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.apply({ type: 'peer-suspected', peer: 'b' });
    expect(Desk.grants(desk.plan())).toEqual(['2@a']);
  });

  test('a suspect peer gets no work until it is heard again', () => {
    const desk = deskOfKnown({ a: 1_000 });
    desk.apply({ type: 'peer-suspected', peer: 'a' });
    offer(desk, 'a');
    findOne(desk, 1);
    expect(Desk.grants(desk.plan())).toEqual([]);
    desk.apply({ type: 'peer-heard', peer: 'a', nowMs: desk.nowMs });
    expect(Desk.grants(desk.plan())).toEqual(['1@a']);
  });

  test('waits while a longer chunk does: the free slot takes that one', () => {
    const { desk } = withStraggler();
    findOne(desk, 3, 150);
    offer(desk, 'fast');
    expect(Desk.grants(desk.plan())).toEqual(['3@fast']);
  });
});

describe('near the end a slow slot takes', () => {
  /** The fast peer runs three quarters of what is left, and the slow one could do the rest in twice its time. */
  function withBusyFast(framesEncoded: number): Desk {
    const desk = deskOfKnown({ fast: 1_000, slow: 2_000 });
    offer(desk, 'fast');
    findOne(desk, 2, 300);
    desk.plan();
    desk.start(desk.leaseOf(2));
    findOne(desk, 3);
    endScan(desk, 4);
    desk.nowMs += 10 * framesEncoded;
    desk.progress(desk.leaseOf(2), framesEncoded);
    offer(desk, 'slow');
    return desk;
  }

  test('what the fast one, being busy, would end later', () => {
    expect(Desk.grants(withBusyFast(30).plan())).toEqual(['3@slow']);
  });

  test('and leaves to it what it will soon be free for', () => {
    expect(Desk.grants(withBusyFast(280).plan())).toEqual([]);
  });

  test('no chunk that peers were lost on time after time, if a fast one can end it sooner', () => {
    const desk = deskOfKnown({ fast: 1_000, slow: 20_000 });
    offer(desk, 'fast');
    findOne(desk, 2, 1_000);
    desk.plan();
    desk.start(desk.leaseOf(2));
    findOne(desk, 3);
    for (let loss = 0; loss <= FORGIVEN_LOSSES; loss += 1) {
      desk.join(`laptop${loss}`);
      desk.plan();
      desk.start(desk.leaseOf(3));
      desk.leave(`laptop${loss}`);
    }
    endScan(desk, 4);
    offer(desk, 'slow');
    expect(Desk.grants(desk.plan())).toEqual([]);
    expect(Desk.grants(desk.commit(desk.leaseOf(2), 10_000))).toEqual(['3@fast']);
  });
});

describe('a peer that slows down', () => {
  function runningAt(frames: number): { desk: Desk; attempt: Attempt } {
    const desk = new Desk();
    desk.submit();
    desk.join('p');
    desk.find([1_000, 1_000, 1_000]);
    desk.plan();
    desk.commit(desk.leaseOf(0), 100_000);
    const attempt = desk.leaseOf(1);
    desk.start(attempt);
    for (let told = 50; told <= frames; told += 50) {
      desk.nowMs += 5_000;
      desk.progress(attempt, told);
      desk.plan();
    }
    return { desk, attempt };
  }

  test('is noticed by what it runs, in the time of a few groups of frames', () => {
    const { desk, attempt } = runningAt(500);
    expect(desk.job().peers.get('p')?.costRate).toBeCloseTo(0.01);
    for (let told = 510; told <= 550; told += 10) {
      desk.nowMs += 10_000;
      desk.progress(attempt, told);
      desk.plan();
    }
    expect(desk.job().peers.get('p')?.costRate).toBeLessThan(0.002);
    expect(attempt.expectedEndMs - desk.nowMs).toBeGreaterThan(200_000);
  });

  test('and is noticed by its silence when nothing comes at all', () => {
    const { desk } = runningAt(500);
    desk.nowMs += 30_000;
    desk.join('idle');
    const actions = desk.plan();
    expect(actions).toContainEqual({ type: 'forget-pace', job: 'j', peer: 'p' });
    expect(desk.job().peers.get('p')?.costRate).toBeLessThan(0.004);
  });

  test('and is not noticed in the chance of a few frames', () => {
    const { desk, attempt } = runningAt(500);
    desk.nowMs += 3_000;
    desk.progress(attempt, 502);
    desk.join('idle');
    expect(desk.plan().map(({ type }) => type)).not.toContain('forget-pace');
  });
});

test('a peer whose words all come at once after a silence is believed no faster than any slot is', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('p');
  desk.find([1_000]);
  desk.plan();
  const attempt = desk.leaseOf(0);
  desk.start(attempt);
  desk.nowMs += 1e-6;
  desk.progress(attempt, 900);
  const { costRate } = desk.job().peers.get('p') ?? {};
  expect(costRate).toBeGreaterThan(0);
  expect(costRate).toBeLessThanOrEqual(FASTEST_BELIEVED);
});
