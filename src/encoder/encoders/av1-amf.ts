import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { ENDLESS_GOP, OF_ALL_HARDWARE } from '../hardware-options.ts';
import { AV1_AMF_PARAMS } from './av1-amf-params.ts';

/** AV1 by AMD's cards, from the RX 7000 series on. */
export const av1Amf: EncoderDefinition = {
  title: 'AV1 AMF',
  codec: 'av1',
  quality: { name: 'QP', min: 1, max: 255, decimals: 0 },
  presets: ['high_quality', 'quality', 'balanced', 'speed'],
  ...OF_ALL_HARDWARE,
  defaults: [
    [0, 100],
    [0, 110],
    [0, 120],
    [1, 125],
    [1, 130],
  ],
  params: AV1_AMF_PARAMS,
  engine: {
    library: 'av1_amf',
    version: { said: /AMF runtime version (\S+)/ },
    hardware: { pictures: 'memory', told: [] },
    options,
  },
};

/** Keyframes are told of by the same number as others: its own scale is the quantiser's index of AV1. */
function options({ settings }: EncodeRun): Record<string, string> {
  const { preset, rate, params, picture } = settings;
  return {
    ...params,
    usage: 'transcoding',
    quality: av1Amf.presets[preset] as string,
    ...(rate.type === 'quality'
      ? { rc: 'cqp', qp_i: String(rate.value), qp_p: String(rate.value) }
      : { rc: 'vbr_peak', b: `${rate.kbps}k` }),
    bitdepth: String(picture.bitDepth),
    g: ENDLESS_GOP,
  };
}
