import { METRIC_NAMES, METRICS, type MetricName } from './metric.ts';
import { MEAN, type Pooling } from './pool-scores.ts';

/** The score that every chunk is to have. */
export interface ScoreTarget {
  readonly metric: MetricName;
  readonly pooling: Pooling;
  /** What is aimed at. */
  readonly aim: number;
  /** A chunk within these is taken as it is. */
  readonly least: number;
  readonly most: number;
}

/** Half the least distance of a range's ends: what one step of the CRF changes must fit in. */
const LEAST_BAND = 0.05;

export interface TargetDetails {
  readonly pooling?: Pooling;
  /** How far a chunk's score may be from a single number; the metric's own where it is left out. */
  readonly tolerance?: number;
}

/**
 * Reads `vmaf=95`, `xpsnr=38.5` or a range `vmaf=94-96`. A single number is met to within the tolerance, a
 * range anywhere inside of it.
 *
 * @throws a sentence.
 */
export function parseScoreTarget(text: string, details: TargetDetails = {}): ScoreTarget {
  const [, name = '', low = '', high] = /^([a-z]+\d?)=(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const metric = METRIC_NAMES.find((known) => known === name);
  if (metric === undefined) {
    throw new Error(
      `A target is ${METRIC_NAMES.map((known) => `${known}=SCORE`).join(', ')} or a range such as vmaf=94-96; got "${text}".`,
    );
  }
  return scoreTarget(metric, Number(low), high === undefined ? null : Number(high), details);
}

/** @param high the end of a range that begins at `low`; null where `low` alone is aimed at. */
export function scoreTarget(
  metric: MetricName,
  low: number,
  high: number | null,
  { pooling = MEAN, tolerance }: TargetDetails,
): ScoreTarget {
  const { title, unit, least, most } = METRICS[metric];
  for (const score of high === null ? [low] : [low, high]) {
    if (score >= least && score < most) continue;
    throw new Error(
      `A target of ${title} ${score} is not to be had: expected at least ${least} and less than ${most}${unit === '' ? '' : ` ${unit}`}.`,
    );
  }
  if (high === null) {
    const distance = tolerance ?? METRICS[metric].tolerance;
    return { metric, pooling, aim: low, least: low - distance, most: low + distance };
  }
  if (tolerance !== undefined) {
    throw new Error(
      `The range ${low}-${high} says itself how far a score may be off; leave out the tolerance.`,
    );
  }
  if (high - low < 2 * LEAST_BAND) {
    throw new Error(
      `The range ${low}-${high} is too narrow: its end must be ${2 * LEAST_BAND} above its start.`,
    );
  }
  return { metric, pooling, aim: (low + high) / 2, least: low, most: high };
}
