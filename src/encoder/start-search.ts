import { createFilmSearch, type FilmSearch } from '../quality/film-search.ts';
import { crfRangeFor, firstGuess, type QualityTarget } from '../quality/quality-target.ts';
import { defaultSettings } from './default-settings.ts';
import { encoderOf } from './encoders.ts';
import type { EncodeSettings } from './settings.ts';

/**
 * A search for the CRFs at which a film meets a target, before anything was tried.
 *
 * @throws a sentence for bounds that the encoder does not have.
 */
export function startSearch(
  target: QualityTarget,
  { encoder, picture }: Pick<EncodeSettings, 'encoder' | 'picture'>,
): FilmSearch {
  const { quality } = encoderOf(encoder);
  const { rate } = defaultSettings(picture, encoder);
  const start = firstGuess(target, quality, rate.type === 'quality' ? rate.value : quality.max);
  return createFilmSearch(target, crfRangeFor(target, quality), start);
}
