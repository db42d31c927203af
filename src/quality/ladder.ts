import { byteWeight } from '../media/byte-weight.ts';
import { meanScore, oneCrfFor, type SurveyedChunk } from './film-allocation.ts';
import { METRICS, type MetricName } from './metric.ts';
import type { CrfRange } from './search-crf.ts';
import type { WantedVmafModel } from './vmaf-model.ts';

/** The mean score of a film for which a bitrate is looked for on samples. */
export interface Ladder {
  readonly metric: MetricName;
  readonly aim: number;
  /** Of VMAF alone. */
  readonly model: WantedVmafModel;
  /** null: by the encoder's scale. */
  readonly minCrf: number | null;
  readonly maxCrf: number | null;
}

/** A chunk of the film as the scan saw it. */
export interface LadderChunk {
  readonly number: number;
  readonly frameCount: number;
  /** Summed over its frames, in the scan's units. */
  readonly complexity: number;
}

/** One chunk in so many is a sample, and never fewer or more than these. */
export interface SampleCount {
  readonly oneIn: number;
  readonly least: number;
  readonly most: number;
}

const SAMPLES: SampleCount = { oneIn: 20, least: 6, most: 24 };

/**
 * Chunks that speak for the film: it is divided into as many stretches of equally many frames, and of each one chunk is
 * drawn. The same film and seed give the same ones.
 */
export function chooseSamples(
  chunks: readonly Pick<LadderChunk, 'number' | 'frameCount'>[],
  seed: number,
  { oneIn, least, most }: SampleCount = SAMPLES,
): number[] {
  const count = Math.min(chunks.length, Math.max(least, Math.min(most, Math.round(chunks.length / oneIn))));
  const frames = chunks.reduce((sum, { frameCount }) => sum + frameCount, 0);
  const stretches: number[][] = Array.from({ length: count }, () => []);
  let before = 0;
  for (const { number, frameCount } of chunks) {
    const middle = before + frameCount / 2;
    stretches[Math.min(count - 1, Math.floor((middle * count) / frames))]?.push(number);
    before += frameCount;
  }
  const draw = drawFrom(seed);
  return stretches.flatMap((numbers) => numbers[Math.floor(draw() * numbers.length)] ?? []);
}

/** Numbers from 0 up to 1 (mulberry32). */
function drawFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Bytes that all chunks would take at the one CRF at which the samples have the mean score; between two CRFs, bytes'
 * logarithms are interpolated. A chunk that is no sample takes what its complexity says beside those.
 *
 * @param samples measured at the same CRFs.
 */
export function bytesAtScore(
  { metric, aim }: Pick<Ladder, 'metric' | 'aim'>,
  chunks: readonly LadderChunk[],
  samples: ReadonlyMap<number, SurveyedChunk>,
  range: CrfRange,
): number {
  const sampled = chunks.filter(({ number }) => samples.has(number));
  const surveyed = sampled.flatMap(({ number }) => samples.get(number) ?? []);
  const [better, worse] = [aim, aim - METRICS[metric].scorePerCrf].map((meanOf) => {
    const one = oneCrfFor({ goal: { meanScore: meanOf }, range }, surveyed);
    return one === null ? null : { bytes: one.bytes, score: meanScore(surveyed, one.points) };
  });
  if (better == null || worse == null) throw new Error('No sample was tried.');
  const between = better.score - worse.score;
  const share = between > 0 ? Math.min(1, Math.max(0, (better.score - aim) / between)) : 0;
  const bytes = Math.exp(Math.log(better.bytes) * (1 - share) + Math.log(worse.bytes) * share);
  return (bytes * weightOf(chunks)) / weightOf(sampled);
}

/** What chunks should take beside others, in any unit. */
export function weightOf(chunks: readonly LadderChunk[]): number {
  return chunks.reduce((sum, { frameCount, complexity }) => sum + byteWeight(frameCount, complexity), 0);
}
