import type {
  BudgetProgress,
  ChunkQuality,
  JobSummary,
  JobView,
  QualityProgress,
} from '../protocol/control-api.ts';
import { formatScore, METRICS } from '../quality/metric.ts';
import { formatPooling } from '../quality/pool-scores.ts';
import type { QualityTarget } from '../quality/quality-target.ts';
import { type CrfRange, MOST_PROBES } from '../quality/search-crf.ts';
import { formatBytes, formatCount, formatPercent } from './format.ts';
import { alignColumns } from './table.ts';

/** Chunks whose score was missed and that are told one by one; the rest is counted. */
const MISSES_SHOWN = 10;

/** `VMAF 96 (95.6 to 96.4) in every chunk`. */
export function describeTarget({ metric, pooling, aim, least, most }: QualityTarget): string {
  const { title, unit } = METRICS[metric];
  const pool = pooling.type === 'mean' ? '' : `, ${formatPooling(pooling)} of its frames`;
  const range = `${plain(least)} to ${plain(most)}${unit === '' ? '' : ` ${unit}`}`;
  return `${title} ${plain(aim)} in every chunk (${range}${pool})`;
}

/** How the search went, as rows of a summary; none where no score was aimed at. */
export function qualityRows(
  quality: QualityProgress | null,
  { quality: outcome, chunkCount }: Pick<JobSummary, 'quality' | 'chunkCount'>,
): string[][] {
  if (quality === null || outcome === null) return [];
  const { target, targetCount } = quality;
  const zones = targetCount === 1 ? '' : ' but in zones with a score of their own';
  const crfs = outcome.chunks.map(({ crf }) => crf);
  const [least, most] = [Math.min(...crfs), Math.max(...crfs)];
  const count = outcome.chunks.length;
  // Zones may have targets of their own, or none.
  const which = count === chunkCount ? 'all frames' : `the frames of ${count} of ${chunkCount} chunks`;
  const pooling = `${formatPooling(target.pooling)} of ${which}, as the machines say that encoded them`;
  return [
    ['quality', `${formatScore(target.metric, outcome.score)} (${pooling})`],
    ['', `aimed at ${describeTarget(target)}${zones}`],
    ['', `CRF ${least === most ? least : `${least} to ${most}`}, ${probeWords(quality)}`],
    ...besideRows(quality),
    ...missRows(quality, outcome.chunks),
  ];
}

/** In film order: CRF, score and probes of each chunk. */
export function renderChunkQualities({ quality, summary }: JobView): string[] {
  if (quality === null || summary?.quality == null) return [];
  const { metric } = quality.target;
  const rows = summary.quality.chunks.map(({ chunk, crf, score, probeCount, isMet }) => [
    String(chunk),
    String(crf),
    `${score.toFixed(2)}${isMet ? '' : ' (missed)'}`,
    String(probeCount),
  ]);
  return alignColumns([['CHUNK', 'CRF', METRICS[metric].title, 'PROBES'], ...rows]);
}

/** `2.10 probes a chunk (21, 4 of them from before)`. */
export function probeWords({
  settledCount,
  probeCount,
  reusedProbeCount,
}: Pick<QualityProgress, 'settledCount' | 'probeCount' | 'reusedProbeCount'>): string {
  const reused = reusedProbeCount === 0 ? '' : `, ${reusedProbeCount} of them from before`;
  return `${(probeCount / Math.max(1, settledCount)).toFixed(2)} probes a chunk (${probeCount}${reused})`;
}

function besideRows({ besideCount }: QualityProgress): string[][] {
  if (besideCount === 0) return [];
  const tries = besideCount === 1 ? '1 try' : `${besideCount} tries`;
  return [['', `idle machines began ${tries} beside those that the search asked for`]];
}

function missRows({ target, range }: QualityProgress, chunks: readonly ChunkQuality[]): string[][] {
  const missed = chunks.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return [];
  const shown = missed.slice(0, MISSES_SHOWN).map((missing) => {
    const { chunk, crf, score } = missing;
    const why = whyMissed(missing, range);
    return ['', `chunk ${chunk}: ${formatScore(target.metric, score)} at CRF ${crf}; ${why}`];
  });
  const hidden = missed.length - shown.length;
  return [
    ['missed', `in ${formatCount(missed.length, 'chunk')}, which took the nearest`],
    ...shown,
    ...(hidden > 0 ? [['', `and ${hidden} more`]] : []),
  ];
}

function whyMissed({ crf, probeCount, spoiled }: ChunkQuality, { min, max }: CrfRange): string {
  if (crf === min) return 'the search ends there (--min-crf)';
  if (crf === max) return 'the search ends there (--max-crf)';
  const why = probeCount < MOST_PROBES ? 'no CRF comes nearer' : `the nearest of ${probeCount} tries`;
  return spoiled.length === 0 ? why : `${why}; at ${spoiled.join(', ')} the encoder spoils a picture`;
}

/** Without the noise of binary fractions. */
function plain(score: number): string {
  return String(Number(score.toFixed(3)));
}

/** A file this near to what was asked for is as asked. */
const LANDING = 0.03;

/** The score for which the bitrate was looked for. */
function ladderRows({ score }: BudgetProgress): string[][] {
  if (score === null || score.reached === null) return [];
  const { metric, aim, reached } = score;
  return [
    [
      'quality',
      `${formatScore(metric, reached)} (mean of all frames, as the machines say that encoded them)`,
    ],
    ['', `aimed at ${formatScore(metric, aim)} by samples`],
  ];
}

/** What the film takes beside what it was to take, as rows of a summary; none where it takes what it takes. */
export function budgetRows(budget: BudgetProgress | null, outputBytes: number): string[][] {
  if (budget === null || budget.crfs === null) return [];
  const { goal, crfs, range, kbps } = budget;
  const [least, most] = crfs;
  const share = goal.type === 'bitrate' ? kbps / goal.kbps : outputBytes / goal.bytes;
  const off = `${share < 1 ? '−' : '+'}${formatPercent(Math.abs(share - 1))}`;
  const isMissed = Math.abs(share - 1) > LANDING;
  const isAtEnd = (share > 1 ? most === range.max : least === range.min) && isMissed;
  return [
    ...ladderRows(budget),
    goal.type === 'bitrate'
      ? [
          'bitrate',
          `${kbps.toFixed(0)} kb/s of the video, ${plain(goal.kbps)} were ${budget.score === null ? 'asked for' : 'found'} (${off})`,
        ]
      : ['wanted', `${formatBytes(goal.bytes)}, the file is ${formatBytes(outputBytes)} (${off})`],
    ['', `CRF ${least === most ? least : `${least} to ${most}`}, ${probeWords(budget)}`],
    ...(isMissed
      ? [
          [
            'missed',
            isAtEnd
              ? 'the CRFs that were searched end there (--min-crf, --max-crf)'
              : 'too few chunks to make up',
          ],
        ]
      : []),
  ];
}
