import type { JobSummary, JobView } from '../protocol/control-api.ts';
import { formatBytes, formatDuration } from './format.ts';
import type { Style } from './style.ts';

/** What may become of one of many files. */
export type FileResult = 'done' | 'failed' | 'skipped' | 'stopped';

/** The end of one of many jobs, in a line. */
export function renderFileEnd(job: JobView, style: Style): string[] {
  const { phase, input, output, summary, error } = job;
  switch (phase) {
    case 'done':
      return [`${style.good('Done')}: ${input} → ${output}${sizesOf(summary)}`];
    case 'stopped':
      return [`Stopped: ${input}. The same command goes on from there.`];
    case 'cancelled':
      return [`${style.bad('Cancelled')}: ${input}`];
    default:
      return [`${style.bad('Failed')}: ${input}: ${error ?? 'no reason was given.'}`];
  }
}

function sizesOf(summary: JobSummary | null): string {
  if (summary === null) return '';
  const { sourceBytes, outputBytes, wallSeconds } = summary;
  return ` (${formatBytes(sourceBytes)} → ${formatBytes(outputBytes)}, ${formatDuration(wallSeconds)})`;
}

/** A file that became no job, in a line. */
export function renderSetAside(input: string, result: FileResult, reason: string, style: Style): string {
  return result === 'failed' ? `${style.bad('Failed')}: ${input}: ${reason}` : `Skipped: ${input}: ${reason}`;
}

/** How often each came out, in a line; what never happened is left out, but for what was done. */
export function renderFileCounts(counts: Readonly<Record<FileResult, number>>): string {
  const { done, failed, skipped, stopped } = counts;
  const parts = [
    `${done} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(stopped > 0 ? [`${stopped} stopped or not begun: the same command goes on`] : []),
  ];
  return `${parts.join(', ')}.`;
}
