import { expect, test } from 'vitest';
import { ChunkFinder } from '../../src/media/find-chunks.ts';
import { chunkBounds } from '../../src/media/plan-chunks.ts';

/** Frame bounds of the chunks of a film of `count` equal grey frames at 24 frames a second. */
function chunksOf(count: number, forced: readonly number[], cuts: readonly number[] = []): number[][] {
  const finder = new ChunkFinder(chunkBounds(24, 1, 10), cuts, forced);
  const grey = new Uint8Array(160 * 90).fill(128);
  const chunks = Array.from({ length: count }, () => finder.push(grey)).flat();
  return [...chunks, ...finder.end()].map(({ startFrame, endFrame }) => [startFrame, endFrame]);
}

test('a chunk starts at every forced frame, however short the one before becomes', () => {
  const chunks = chunksOf(300, [0, 30, 35, 299]);
  const starts = chunks.map(([start]) => start);
  expect(starts).toEqual(expect.arrayContaining([0, 30, 35, 299]));
  expect(chunks.map(([, end]) => end)).toEqual([...starts.slice(1), 300]);
});

test('cuts between forced frames count as ever', () => {
  expect(chunksOf(200, [100], [40, 70, 150])).toEqual([
    [0, 40],
    [40, 70],
    [70, 100],
    [100, 150],
    [150, 200],
  ]);
});

test('forced frames beyond the end change nothing', () => {
  expect(chunksOf(100, [5000])).toEqual(chunksOf(100, []));
});
