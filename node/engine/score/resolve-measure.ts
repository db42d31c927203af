import type { MetricName } from '../../../src/quality/metric.ts';
import type { WantedVmafModel } from '../../../src/quality/vmaf-model.ts';
import type { ScoreMeasure } from '../messages.ts';
import { findSsimulacra2, NO_SSIMULACRA2 } from './find-ssimulacra2.ts';
import { findVmaf, NO_VMAF } from './find-vmaf.ts';

type WantedMeasure =
  | { readonly metric: 'vmaf'; readonly model: WantedVmafModel }
  | { readonly metric: Exclude<MetricName, 'vmaf'> };

/** How this machine scores so. Throws a sentence when it cannot. */
export async function resolveMeasure(wanted: WantedMeasure): Promise<ScoreMeasure> {
  if (wanted.metric === 'vmaf') {
    const provider = await findVmaf();
    if (provider === null) throw new Error(NO_VMAF);
    return { ...wanted, ffmpeg: provider.path };
  }
  if (wanted.metric !== 'ssimulacra2') return { metric: wanted.metric };
  const program = await findSsimulacra2();
  if (program === null) throw new Error(NO_SSIMULACRA2);
  return { metric: wanted.metric, program };
}
