import type { Rational } from '../media/rational.ts';
import type { ContentLight, MasteringDisplay } from '../media/source-video.ts';
import { CRF_RANGE, PRESET_RANGE } from './default-settings.ts';
import type { EncodeSettings } from './settings.ts';
import { checkEncoderParams } from './svt-av1-params.ts';

/** SVT-AV1's levels of parallelism beyond this cost memory and start-up and gain nothing (its own `lp` ends at 6). */
export const MAX_ENCODER_THREADS = 6;

/**
 * SVT-AV1's level of parallelism of every chunk's encode. With an encode on every core, two cost no CPU time and a
 * sixth more memory than one (1080p, presets 6 and 10), and an encode that is left alone at the end of a job takes half
 * the time. Four cost half as much memory again and a tenth more CPU time.
 */
export const ENCODER_THREADS = 2;

/**
 * Options of FFmpeg's libsvtav1 for one chunk. Each chunk is one closed GOP: a keyframe first and none after it,
 * whatever the chunk's length. Threads do not change what is written (measured: 1, 2, 4 and 8 give equal bytes at
 * presets 4, 8 and 12), so they are no part of the settings.
 *
 * @throws a sentence for a preset or CRF out of range and for a parameter that is not on the allowlist.
 */
export function svtAv1Options(settings: EncodeSettings, threads: number): Record<string, string> {
  checkWhole('preset', settings.preset, PRESET_RANGE);
  checkWhole('CRF', settings.crf, CRF_RANGE);
  checkEncoderParams(settings.params);
  const { masteringDisplay, contentLight } = settings.picture;
  const own = {
    lp: String(Math.min(Math.max(Math.trunc(threads), 1), MAX_ENCODER_THREADS)),
    keyint: '-1',
    'irefresh-type': '2',
    scd: '0',
    ...(masteringDisplay === null ? {} : { 'mastering-display': masteringDisplayText(masteringDisplay) }),
    ...(contentLight === null ? {} : { 'content-light': contentLightText(contentLight) }),
  };
  return {
    preset: String(settings.preset),
    crf: String(settings.crf),
    'svtav1-params': Object.entries({ ...settings.params, ...own })
      .map(([key, value]) => `${key}=${value}`)
      .join(':'),
  };
}

/** SVT-AV1's `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`. */
function masteringDisplayText(display: MasteringDisplay): string {
  const point = ([x, y]: readonly [Rational, Rational]): string => `(${decimal(x)},${decimal(y)})`;
  const { red, green, blue, white, maxLuminance, minLuminance } = display;
  return `G${point(green)}B${point(blue)}R${point(red)}WP${point(white)}L(${decimal(maxLuminance)},${decimal(minLuminance)})`;
}

/** SVT-AV1's `max-content,max-frame-average`. */
function contentLightText({ maxContent, maxFrameAverage }: ContentLight): string {
  return `${maxContent},${maxFrameAverage}`;
}

/** AV1 stores chromaticities in steps of 2^-16 and luminance in steps of 2^-8 and 2^-14: six digits keep them. */
function decimal({ num, den }: Rational): string {
  return (den === 0 ? 0 : num / den).toFixed(6);
}

function checkWhole(name: string, value: number, { min, max }: { min: number; max: number }): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new Error(`SVT-AV1's ${name} is ${value}, expected a whole number from ${min} to ${max}.`);
}
