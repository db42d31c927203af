import { encoderOf } from './encoders.ts';
import type { EncodeSettings } from './settings.ts';

/** How many clips, and at which shares of the film: not at its titles. */
export const PREVIEW_PLACES = [0.25, 0.5, 0.75] as const;

/** Long enough to see motion and to be looked at twice; a slow preset takes a minute for three of them in 1080p. */
export const PREVIEW_SECONDS = 2;

/** Before and after are shown by an encoder that every player knows, so finely that it adds nothing one could see. */
const SHOWN_QUALITY = 10;

/** Settings of the clip that shows source and result side by side, in a picture like the job's. */
export function previewSettings({ picture }: EncodeSettings): EncodeSettings {
  const { presets } = encoderOf('x264');
  return {
    encoder: 'x264',
    preset: presets.indexOf('veryfast'),
    rate: { type: 'quality', value: SHOWN_QUALITY },
    passes: 1,
    grain: 0,
    // Pictures are stored in the order in which they are shown.
    params: { bframes: '0' },
    picture,
    filtering: null,
  };
}

/** `film.av1.mkv` → `film.av1.preview-1.mkv`. Takes and gives a name without its folder. */
export function previewName(outputName: string, number: number): string {
  return `${outputName.replace(/\.[^.]*$/, '')}.preview-${number}.mkv`;
}
