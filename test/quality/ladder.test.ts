import { describe, expect, test } from 'vitest';
import { byteWeight } from '../../src/media/byte-weight.ts';
import type { SurveyedChunk } from '../../src/quality/film-allocation.ts';
import { bytesAtScore, chooseSamples, type LadderChunk } from '../../src/quality/ladder.ts';

const CHUNKS: readonly LadderChunk[] = Array.from({ length: 100 }, (_, number) => ({
  number,
  frameCount: 20 + ((number * 37) % 60),
  complexity: 5 + ((number * 53) % 90),
}));
const RANGE = { min: 7, max: 51, step: 1 };

describe('samples', () => {
  test('are spread over the whole film, and the same for the same seed', () => {
    const samples = chooseSamples(CHUNKS, 7);
    expect(samples).toEqual(chooseSamples(CHUNKS, 7));
    expect(samples).not.toEqual(chooseSamples(CHUNKS, 8));
    expect(samples).toHaveLength(6);
    expect([...samples].sort((a, b) => a - b)).toEqual(samples);
    expect(samples[0]).toBeLessThan(20);
    expect(samples[5]).toBeGreaterThan(80);
  });

  test('of a short film are all its chunks, of a long one no more than 24', () => {
    expect(chooseSamples(CHUNKS.slice(0, 4), 1)).toEqual([0, 1, 2, 3]);
    const long = Array.from({ length: 3000 }, (_, number) => ({ number, frameCount: 90, complexity: 10 }));
    expect(chooseSamples(long, 1)).toHaveLength(24);
    expect(chooseSamples([], 1)).toEqual([]);
  });
});

describe('the bytes of a film at a mean score', () => {
  const at = ({ frameCount, complexity }: LadderChunk, crf: number) => ({
    crf,
    bytes: 40 * byteWeight(frameCount, complexity) * Math.exp(-0.06 * (crf - 30)),
    score: 95 - 0.35 * (crf - 30),
  });

  test('are what all chunks take at the CRF where the samples have it', () => {
    const numbers = chooseSamples(CHUNKS, 3);
    const samples = new Map(
      CHUNKS.filter(({ number }) => numbers.includes(number)).map((chunk): [number, SurveyedChunk] => [
        chunk.number,
        { frameCount: chunk.frameCount, measured: [22, 31, 40, 49].map((crf) => at(chunk, crf)) },
      ]),
    );
    // VMAF 93 is had at CRF 35.7, between two that may be asked for.
    const expected = CHUNKS.reduce((sum, chunk) => sum + at(chunk, 30 + 2 / 0.35).bytes, 0);
    expect(bytesAtScore({ metric: 'vmaf', aim: 93 }, CHUNKS, samples, RANGE) / expected).toBeCloseTo(1, 2);
  });
});
