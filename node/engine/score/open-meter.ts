import type { RawVideo } from '../../../src/media/y4m.ts';
import type { ScoreMeasure } from '../messages.ts';
import { FilterMeter } from './filter-meter.ts';
import type { Meter } from './meter.ts';
import { VmafMeter } from './vmaf-meter.ts';

/** A meter for raw pictures of one size. */
export async function openMeter(measure: ScoreMeasure, video: RawVideo): Promise<Meter> {
  if (measure.metric === 'vmaf') return VmafMeter.open(measure.ffmpeg, measure.model, video);
  return new FilterMeter(measure.metric, video);
}
