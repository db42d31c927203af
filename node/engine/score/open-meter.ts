import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { chooseVmafModel } from '../../../src/quality/vmaf-model.ts';
import type { ScoreMeasure } from '../messages.ts';
import { FilterMeter } from './filter-meter.ts';
import type { Meter } from './meter.ts';
import { Ssimulacra2Meter } from './ssimulacra2-meter.ts';
import { VmafMeter } from './vmaf-meter.ts';

/**
 * A meter for raw pictures of one size.
 *
 * @param workPath a folder for what it must write.
 */
export async function openMeter(
  measure: ScoreMeasure,
  video: EncodedPicture,
  workPath: string,
): Promise<Meter> {
  switch (measure.metric) {
    case 'vmaf':
      return VmafMeter.open(measure.ffmpeg, chooseVmafModel(measure.model, video), video, workPath);
    case 'ssimulacra2':
      return Ssimulacra2Meter.open(measure.program, video, workPath);
    default:
      return new FilterMeter(measure.metric, video);
  }
}
