import { describe, expect, test } from 'vitest';
import type { LeaderAction } from '../../../src/schedule/leader/actions.ts';
import { planLeader } from '../../../src/schedule/leader/plan.ts';
import { Desk } from './desk.ts';
import { countSteps } from './steps.ts';

const SLOTS = 4;

/**
 * Leads a whole job, with failures, lost peers and a resumed beginning, and gives the most steps that any one event and
 * the plans after it took, for each thing done.
 */
function mostSteps(chunkCount: number, peerCount = 4): { most: number; commits: number } {
  const desk = new Desk();
  desk.submit();
  for (let peer = 0; peer < peerCount; peer += 1) desk.join(`p${peer}`, SLOTS);
  desk.plan();
  let most = 0;
  const step = (run: () => unknown) => {
    let actionCount = 0;
    const steps = countSteps(() => {
      run();
      actionCount = desk.plan().length;
    });
    most = Math.max(most, steps / (1 + actionCount));
  };
  for (let chunk = 0; chunk < chunkCount; chunk += 1) {
    const startFrame = chunk * 100;
    const endFrame = startFrame + 50 + ((chunk * 37) % 50);
    step(() =>
      desk.apply({ type: 'chunk-found', job: 'j', chunk, startFrame, endFrame, complexity: chunk % 11 }),
    );
    if (chunk < chunkCount / 10) {
      step(() => desk.apply({ type: 'chunk-committed', job: 'j', chunk, attempt: null, bytes: 1 }));
    }
  }
  step(() => desk.apply({ type: 'scan-ended', job: 'j', chunkCount }));
  for (let turn = 0; desk.job().openAttemptCount > 0; turn += 1) {
    const attempt = [...desk.job().attempts.values()].find(({ state }) => state === 'granted');
    if (attempt === undefined) break;
    const names = { job: 'j', attempt: attempt.number };
    step(() => desk.start(attempt));
    desk.nowMs += 50;
    step(() => desk.progress(attempt, 20));
    if (turn % 50 === 0 && attempt.chunk.failures.length === 0) step(() => desk.fail(attempt, 'encoder'));
    else if (turn % 301 === 300) {
      step(() => desk.leave(attempt.peer));
      desk.join(attempt.peer, SLOTS);
    } else {
      step(() => desk.apply({ type: 'attempt-encoded', ...names, bytes: 9, nowMs: desk.nowMs }));
      step(() => desk.apply({ type: 'result-fetched', ...names, nowMs: desk.nowMs }));
      step(() => desk.apply({ type: 'chunk-committed', ...names, chunk: attempt.chunk.number, bytes: 9 }));
    }
    appendAll(desk, step);
  }
  return { most, commits: desk.job().tally.committedCount };
}

function appendAll(desk: Desk, step: (run: () => unknown) => void): void {
  for (let { appending } = desk.job(); appending !== null; { appending } = desk.job()) {
    const chunk: number = appending;
    step(() => desk.apply({ type: 'chunk-appended', job: 'j', chunk }));
  }
  desk.actions.splice(0) satisfies LeaderAction[];
}

/** Steps of one plan for each of its grants: so many peers are idle at once, of known speed or not. */
function stepsPerGrant(peerCount: number, chunksPerPeer: number, areKnown: boolean): number {
  const desk = new Desk();
  desk.submit();
  let chunk = 0;
  const find = () => {
    const [startFrame, endFrame] = [chunk * 100, chunk * 100 + 50 + ((chunk * 37) % 50)];
    desk.apply({ type: 'chunk-found', job: 'j', chunk, startFrame, endFrame, complexity: 0 });
    chunk += 1;
  };
  for (let index = 0; index < peerCount; index += 1) {
    const peer = `p${index}`;
    desk.join(peer, 2);
    if (!areKnown) continue;
    find();
    desk.plan();
    desk.commit(desk.leaseOf(chunk - 1), 1_000 + index);
    desk.apply({ type: 'room-offered', peer, leases: 0 });
  }
  for (let index = 0; index < peerCount * chunksPerPeer; index += 1) find();
  desk.apply({ type: 'scan-ended', job: 'j', chunkCount: chunk });
  for (let index = 0; index < peerCount; index += 1) {
    desk.apply({ type: 'room-offered', peer: `p${index}`, leases: 4 });
  }
  let actions: LeaderAction[] = [];
  const steps = countSteps(() => {
    actions = planLeader(desk.state, desk.nowMs);
  });
  expect(Desk.grants(actions).length).toBeGreaterThan(1.9 * peerCount);
  return steps / actions.length;
}

describe('a plan takes hardly more steps for each of its grants when it makes 2,000 instead of 100', () => {
  test.each([
    { words: 'in film order, speeds unknown', chunksPerPeer: 20, areKnown: false },
    { words: 'in film order, speeds known', chunksPerPeer: 20, areKnown: true },
    { words: 'at the tail, speeds unknown', chunksPerPeer: 4, areKnown: false },
    { words: 'at the tail, speeds known', chunksPerPeer: 4, areKnown: true },
  ])('$words', ({ chunksPerPeer, areKnown }) => {
    const few = stepsPerGrant(50, chunksPerPeer, areKnown);
    expect(stepsPerGrant(1_000, chunksPerPeer, areKnown)).toBeLessThan(2 * few);
  });
});

test('no event and no plan walks all chunks: 20,000 of them cost hardly more steps at once than 1,000', () => {
  const few = mostSteps(1_000);
  const many = mostSteps(20_000);
  expect(few.commits).toBe(1_000);
  expect(many.commits).toBe(20_000);
  expect(many.most).toBeLessThan(2 * few.most);
}, 60_000);

test('nor all peers: 600 of them cost hardly more steps at once than 60', () => {
  const few = mostSteps(400, 60);
  const many = mostSteps(2_500, 600);
  expect(few.commits).toBe(400);
  expect(many.commits).toBe(2_500);
  expect(many.most).toBeLessThan(2 * few.most);
}, 60_000);
