import {
  FASTEST_BELIEVED,
  RATE_SAMPLES,
  SILENCE_FRAMES,
  SILENCE_GROWTH,
  SILENCE_MAX_MS,
  SILENCE_MIN_MS,
  SILENCE_UNKNOWN_MS,
} from './limits.ts';

/** One finished attempt: what it was predicted to cost and how long it took. */
export interface RateSample {
  readonly frameCount: number;
  readonly cost: number;
  readonly durationMs: number;
}

/** A peer's latest attempts of one job, oldest first; at most RATE_SAMPLES. */
export type RateWindow = RateSample[];

/**
 * Complexity of a frame (the scan's units) at which it costs twice as much to encode as a still one. Only the ratio
 * between chunks matters; a wrong value costs some order at the tail, never a result. Fitted on half of the recorded
 * clips, test/simulation/fit.ts; the simulator's films are put together from the other half.
 */
export const COMPLEXITY_THAT_DOUBLES = 7;

/**
 * Predicted cost of a chunk, in still frames; a whole number, so that sums stay exact in any order.
 * `complexity` is the sum over its frames.
 */
export function predictCost(frameCount: number, complexity: number): number {
  const extra = Number.isFinite(complexity) ? Math.max(0, complexity) / COMPLEXITY_THAT_DOUBLES : 0;
  return Math.max(1, Math.round(frameCount + extra));
}

/** Remembers a finished attempt, forgetting the oldest. */
export function addRateSample(window: RateWindow, sample: RateSample): void {
  if (sample.durationMs <= 0) return;
  window.push(sample);
  if (window.length > RATE_SAMPLES) window.shift();
}

/** Frames a millisecond of one slot of the peer; null while nothing is known. */
export function frameRateOf(window: RateWindow): number | null {
  let frameCount = 0;
  let durationMs = 0;
  for (const sample of window) {
    frameCount += sample.frameCount;
    durationMs += sample.durationMs;
  }
  return durationMs > 0 ? frameCount / durationMs : null;
}

/** Predicted cost a millisecond of one slot of the peer; null while nothing is known. */
export function costRateOf(samples: readonly Pick<RateSample, 'cost' | 'durationMs'>[]): number | null {
  let cost = 0;
  let durationMs = 0;
  for (const sample of samples) {
    cost += sample.cost;
    durationMs += sample.durationMs;
  }
  return cost > 0 && durationMs > 0 ? Math.min(FASTEST_BELIEVED, cost / durationMs) : null;
}

/**
 * How long a running attempt may show nothing before its lease expires. `frameMs`: how long a frame of its chunk should
 * take there; null while nothing is known. `expiredCount`: attempts of its chunk whose leases expired before.
 */
export function silenceMs(frameMs: number | null, expiredCount: number): number {
  if (frameMs === null) return SILENCE_UNKNOWN_MS;
  const firstMs = Math.max(SILENCE_MIN_MS, SILENCE_FRAMES * frameMs);
  return Math.min(SILENCE_MAX_MS, firstMs * SILENCE_GROWTH ** expiredCount);
}
