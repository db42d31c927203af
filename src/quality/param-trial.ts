import type { EncoderDefinition } from '../encoder/encoder-definition.ts';
import type { CurvePoint } from './allocate.ts';
import { bdRate } from './bd-rate.ts';
import type { SampleCount } from './ladder.ts';
import type { MetricName } from './metric.ts';
import type { CrfRange } from './search-crf.ts';
import type { WantedVmafModel } from './vmaf-model.ts';

/** By what encoder options are compared. */
export interface ParamTrial {
  readonly metric: MetricName;
  /** Of VMAF alone. */
  readonly model: WantedVmafModel;
}

export type Params = Readonly<Record<string, string>>;

/** A change of the job's encoder parameters that is tried. */
export interface Candidate {
  /** Of one kind one at most is taken. */
  readonly kind: number;
  readonly params: Params;
}

/** What became of a candidate, and why. */
export const VERDICTS = [
  /** It is taken. */
  'kept',
  /** It would be, but another of its kind, or the others without it, are better. */
  'beaten',
  /** Saves less than what counts. */
  'little',
  /** Saves on half of the samples at most. */
  'uneven',
  'slow',
  /** On half of the samples and more there are no scores to compare. */
  'unclear',
] as const;

/** How a candidate did, with what decided it. */
export interface ParamEvidence {
  readonly params: Params;
  /** Over the samples, each by its bytes; below 0 it takes fewer bytes for the same score. Null where none can be compared. */
  readonly bdRate: number | null;
  /** Of each sample that can be compared, in film order. */
  readonly samples: readonly number[];
  /** CPU time beside the job's own settings; null where nobody timed it. */
  readonly timeRatio: number | null;
  readonly verdict: (typeof VERDICTS)[number];
}

/** What `--autoparam` found, with all that it goes by. */
export interface ParamOutcome extends ParamTrial {
  readonly sampleCount: number;
  readonly chunkCount: number;
  /** At which each sample was tried. */
  readonly crfs: readonly number[];
  readonly evidence: readonly ParamEvidence[];
  /** Empty where the job's own settings are best. */
  readonly chosen: Params;
}

/** A film's samples in one way to encode: what was tried of each, by chunk. */
export type SampleCurves = ReadonlyMap<number, readonly CurvePoint[]>;

/** Every candidate is tried on each of them at every CRF, so they are few: 5 for two minutes of film, 8 for a whole one. */
export const TRIAL_SAMPLES: SampleCount = { oneIn: 40, least: 5, most: 8 };

/** CRFs of a trial lie so far apart: near enough for the asked quality, far enough for a rate to differ. */
const CRF_STEP = 6;
const CRF_COUNT = 3;

/** Encodes do not vary, films do: what samples save by less than half a percent may cost on the whole film. */
const LEAST_SAVING = 0.005;

/** What takes longer than this is bought better with a slower preset. */
const MOST_TIME = 1.3;

/**
 * What may be tried of an encoder's alternatives: nothing that changes a parameter which is set already.
 *
 * @throws a sentence where nothing may.
 */
export function candidatesOf({ title, alternatives }: EncoderDefinition, taken: Params): Candidate[] {
  if (alternatives === undefined) {
    throw new Error(
      `--autoparam knows no options of ${title} that are worth trying; leave it out, or set some with --encoder-params.`,
    );
  }
  const candidates = alternatives.flatMap((kind, index) =>
    kind
      .filter((params) => !Object.keys(params).some((key) => Object.hasOwn(taken, key)))
      .map((params) => ({ kind: index, params })),
  );
  if (candidates.length > 0) return candidates;
  throw new Error(`--encoder-params sets all that --autoparam would try of ${title}; leave out one of both.`);
}

/** CRFs at which candidates are compared, around the one that gives what is asked for. */
export function trialCrfs(centre: number, { min, max, step }: CrfRange): number[] {
  const span = Math.min(max - min, (CRF_COUNT - 1) * CRF_STEP);
  const first = Math.min(max - span, Math.max(min, centre - span / 2));
  const crfs = Array.from({ length: CRF_COUNT }, (_, place) => {
    const crf = first + (place * span) / (CRF_COUNT - 1);
    return Math.min(max, Math.max(min, Math.round(crf / step) * step));
  });
  return [...new Set(crfs)];
}

/** How a candidate did beside the job's own settings on the same samples. */
export function judge(
  params: Params,
  own: SampleCurves,
  candidate: SampleCurves,
  timeRatio: number | null,
): ParamEvidence {
  const compared = [...own].flatMap(([chunk, base]) => {
    const delta = bdRate(base, candidate.get(chunk) ?? []);
    return delta === null ? [] : [{ delta, weight: meanBytes(base) }];
  });
  const samples = compared.map(({ delta }) => delta);
  if (2 * samples.length <= own.size) {
    return { params, bdRate: null, samples, timeRatio, verdict: 'unclear' };
  }
  const weight = compared.reduce((sum, one) => sum + one.weight, 0);
  const mean =
    Math.exp(compared.reduce((sum, one) => sum + one.weight * Math.log1p(one.delta), 0) / weight) - 1;
  return { params, bdRate: mean, samples, timeRatio, verdict: verdictOn(mean, samples, timeRatio) };
}

function verdictOn(
  mean: number,
  samples: readonly number[],
  timeRatio: number | null,
): ParamEvidence['verdict'] {
  if (mean > -LEAST_SAVING) return 'little';
  if (2 * samples.filter((delta) => delta < 0).length <= samples.length) return 'uneven';
  return timeRatio !== null && timeRatio > MOST_TIME ? 'slow' : 'kept';
}

function meanBytes(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, points.length);
}

/** The winners of all kinds as one candidate, the best of each; null where fewer than two kinds have one. */
export function combineWinners(
  candidates: readonly Candidate[],
  evidence: readonly ParamEvidence[],
): Params | null {
  const byKind = new Map<number, ParamEvidence>();
  for (const [index, one] of evidence.entries()) {
    const kind = candidates[index]?.kind ?? 0;
    const best = byKind.get(kind);
    if (one.verdict === 'kept' && (best === undefined || rateOf(one) < rateOf(best))) byKind.set(kind, one);
  }
  if (byKind.size < 2) return null;
  return Object.assign({}, ...[...byKind.values()].map(({ params }) => params));
}

/** The best of all that were kept is taken, the others were beaten. */
export function chooseParams(evidence: readonly ParamEvidence[]): {
  readonly chosen: Params;
  readonly evidence: readonly ParamEvidence[];
} {
  const kept = evidence.filter(({ verdict }) => verdict === 'kept');
  if (kept.length === 0) return { chosen: {}, evidence };
  const best = kept.reduce((least, one) => (rateOf(one) < rateOf(least) ? one : least));
  const { params: chosen } = best;
  const isPart = ({ params }: ParamEvidence) =>
    Object.entries(params).every(([key, value]) => chosen[key] === value);
  return {
    chosen,
    evidence: evidence.map((one) =>
      one.verdict === 'kept' && !isPart(one) ? { ...one, verdict: 'beaten' } : one,
    ),
  };
}

function rateOf({ bdRate: rate }: ParamEvidence): number {
  return rate ?? 0;
}
