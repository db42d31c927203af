import type { EncodedPicture, EncodeSettings } from './settings.ts';

/** SVT-AV1's `--preset` in FFmpeg; negative ones are for debugging. */
export const PRESET_RANGE = { min: 0, max: 13 } as const;
/** SVT-AV1 3.1 behind FFmpeg rounds fractions away (measured: 35.25 writes what 35 writes), so only whole ones are taken. */
export const CRF_RANGE = { min: 1, max: 63 } as const;

/**
 * Larger pictures get a faster preset, since time grows with the pixels while a preset's gain in bytes shrinks, and a
 * higher CRF, since a detail that covers more pixels stands more quantisation. Rising by pixels.
 */
const CHOICES: readonly { readonly maxPixels: number; readonly preset: number; readonly crf: number }[] = [
  { maxPixels: 1024 * 576, preset: 5, crf: 28 },
  { maxPixels: 1280 * 720, preset: 5, crf: 30 },
  { maxPixels: 1920 * 1088, preset: 6, crf: 32 },
  { maxPixels: 2560 * 1440, preset: 7, crf: 33 },
  { maxPixels: Number.POSITIVE_INFINITY, preset: 8, crf: 35 },
];

/** Settings for a picture, with preset and CRF suited to its size, before a user's own choices. */
export function defaultSettings(picture: EncodedPicture): EncodeSettings {
  const { width, height } = picture;
  const choice = CHOICES.find(({ maxPixels }) => width * height <= maxPixels);
  if (choice === undefined) throw new Error(`The picture size ${width}x${height} is not a size.`);
  return { encoder: 'svt-av1', preset: choice.preset, crf: choice.crf, params: {}, picture };
}
