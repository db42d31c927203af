import type { Style } from './style.ts';
import { alignColumns } from './table.ts';

/** One thing that `doctor` looked at. */
export interface Finding {
  /** good: as it should be. note: works, and somebody may want to know. bad: keeps this machine from its work. */
  readonly verdict: 'good' | 'note' | 'bad';
  readonly about: 'system' | 'state' | 'daemon' | 'network' | 'encoders' | 'scores';
  /** What was found; when it is bad, also what to do. */
  readonly text: string;
}

export const good = (about: Finding['about'], text: string): Finding => ({ verdict: 'good', about, text });
export const note = (about: Finding['about'], text: string): Finding => ({ verdict: 'note', about, text });
export const bad = (about: Finding['about'], text: string): Finding => ({ verdict: 'bad', about, text });

/** A line each, and what it comes to. */
export function renderFindings(findings: readonly Finding[], style: Style): string[] {
  const badCount = findings.filter(({ verdict }) => verdict === 'bad').length;
  const paint = { good: style.good, note: style.dim, bad: style.bad };
  const rows = findings.map(({ verdict, about, text }) => [verdict, about, text]);
  const lines = alignColumns(rows).map((line, row) => {
    const verdict = findings[row]?.verdict ?? 'note';
    return paint[verdict](verdict) + line.slice(verdict.length);
  });
  return [...lines, '', conclusionOf(badCount, style)];
}

function conclusionOf(badCount: number, style: Style): string {
  if (badCount === 0) return style.bold('This machine can lead and encode.');
  return style.bold(badCount === 1 ? 'One thing is to be mended.' : `${badCount} things are to be mended.`);
}
