import { checkSettings } from './check-settings.ts';
import type { EncodeSettings } from './settings.ts';

/**
 * A job's settings for one attempt.
 *
 * @param quality on the encoder's own scale; null: the job's own rate.
 * @throws a sentence when the encoder does not take it.
 */
export function atQuality(settings: EncodeSettings, quality: number | null): EncodeSettings {
  if (quality === null) return settings;
  const changed: EncodeSettings = { ...settings, rate: { type: 'quality', value: quality } };
  checkSettings(changed);
  return changed;
}
