import type { MetricName } from './metric.ts';
import type { VmafModel } from './vmaf-model.ts';

/** How a job's frames are scored, on whichever machine. */
export type Measure =
  | { readonly metric: 'vmaf'; readonly model: VmafModel }
  | { readonly metric: Exclude<MetricName, 'vmaf'> };

/** Tells scores of different measures apart where they are stored: lowercase letters, digits and dashes. */
export function measureName(measure: Measure): string {
  return measure.metric === 'vmaf' ? `vmaf-${measure.model}` : measure.metric;
}
