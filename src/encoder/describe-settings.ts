import type { QualityScale } from './encoder-definition.ts';
import { encoderOf } from './encoders.ts';
import { PHOTON_NOISE } from './photon-noise.ts';
import type { EncodeSettings, Rate } from './settings.ts';

/**
 * Encoder, preset and aim in one line, for people.
 *
 * @param isSearched each chunk has a quality of its own.
 */
export function describeSettings(
  { encoder, preset, rate, passes, grain, params }: EncodeSettings,
  isSearched = false,
): string {
  const { presets, quality } = encoderOf(encoder);
  return [
    encoder,
    `preset ${presets[preset]}`,
    describeRate(rate, quality, isSearched),
    ...(passes === 1 ? [] : [`${passes} passes`]),
    ...(grain === 0 ? [] : [`film grain ${grain}`]),
    ...(params[PHOTON_NOISE] === undefined ? [] : [`film grain of ISO ${params[PHOTON_NOISE]}`]),
  ].join(', ');
}

function describeRate(rate: Rate, { name }: QualityScale, isSearched: boolean): string {
  if (isSearched) return `${name} by chunk`;
  return rate.type === 'quality' ? `${name} ${rate.value}` : `${rate.kbps} kb/s`;
}
