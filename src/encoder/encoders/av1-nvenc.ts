import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { ENDLESS_GOP, OF_ALL_HARDWARE } from '../hardware-options.ts';
import { AV1_NVENC_PARAMS } from './av1-nvenc-params.ts';

/** AV1 by NVIDIA's cards, from the 40 series on. */
export const av1Nvenc: EncoderDefinition = {
  title: 'AV1 NVENC',
  codec: 'av1',
  quality: { name: 'CQ', min: 1, max: 63, decimals: 0 },
  presets: ['p7', 'p6', 'p5', 'p4', 'p3', 'p2', 'p1'],
  ...OF_ALL_HARDWARE,
  defaults: [
    [0, 30],
    [0, 32],
    [0, 34],
    [1, 35],
    [2, 36],
  ],
  params: AV1_NVENC_PARAMS,
  engine: {
    library: 'av1_nvenc',
    version: { said: /Loaded Nvenc version (\S+)/ },
    hardware: { pictures: 'memory', told: [/GPU #\d+ - < (.+?) >/, /Loaded Nvenc version \S+/] },
    options,
  },
};

/** A constant quality is a variable rate without a rate. */
function options({ settings }: EncodeRun): Record<string, string> {
  const { preset, rate, params } = settings;
  return {
    ...params,
    preset: av1Nvenc.presets[preset] as string,
    ...(rate.type === 'quality'
      ? { rc: 'vbr', cq: String(rate.value), b: '0' }
      : { rc: 'vbr', b: `${rate.kbps}k` }),
    g: ENDLESS_GOP,
    'no-scenecut': '1',
    'forced-idr': '1',
  };
}
