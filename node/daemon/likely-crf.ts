import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { firstGuess } from '../../src/quality/quality-target.ts';
import type { ScoreTarget } from '../../src/quality/score-target.ts';

/** What a film is to have, a score or bytes of its picture. */
export type LikelyGoal =
  | Pick<ScoreTarget, 'metric' | 'aim'>
  | { readonly bytes: number; readonly frameCount: number };

/** Bits a pixel that a film takes at an encoder's default quality, and the share lost with each CRF: a first guess. */
const TYPICAL = { bitsPerPixel: 0.05, lossPerCrf: 0.06 };

/** About where most films meet the goal; where a search begins while nothing is known of this one. */
export function likelyCrfOf(goal: LikelyGoal, { picture, encoder }: EncodeSettings): number {
  const { quality } = encoderOf(encoder);
  const { rate } = defaultSettings(picture, encoder);
  const usual = rate.type === 'quality' ? rate.value : quality.max;
  if ('aim' in goal) return firstGuess(goal, quality, usual).crf;
  const bitsPerPixel = (8 * goal.bytes) / Math.max(1, goal.frameCount * picture.width * picture.height);
  if (bitsPerPixel <= 0) return quality.max;
  return usual + Math.log(TYPICAL.bitsPerPixel / bitsPerPixel) / TYPICAL.lossPerCrf;
}
