import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { ENDLESS_GOP, OF_ALL_HARDWARE } from '../hardware-options.ts';
import { AV1_VAAPI_PARAMS } from './av1-vaapi-params.ts';

/** AV1 by whatever graphics Linux drives through VAAPI. */
export const av1Vaapi: EncoderDefinition = {
  title: 'AV1 VAAPI',
  codec: 'av1',
  quality: { name: 'QP', min: 1, max: 255, decimals: 0 },
  presets: ['default'],
  ...OF_ALL_HARDWARE,
  defaults: [
    [0, 100],
    [0, 110],
    [0, 120],
    [0, 125],
    [0, 130],
  ],
  params: AV1_VAAPI_PARAMS,
  engine: {
    library: 'av1_vaapi',
    version: { said: /VAAPI driver: (.+)/ },
    hardware: { pictures: 'vaapi', told: [/VAAPI driver: .+/] },
    options,
  },
};

/** Its own scale is the quantiser's index of AV1. */
function options({ settings }: EncodeRun): Record<string, string> {
  const { rate, params } = settings;
  return {
    ...params,
    ...(rate.type === 'quality'
      ? { rc_mode: 'CQP', global_quality: String(rate.value) }
      : { rc_mode: 'VBR', b: `${rate.kbps}k` }),
    g: ENDLESS_GOP,
  };
}
