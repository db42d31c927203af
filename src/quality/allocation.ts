import type { QualityScale } from '../encoder/encoder-definition.ts';
import { METRICS, type MetricName } from './metric.ts';
import { crfRangeFor } from './quality-target.ts';
import type { CrfRange } from './search-crf.ts';
import type { SizeGoal } from './size-goal.ts';
import type { WantedVmafModel } from './vmaf-model.ts';

/**
 * How bits are shared out: `slope` where they do most for the film's mean, `equal` so that all chunks are equally good,
 * and not better than `mostScore`.
 */
export type SharingRule =
  | { readonly type: 'slope' }
  | { readonly type: 'equal'; readonly mostScore: number | null };

/** What a film is to have when its bits are shared out among its chunks: a mean score over its frames, or what it may take. */
export interface Allocation {
  readonly rule: SharingRule;
  readonly goal: { readonly type: 'score'; readonly aim: number } | SizeGoal;
  /** By which the chunks are compared. */
  readonly metric: MetricName;
  /** Of VMAF alone. */
  readonly model: WantedVmafModel;
  /** null: by the encoder's scale. */
  readonly minCrf: number | null;
  readonly maxCrf: number | null;
}

/** A worst chunk may be worse than with one CRF for all by so many times what a single chunk's target is met to. */
const TOLERANCES_LOST = 4;

/** Score that the film's worst chunks may lose against one CRF for all: 1.6 VMAF. */
export function mayLose(metric: MetricName): number {
  return TOLERANCES_LOST * METRICS[metric].tolerance;
}

/** A film's mean may be this far from what was aimed at: 0.1 VMAF. */
export function slackOf(metric: MetricName): number {
  return SLACK * METRICS[metric].tolerance;
}

const SLACK = 0.25;

/** Bounds of the search: as for a score, or where bytes are asked for an encoder's whole scale, as those count. */
export function allocationRange(
  { goal, minCrf, maxCrf }: Pick<Allocation, 'goal' | 'minCrf' | 'maxCrf'>,
  scale: QualityScale,
): CrfRange {
  if (goal.type === 'score') return crfRangeFor({ minCrf, maxCrf }, scale);
  return crfRangeFor({ minCrf: minCrf ?? scale.min, maxCrf: maxCrf ?? scale.max }, scale);
}
