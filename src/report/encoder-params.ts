import { METRICS } from '../quality/metric.ts';
import type { Candidate, ParamEvidence, ParamOutcome, Params } from '../quality/param-trial.ts';
import { formatCount } from './format.ts';
import { alignColumns } from './table.ts';

/** As `--encoder-params` takes them. */
export function formatParams(params: Params): string {
  return Object.entries(params)
    .map(([key, value]) => `${key}=${value}`)
    .join(':');
}

/** Before anything is encoded. */
export function describeCandidates(candidates: readonly Candidate[]): string {
  const listed = candidates.map(({ params }) => formatParams(params)).join(', ');
  return `Encoder options that are tried on samples of the film first: ${listed}. Those that win are tried together, and taken if they save bits.`;
}

/** A column of what became of each. */
const VERDICTS: Readonly<Record<ParamEvidence['verdict'], string>> = {
  kept: 'kept',
  beaten: 'good, but what is kept is better without',
  little: 'saves less than 0.5 %',
  uneven: 'saves on half of the samples at most',
  slow: 'takes more than 1.3 times as long',
  unclear: 'too few samples can be compared',
};

/** What was tried, what it was worth and what became of it, as lines. */
export function renderParamOutcome({
  metric,
  sampleCount,
  chunkCount,
  crfs,
  evidence,
  chosen,
}: ParamOutcome): string[] {
  const title = METRICS[metric].title;
  const samples = `${sampleCount} of the film’s ${formatCount(chunkCount, 'chunk')}`;
  const rows = evidence.map((one) => [
    formatParams(one.params),
    one.bdRate === null ? '–' : signedPercent(one.bdRate),
    one.samples.length === 0
      ? '–'
      : `${signedPercent(Math.min(...one.samples))} to ${signedPercent(Math.max(...one.samples))}`,
    one.timeRatio === null ? '–' : `× ${one.timeRatio.toFixed(2)}`,
    VERDICTS[one.verdict],
  ]);
  const found = Object.keys(chosen).length === 0 ? 'None is taken.' : `Taken: ${formatParams(chosen)}.`;
  return [
    `Encoder options, tried on ${samples} at CRF ${crfs.join(', ')}: bits for the same ${title} beside what the encoder does without (BD-rate), and CPU time. ${found}`,
    ...alignColumns([['OPTIONS', 'BITS', 'BY SAMPLE', 'TIME', ''], ...rows]),
  ];
}

/** A row of a summary; none where nothing was tried. */
export function paramRows(outcome: ParamOutcome | null): string[][] {
  if (outcome === null) return [];
  const { chosen, evidence, sampleCount } = outcome;
  const text = formatParams(chosen);
  const rate = evidence.find(({ params }) => formatParams(params) === text)?.bdRate;
  if (rate == null) return [['options', `none of ${evidence.length} that were tried saves enough`]];
  return [['options', `${text} (${signedPercent(rate)} bits by ${formatCount(sampleCount, 'sample')})`]];
}

function signedPercent(share: number): string {
  const percent = (100 * Math.abs(share)).toFixed(1);
  return `${share < 0 ? '−' : '+'}${percent} %`;
}
