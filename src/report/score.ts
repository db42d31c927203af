import { formatScore, type MetricName } from '../quality/metric.ts';
import { formatPooling, type Pooling, poolScores } from '../quality/pool-scores.ts';

/** What the scores of a file's frames say. */
export interface ScoreSummary {
  readonly metric: MetricName;
  readonly frameCount: number;
  readonly pooling: string;
  readonly score: number;
  readonly harmonic: number;
  readonly percentile5: number;
  readonly minimum: number;
}

export function summariseScores(
  metric: MetricName,
  scores: readonly number[],
  pooling: Pooling,
): ScoreSummary {
  return {
    metric,
    frameCount: scores.length,
    pooling: formatPooling(pooling),
    score: poolScores(scores, pooling),
    harmonic: poolScores(scores, { type: 'harmonic' }),
    percentile5: poolScores(scores, { type: 'percentile', percent: 5 }),
    minimum: poolScores(scores, { type: 'minimum' }),
  };
}

export function renderScore(summary: ScoreSummary): string[] {
  const { metric, frameCount, pooling, score, harmonic, percentile5, minimum } = summary;
  return [
    `${formatScore(metric, score)} (${pooling} of ${frameCount} frames)`,
    `  harmonic mean ${harmonic.toFixed(2)}, 5th percentile ${percentile5.toFixed(2)}, worst frame ${minimum.toFixed(2)}`,
  ];
}
