import { METRICS, type MetricName } from './metric.ts';

/** Below this distance from VMAF's end, where its scores are cut off, they are counted as they are. */
const NEAR_THE_END = 1;

/**
 * A score on a scale on which every CRF takes away about the same, so that lines through a few tries lead to the next. For VMAF
 * that is the logarithm of what it lacks: between two tries six CRFs apart, a chunk's steepest part is 2.8 times as steep as its
 * flattest in VMAF, and 1.3 times on this scale (medians of 47 chunks of three films). Decibels are such a scale. Rises
 * with the score.
 */
export function straightScore(metric: MetricName, score: number): number {
  if (metric !== 'vmaf') return score;
  const lacking = METRICS.vmaf.most - score;
  if (lacking >= NEAR_THE_END) return -decibels(lacking);
  return -decibels(NEAR_THE_END) + (10 / Math.LN10) * (1 - lacking / NEAR_THE_END);
}

function decibels(value: number): number {
  return 10 * Math.log10(value);
}
