import type { QualityScale } from '../encoder/encoder-definition.ts';
import type { Colour, PictureSize } from '../media/source-video.ts';
import type { Measure } from './measure.ts';
import { METRICS } from './metric.ts';
import type { ScoreTarget } from './score-target.ts';
import { refuseHdr } from './sdr-only.ts';
import type { CrfGuess, CrfRange } from './search-crf.ts';
import { straightScore } from './straight-score.ts';
import { chooseVmafModel, type WantedVmafModel } from './vmaf-model.ts';
import { refuseUnscorable } from './xpsnr-blocks.ts';

/** The score that a job's chunks are to have, how it is measured, and among which CRFs it is looked for. */
export interface QualityTarget extends ScoreTarget {
  /** Of VMAF alone. */
  readonly model: WantedVmafModel;
  /** null: by the encoder's scale. */
  readonly minCrf: number | null;
  readonly maxCrf: number | null;
}

/**
 * Shares of an encoder's scale at which the search ends unless it is told otherwise. Below the first, bytes buy what no
 * metric sees; beyond the second, dark and flat shots still score high with little left of them.
 */
const SEARCHED = { from: 0.1, to: 0.8 };

/** Of encoders that take fractions: a finer step changes less than one frame's score differs from the next one's. */
const FINE_STEP = 0.5;

/** SVT-AV1's, to which METRICS' slopes belong. */
const KNOWN_SPAN = 62;

/** What decides whether and how a metric scores a picture. */
export type ScoredPicture = PictureSize & { readonly colour: Colour };

/** Throws a sentence for a picture that the metric cannot score. */
export function measureFor(
  { metric, model }: Pick<QualityTarget, 'metric' | 'model'>,
  picture: ScoredPicture,
): Measure {
  if (metric === 'xpsnr') refuseUnscorable(picture);
  if (metric === 'ssimulacra2') refuseHdr(picture.colour);
  return metric === 'vmaf' ? { metric, model: chooseVmafModel(model, picture) } : { metric };
}

/** Throws a sentence for bounds that the encoder does not have or that leave nothing between them. */
export function crfRangeFor(
  { minCrf, maxCrf }: Pick<QualityTarget, 'minCrf' | 'maxCrf'>,
  { name, min, max, decimals }: QualityScale,
): CrfRange {
  const step = decimals === 0 ? 1 : FINE_STEP;
  for (const bound of [minCrf, maxCrf]) {
    if (bound === null || (bound >= min && bound <= max && Number.isInteger(bound / step))) continue;
    throw new Error(
      `A bound of the search is ${name} ${bound}, expected one from ${min} to ${max} in steps of ${step}.`,
    );
  }
  const span = max - min;
  const range = {
    min: minCrf ?? Math.min(min + Math.round(SEARCHED.from * span), maxCrf ?? max),
    max: maxCrf ?? Math.max(min + Math.round(SEARCHED.to * span), minCrf ?? min),
    step,
  };
  if (range.min <= range.max) return range;
  throw new Error(`No ${name} is at least ${range.min} and at most ${range.max}; swap the two bounds.`);
}

/** Where the search begins while nothing is known of the film: by what most films have at the encoder's default. Straight scores. */
export function firstGuess(
  { metric, aim }: Pick<ScoreTarget, 'metric' | 'aim'>,
  { min, max }: QualityScale,
  defaultQuality: number,
): CrfGuess {
  const { scorePerCrf, typical } = METRICS[metric];
  const [wanted, usual, next] = [aim, typical, typical - scorePerCrf].map((score) =>
    straightScore(metric, score),
  ) as [number, number, number];
  const slope = ((usual - next) * KNOWN_SPAN) / (max - min);
  return { crf: defaultQuality + (usual - wanted) / slope, scorePerCrf: slope };
}
