import type { RawVideo } from '../../../src/media/y4m.ts';
import { chooseVmafModel } from '../../../src/quality/vmaf-model.ts';
import type { ScoreMeasure } from '../messages.ts';
import { FilterMeter } from './filter-meter.ts';
import type { Meter } from './meter.ts';
import { VmafMeter } from './vmaf-meter.ts';

/**
 * A meter for raw pictures of one size.
 *
 * @param workPath a folder for what it must write.
 */
export async function openMeter(measure: ScoreMeasure, video: RawVideo, workPath: string): Promise<Meter> {
  if (measure.metric !== 'vmaf') return new FilterMeter(measure.metric, video);
  return VmafMeter.open(measure.ffmpeg, chooseVmafModel(measure.model, video), video, workPath);
}
