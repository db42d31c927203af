import type { Rational } from '../media/rational.ts';
import type { ContentLight, MasteringDisplay } from '../media/source-video.ts';

/**
 * `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)` in plain numbers, as SVT-AV1 and rav1e read it. AV1 stores chromaticities in
 * steps of 2^-16 and luminance in steps of 2^-8 and 2^-14: six digits keep them.
 */
export function masteringDisplayText(display: MasteringDisplay): string {
  return displayText(
    display,
    (value) => fractionOf(value).toFixed(6),
    (value) => fractionOf(value).toFixed(6),
  );
}

/** The same in the whole steps of HEVC's and H.264's message: 0.00002 of chromaticity, 0.0001 cd/m² of luminance. */
export function masteringDisplaySteps(display: MasteringDisplay): string {
  return displayText(
    display,
    (value) => String(Math.round(fractionOf(value) * 50_000)),
    (value) => String(Math.round(fractionOf(value) * 10_000)),
  );
}

/** The same steps as numbers alone: green, blue, red, white, the brightest and the darkest. */
export function masteringDisplayNumbers(display: MasteringDisplay): string {
  return (masteringDisplaySteps(display).match(/\d+/g) ?? []).join(',');
}

/** `max-content,max-frame-average`. */
export function contentLightText({ maxContent, maxFrameAverage }: ContentLight): string {
  return `${maxContent},${maxFrameAverage}`;
}

function displayText(
  { red, green, blue, white, maxLuminance, minLuminance }: MasteringDisplay,
  chromaticity: (value: Rational) => string,
  luminance: (value: Rational) => string,
): string {
  const point = ([x, y]: readonly [Rational, Rational]): string => `(${chromaticity(x)},${chromaticity(y)})`;
  return `G${point(green)}B${point(blue)}R${point(red)}WP${point(white)}L(${luminance(maxLuminance)},${luminance(minLuminance)})`;
}

function fractionOf({ num, den }: Rational): number {
  return den === 0 ? 0 : num / den;
}
