import { encoderOf } from './encoders.ts';
import type { EncodeSettings } from './settings.ts';

/** Encoder, preset and aim in one line, for people. */
export function describeSettings({ encoder, preset, rate, passes, grain }: EncodeSettings): string {
  const { presets, quality } = encoderOf(encoder);
  return [
    encoder,
    `preset ${presets[preset]}`,
    rate.type === 'quality' ? `${quality.name} ${rate.value}` : `${rate.kbps} kb/s`,
    ...(passes === 1 ? [] : [`${passes} passes`]),
    ...(grain === 0 ? [] : [`film grain ${grain}`]),
  ].join(', ');
}
