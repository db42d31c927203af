import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { ENDLESS_GOP, OF_ALL_HARDWARE } from '../hardware-options.ts';
import { HEVC_VIDEOTOOLBOX_PARAMS } from './hevc-videotoolbox-params.ts';

/** The best of VideoToolbox's own scale. */
const BEST = 100;

/** FF_QP2LAMBDA of FFmpeg's avutil.h. */
const QP_TO_LAMBDA = 118;

/** HEVC by Apple's chips; they make no AV1. */
export const hevcVideotoolbox: EncoderDefinition = {
  title: 'HEVC VideoToolbox',
  codec: 'hevc',
  quality: { name: 'Q', min: 1, max: 99, decimals: 0 },
  presets: ['default'],
  ...OF_ALL_HARDWARE,
  defaults: [
    [0, 35],
    [0, 37],
    [0, 40],
    [0, 42],
    [0, 45],
  ],
  params: HEVC_VIDEOTOOLBOX_PARAMS,
  engine: {
    library: 'hevc_videotoolbox',
    version: { said: /VideoToolbox (\S+)/ },
    hardware: { pictures: 'memory', told: [] },
    options,
  },
};

/** Its own scale is better upwards, to 100, and is asked for in units of FFmpeg's lambda. Only Apple's own chips know it. */
function options({ settings }: EncodeRun): Record<string, string> {
  const { rate, params, picture } = settings;
  const { bitDepth } = picture;
  return {
    ...params,
    ...(rate.type === 'quality'
      ? { flags: '+qscale', global_quality: String((BEST - rate.value) * QP_TO_LAMBDA) }
      : { b: `${rate.kbps}k` }),
    profile: bitDepth === 10 ? 'main10' : 'main',
    g: ENDLESS_GOP,
  };
}
