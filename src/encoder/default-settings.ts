import { DEFAULT_ENCODER, type EncoderName, encoderOf } from './encoders.ts';
import type { EncodedPicture, EncodeSettings } from './settings.ts';

/**
 * Pixels up to which each of an encoder's default choices holds. Larger pictures get a faster preset, since time grows
 * with the pixels while a preset's gain in bytes shrinks, and a higher CRF, since a detail that covers more pixels
 * stands more quantisation.
 */
export const SIZES = [1024 * 576, 1280 * 720, 1920 * 1088, 2560 * 1440, Number.POSITIVE_INFINITY] as const;

/** Settings for a picture, with preset and quality suited to its size, before a user's own choices. */
export function defaultSettings(
  picture: EncodedPicture,
  encoder: EncoderName = DEFAULT_ENCODER,
): EncodeSettings {
  const { width, height } = picture;
  const choice = encoderOf(encoder).defaults[SIZES.findIndex((most) => width * height <= most)];
  if (choice === undefined) throw new Error(`The picture size ${width}x${height} is not a size.`);
  const [preset, value] = choice;
  return {
    encoder,
    preset,
    rate: { type: 'quality', value },
    passes: 1,
    grain: 0,
    params: {},
    picture,
    filtering: null,
  };
}
