import type { JobSummary, JobView, PeerProgress } from '../protocol/control-api.ts';
import { allocationRows } from './allocation.ts';
import { paramRows } from './encoder-params.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from './format.ts';
import { budgetRows, qualityRows } from './quality.ts';
import type { Style } from './style.ts';
import { alignColumns } from './table.ts';

/** Retries told in full; the rest is counted. */
const RETRIES_SHOWN = 10;

/** Chunks at another CRF that are told one by one. */
const DETOURS_SHOWN = 10;

/** What came of a job, as lines: all figures when it is done, one sentence and what to do otherwise. */
export function renderSummary(job: JobView, style: Style): string[] {
  switch (job.phase) {
    case 'done':
      return job.summary === null ? [`Done: ${job.output}`] : renderDone(job, job.summary, style);
    case 'failed':
      return [
        `${style.bad('Failed')}: ${job.error ?? 'no reason was given.'}`,
        ...(job.progress.chunksCommitted > 0
          ? [`What was encoded is kept: ${keptOf(job)}. The same command goes on from there.`]
          : []),
      ];
    case 'cancelled':
      return [`Cancelled: ${job.output} was not written.`];
    case 'stopped':
      // Told from its journal alone, which does not say how much that is.
      if (job.progress.frameCount === null && job.progress.chunksCommitted === 0) {
        return ['Stopped. What was encoded is kept, and the same command goes on from there.'];
      }
      return [`Stopped with ${keptOf(job)} kept${triesOf(job)}. The same command goes on from there.`];
    default:
      return [`Still ${job.phase}: ${job.output}`];
  }
}

function keptOf({ progress }: JobView): string {
  const of = progress.frameCount === null ? '' : ` of ${progress.frameCount}`;
  return `${progress.framesCommitted}${of} frames in ${formatCount(progress.chunksCommitted, 'chunk')}`;
}

/** A chunk that is still looked for has results in the store all the same. */
function triesOf({ quality, budget, allocation }: JobView): string {
  return (quality ?? budget ?? allocation) === null ? '' : ', and what was tried of others';
}

function renderDone(
  { id, quality, budget, allocation, params }: JobView,
  summary: JobSummary,
  style: Style,
): string[] {
  const { frameCount, chunkCount, chunksReused, wallSeconds, sourceBytes, outputBytes } = summary;
  const reused = chunksReused === 0 ? '' : `, ${chunksReused} of them reused`;
  const rate = wallSeconds > 0 ? ` (${formatRate(frameCount / wallSeconds)})` : '';
  const ratio = sourceBytes > 0 ? ` (${formatPercent(outputBytes / sourceBytes)} of the source)` : '';
  const rows = [
    ['frames', `${frameCount} in ${formatCount(chunkCount, 'chunk')}${reused}`],
    ['time', `${formatDuration(wallSeconds)}${rate}`],
    ['size', `${formatBytes(sourceBytes)} → ${formatBytes(outputBytes)}${ratio}`],
    ...paramRows(params),
    ...qualityRows(quality, summary),
    ...budgetRows(budget, outputBytes),
    ...allocationRows(allocation, summary.allocation, outputBytes),
    ...peerRows(summary),
    ...timestampRows(summary),
    ...scaledRows(summary),
    ...detourRows(summary),
    ...retryRows(summary),
    ['report', reportWords(id, summary)],
  ];
  return [
    `${style.good('Done')}: ${style.bold(summary.output)}`,
    ...alignColumns(rows).map((line) => `  ${line}`),
  ];
}

function peerRows({ peers, frameCount }: JobSummary): string[][] {
  const worked = peers.filter((peer) => peer.chunksDone > 0).sort((a, b) => b.framesDone - a.framesDone);
  const lines = alignColumns(worked.map((peer) => peerRow(peer, frameCount)));
  const leftOut = peers.filter((peer) => peer.leftOut !== null);
  return [
    ...lines.map((line, i) => [i === 0 ? 'peers' : '', line]),
    ...leftOut.map((peer) => ['left out', `${peer.name}: ${peer.leftOut}`]),
  ];
}

function peerRow(peer: PeerProgress, frameCount: number): string[] {
  return [
    peer.isSelf ? `${peer.name} (this machine)` : peer.name,
    formatCount(peer.chunksDone, 'chunk'),
    formatCount(peer.framesDone, 'frame'),
    formatPercent(peer.framesDone / frameCount),
  ];
}

function timestampRows({ rebuiltTimestampCount }: JobSummary): string[][] {
  if (rebuiltTimestampCount === 0) return [];
  return [
    [
      'timestamps',
      `${formatCount(rebuiltTimestampCount, 'frame')} had a missing or backward one; it was rebuilt, strictly rising`,
    ],
  ];
}

function scaledRows({ scaledFrameCount }: JobSummary): string[][] {
  if (scaledFrameCount === 0) return [];
  const frames = formatCount(scaledFrameCount, 'frame');
  return [['scaled', `${frames} of another size than the source’s first picture, each to that size`]];
}

function detourRows({ detours }: JobSummary): string[][] {
  const shown = detours
    .slice(0, DETOURS_SHOWN)
    .map(({ chunk, asked, taken }) => `chunk ${chunk}: ${taken} instead of ${asked}`);
  const hidden = detours.length - shown.length;
  if (hidden > 0) shown.push(`and ${hidden} more`);
  if (detours.length === 0) return [];
  return [
    [
      'other CRFs',
      `${formatCount(detours.length, 'chunk')}, as the encoder spoils a picture at the asked one`,
    ],
    ...shown.map((words) => ['', words]),
  ];
}

function reportWords(id: string, { efficiency }: JobSummary): string {
  const reached = efficiency === null ? '' : `${formatPercent(efficiency)} of the best possible; `;
  return `${reached}what cost time is told by: vadeio-node job ${id} --report`;
}

function retryRows({ retries }: JobSummary): string[][] {
  if (retries.length === 0) return [['retries', 'none']];
  const shown = retries.slice(0, RETRIES_SHOWN).map((reason) => ['', reason]);
  const hidden = retries.length - shown.length;
  return [['retries', String(retries.length)], ...shown, ...(hidden > 0 ? [['', `and ${hidden} more`]] : [])];
}
