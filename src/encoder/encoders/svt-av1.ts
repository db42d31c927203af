import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplayText } from '../hdr-text.ts';
import { joinPairs } from '../option-text.ts';
import { SVT_AV1_ALTERNATIVES, SVT_AV1_PARAMS } from './svt-av1-params.ts';

/** SVT-AV1's levels of parallelism beyond this cost memory and start-up and gain nothing (its own `lp` ends at 6). */
const MAX_THREADS = 6;

/** SVT-AV1 3.1 inside FFmpeg. */
export const svtAv1: EncoderDefinition = {
  title: 'SVT-AV1',
  codec: 'av1',
  // SVT-AV1 3.1 behind FFmpeg rounds fractions away (measured: 35.25 writes what 35 writes).
  quality: { name: 'CRF', min: 1, max: 63, decimals: 0 },
  // Negative ones are for debugging.
  presets: Array.from({ length: 14 }, (_, preset) => String(preset)),
  // FFmpeg gives it no way to a second pass.
  passes: { quality: 1, bitrate: 1 },
  maxGrain: 50,
  degrain: { 'film-grain-denoise': '1' },
  bitDepth: 10,
  defaults: [
    [5, 28],
    [5, 30],
    [6, 32],
    [7, 33],
    [8, 35],
  ],
  params: SVT_AV1_PARAMS,
  alternatives: SVT_AV1_ALTERNATIVES,
  // 0.84 GB at presets 10 and 12, 0.88 at 8, 1.40 at 6, 1.51 at 4 and 2.
  bytesPerPixel: (preset) => (preset >= 8 ? 380 : 680),
  engine: {
    library: 'libsvtav1',
    version: { said: /SVT-AV1 Encoder Lib v?(\S+)/ },
    options,
  },
};

/**
 * A keyframe first and none after it. Threads do not change what is written (measured: 1, 2, 4 and 8 give equal bytes
 * at presets 4, 8 and 12).
 */
function options({ settings, threads }: EncodeRun): Record<string, string> {
  const { preset, rate, grain, params, picture } = settings;
  const { masteringDisplay, contentLight } = picture;
  const own = {
    ...(grain === 0 ? {} : { 'film-grain': String(grain) }),
    lp: String(Math.min(Math.max(Math.trunc(threads), 1), MAX_THREADS)),
    keyint: '-1',
    'irefresh-type': '2',
    scd: '0',
    ...(masteringDisplay === null ? {} : { 'mastering-display': masteringDisplayText(masteringDisplay) }),
    ...(contentLight === null ? {} : { 'content-light': contentLightText(contentLight) }),
  };
  return {
    preset: String(preset),
    ...(rate.type === 'quality' ? { crf: String(rate.value) } : { b: `${rate.kbps}k` }),
    'svtav1-params': joinPairs({ ...params, ...own }),
  };
}
