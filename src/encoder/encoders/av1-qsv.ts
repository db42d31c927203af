import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { ENDLESS_GOP, OF_ALL_HARDWARE } from '../hardware-options.ts';
import { AV1_QSV_PARAMS } from './av1-qsv-params.ts';

/** AV1 by Intel's graphics, from Arc on. */
export const av1Qsv: EncoderDefinition = {
  title: 'AV1 Quick Sync',
  codec: 'av1',
  quality: { name: 'ICQ', min: 1, max: 51, decimals: 0 },
  presets: ['veryslow', 'slower', 'slow', 'medium', 'fast', 'faster', 'veryfast'],
  ...OF_ALL_HARDWARE,
  defaults: [
    [0, 24],
    [0, 25],
    [0, 26],
    [1, 27],
    [2, 28],
  ],
  params: AV1_QSV_PARAMS,
  engine: {
    library: 'av1_qsv',
    version: { said: /MFX session.*?version is (\S+)/ },
    hardware: {
      pictures: 'memory',
      told: [/VAAPI driver: .+/, /MFX session using .+/, /implementation version is \S+/],
    },
    options,
  },
};

/** A number for the quality and no rate is its intelligent constant quality. */
function options({ settings }: EncodeRun): Record<string, string> {
  const { preset, rate, params } = settings;
  return {
    ...params,
    preset: av1Qsv.presets[preset] as string,
    ...(rate.type === 'quality' ? { global_quality: String(rate.value) } : { b: `${rate.kbps}k` }),
    g: ENDLESS_GOP,
    adaptive_i: '0',
    forced_idr: '1',
  };
}
