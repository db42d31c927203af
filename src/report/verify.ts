import type { Hdr10PlusCounts } from '../proof/verify-hdr10-plus.ts';
import { formatCount } from './format.ts';
import type { Style } from './style.ts';

/** What comparing a source with an output found. */
export interface Comparison {
  readonly isEqual: boolean;
  readonly sourceFrameCount: number;
  readonly outputFrameCount: number;
  readonly maxTimestampErrorSeconds: number;
  /** Largest mean difference of a frame's small pictures, 0 to 255. */
  readonly maxPictureDifference: number;
  readonly hdr10Plus: Hdr10PlusCounts;
  readonly differences: readonly string[];
}

/** The verdict first, then the figures, then what differs. */
export function renderVerify(report: Comparison, style: Style): string[] {
  const { sourceFrameCount, outputFrameCount, maxTimestampErrorSeconds, maxPictureDifference } = report;
  return [
    report.isEqual
      ? `${style.good('Equal')}: ${formatCount(outputFrameCount, 'frame')}, each once and in order.`
      : `${style.bad('Different')}: ${formatCount(sourceFrameCount, 'frame')} in the source, ${outputFrameCount} in the output.`,
    `  timestamps differ by ${(maxTimestampErrorSeconds * 1000).toFixed(3)} ms at most`,
    `  small pictures differ by ${maxPictureDifference.toFixed(2)} of 255 at most`,
    ...hdr10PlusLines(report.hdr10Plus),
    ...report.differences.map((difference) => `  ${difference}`),
  ];
}

function hdr10PlusLines({ source, output }: Hdr10PlusCounts): string[] {
  if (source === 0) return [];
  if (output === 0) return ['  HDR10+ metadata of the source is not in the output'];
  return [`  HDR10+ metadata stands in ${output} of ${formatCount(source, 'frame')}`];
}
