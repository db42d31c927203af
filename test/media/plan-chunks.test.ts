import { describe, expect, test } from 'vitest';
import {
  type ChunkBounds,
  ChunkPlanner,
  chunkBounds,
  type PlannedChunk,
  type PlannedFrame,
  rampStep,
} from '../../src/media/plan-chunks.ts';

function frames(
  length: number,
  cuts: readonly number[] = [],
  lively: readonly number[] = [],
): PlannedFrame[] {
  return Array.from({ length }, (_, i) => ({
    isCut: cuts.includes(i),
    difference: lively.includes(i) ? 9 : 1,
    complexity: 2,
  }));
}

function plan(bounds: ChunkBounds, list: readonly PlannedFrame[]): PlannedChunk[] {
  const planner = new ChunkPlanner(bounds);
  return [...list.flatMap((frame) => planner.push(frame)), ...planner.end()];
}

const lengths = (chunks: readonly PlannedChunk[]): number[] =>
  chunks.map(({ startFrame, endFrame }) => endFrame - startFrame);

/** Small repeatable generator of numbers in [0, 1). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** No ramp: the first chunk may be as long as any. */
const BOUNDS: ChunkBounds = { minFrames: 10, maxFrames: 60, rampFrames: 60 };

describe('whatever the cuts', () => {
  const seeds = Array.from({ length: 300 }, (_, seed) => seed);
  test.each([
    { minFrames: 1, maxFrames: 2, rampFrames: 2 },
    { minFrames: 5, maxFrames: 10, rampFrames: 10 },
    { minFrames: 7, maxFrames: 15, rampFrames: 14 },
    { minFrames: 10, maxFrames: 60, rampFrames: 20 },
    { minFrames: 24, maxFrames: 240, rampFrames: 48 },
  ])('chunks tile the source within %o', (bounds) => {
    for (const seed of seeds) {
      const roll = dice(seed);
      const length = 1 + Math.floor(roll() * 4 * bounds.maxFrames);
      const density = roll() ** 2;
      const list = Array.from({ length }, () => ({
        isCut: roll() < density / 4,
        difference: roll() * 20,
        complexity: 1,
      }));
      const chunks = plan(bounds, list);
      let next = 0;
      for (const [k, chunk] of chunks.entries()) {
        expect(chunk.startFrame).toBe(next);
        next = chunk.endFrame;
        const size = chunk.endFrame - chunk.startFrame;
        expect(size).toBeLessThanOrEqual(Math.min(bounds.maxFrames, bounds.rampFrames * rampStep(k)));
        if (length >= bounds.minFrames) expect(size).toBeGreaterThanOrEqual(bounds.minFrames);
        expect(chunk.complexity).toBe(size);
      }
      expect(next).toBe(length);
    }
  });

  test('every length from one frame on is planned', () => {
    for (let length = 1; length <= 200; length++) {
      const sizes = lengths(plan(BOUNDS, frames(length)));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(length);
      if (length < BOUNDS.minFrames) expect(sizes).toEqual([length]);
    }
  });

  test('a chunk never waits for more than a longest and a shortest one', () => {
    let longestWait = 0;
    for (const seed of seeds) {
      const roll = dice(seed);
      const planner = new ChunkPlanner(BOUNDS);
      let pushed = 0;
      let told = 0;
      for (; pushed < 1000; pushed++) {
        const chunks = planner.push({ isCut: roll() < 0.02, difference: roll(), complexity: 1 });
        for (const chunk of chunks) told = chunk.endFrame;
        longestWait = Math.max(longestWait, pushed + 1 - told);
      }
    }
    expect(longestWait).toBeLessThan(BOUNDS.maxFrames + BOUNDS.minFrames);
  });
});

test('a shot of allowed length is a chunk', () => {
  expect(lengths(plan(BOUNDS, frames(100, [30, 75])))).toEqual([30, 45, 25]);
});

test('a shot that is too short goes with the next one', () => {
  expect(lengths(plan(BOUNDS, frames(80, [4, 40])))).toEqual([40, 40]);
  expect(lengths(plan(BOUNDS, frames(80, [40, 44])))).toEqual([40, 40]);
});

test('a last shot that is too short goes with the one before', () => {
  expect(lengths(plan(BOUNDS, frames(54, [50])))).toEqual([54]);
});

test('a shot that is too long is divided at its liveliest place near the longest length', () => {
  expect(lengths(plan(BOUNDS, frames(200, [], [52])))[0]).toBe(52);
  // Too far from there to be worth it.
  expect(lengths(plan(BOUNDS, frames(200, [], [20])))[0]).toBe(60);
});

test('a shot a little too long is divided in the middle, not into a tiny rest', () => {
  expect(lengths(plan(BOUNDS, frames(64)))).toEqual([32, 32]);
  expect(lengths(plan(BOUNDS, frames(164, [64])))).toEqual([32, 32, 60, 40]);
});

test('the first chunks are short, so that the swarm starts at once', () => {
  const bounds = chunkBounds(24, 1, 10);
  expect(bounds).toEqual({ minFrames: 24, maxFrames: 240, rampFrames: 48 });
  expect(lengths(plan(bounds, frames(5000))).slice(0, 6)).toEqual([48, 48, 192, 240, 240, 240]);
});

test('the first chunk is told after its own length and the least one', () => {
  const planner = new ChunkPlanner(chunkBounds(24, 1, 10));
  const list = frames(100);
  const at = list.findIndex((frame) => planner.push(frame).length > 0);
  expect(at + 1).toBe(72);
});

test('a minimum of more than half the maximum is lowered', () => {
  expect(chunkBounds(10, 8, 10)).toMatchObject({ minFrames: 50, maxFrames: 100 });
  expect(chunkBounds(0, 0, 0)).toMatchObject({ minFrames: 1, maxFrames: 2 });
});
