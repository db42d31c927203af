import type { AllocationOutcome, AllocationProgress, JobView } from '../protocol/control-api.ts';
import type { Allocation } from '../quality/allocation.ts';
import { formatScore, METRICS } from '../quality/metric.ts';
import { formatBytes, formatPercent } from './format.ts';
import { probeWords } from './quality.ts';
import { alignColumns } from './table.ts';

/** `VMAF 93 as the mean of the film, with the fewest bits`. */
export function describeAllocation({ goal, metric, rule }: Allocation): string {
  const { title } = METRICS[metric];
  if (goal.type === 'score')
    return `${formatScore(metric, goal.aim)} as the mean of the film, with the fewest bits`;
  const size = goal.type === 'size' ? formatBytes(goal.bytes) : `${goal.kbps} kb/s`;
  if (rule.type === 'slope') return `the best mean ${title} in ${size}`;
  const enough = rule.mostScore === null ? '' : `, and no better than ${formatScore(metric, rule.mostScore)}`;
  return `the same ${title} in every chunk in ${size}${enough}`;
}

/** What came of it, as rows of a summary; none where bits were not allocated. */
export function allocationRows(
  progress: AllocationProgress | null,
  outcome: AllocationOutcome | null,
  outputBytes: number,
): string[][] {
  if (progress === null || outcome === null) return [];
  const { allocation } = progress;
  const { metric } = allocation;
  const crfs = outcome.chunks.map(({ crf }) => crf);
  const [least, most] = [Math.min(...crfs), Math.max(...crfs)];
  const missed = missedBy(allocation, outcome, outputBytes);
  return [
    [
      'quality',
      `${formatScore(metric, outcome.score)} (mean of all frames, as the machines say that encoded them)`,
    ],
    ['', `aimed at ${describeAllocation(allocation)}${missed === null ? '' : `; missed by ${missed}`}`],
    ['', `CRF ${least === most ? least : `${least} to ${most}`}, ${probeWords(progress)}`],
    ...againstOneCrf(metric, outcome),
  ];
}

/** How far a mean may be from what was aimed at, and a size. */
const LANDING = { tolerances: 0.5, share: 0.03 };

function missedBy(
  { goal, metric, rule }: Allocation,
  { score, kbps }: AllocationOutcome,
  outputBytes: number,
): string | null {
  if (goal.type === 'score') {
    const off = Math.abs(score - goal.aim);
    return off > LANDING.tolerances * METRICS[metric].tolerance ? off.toFixed(2) : null;
  }
  const isEnough = rule.type === 'equal' && rule.mostScore !== null;
  const share = (goal.type === 'bitrate' ? kbps / goal.kbps : outputBytes / goal.bytes) - 1;
  if (isEnough && share < 0) return null;
  return Math.abs(share) > LANDING.share ? formatPercent(Math.abs(share)) : null;
}

function againstOneCrf(
  metric: Allocation['metric'],
  { oneCrf, bytes, leastScore }: AllocationOutcome,
): string[][] {
  if (oneCrf === null) return [];
  const more = oneCrf.bytes / bytes - 1;
  const words = `${formatPercent(Math.abs(more))} ${more < 0 ? 'fewer' : 'more'} bits`;
  return [
    [
      '',
      `CRF ${oneCrf.crf} for all would take ${words} for ${formatScore(metric, oneCrf.score)}, by what was tried`,
    ],
    [
      '',
      `worst chunk ${formatScore(metric, leastScore)}, with one CRF ${formatScore(metric, oneCrf.leastScore)}`,
    ],
  ];
}

/** In film order: CRF, score, bytes and all that was tried of each chunk. */
export function renderAllocatedChunks({ allocation, summary }: JobView): string[] {
  if (allocation === null || summary?.allocation == null) return [];
  const { title } = METRICS[allocation.allocation.metric];
  const rows = summary.allocation.chunks.map(({ chunk, crf, score, bytes, curve }) => [
    String(chunk),
    String(crf),
    score.toFixed(2),
    formatBytes(bytes),
    String(curve.length),
    curve.map((point) => `${point.crf}: ${point.score.toFixed(1)} in ${formatBytes(point.bytes)}`).join(', '),
  ]);
  return alignColumns([['CHUNK', 'CRF', title, 'SIZE', 'PROBES', 'TRIED'], ...rows]);
}
