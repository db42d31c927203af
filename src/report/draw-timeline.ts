import { formatDuration } from './format.ts';
import { escapeMarkup } from './markup.ts';

/** What became of an attempt, as its bar's colour says. */
export type BarKind = 'kept' | 'probe' | 'beaten' | 'failed' | 'lost' | 'running';

/** Who worked on what and when, to be drawn. Times in milliseconds from the left edge. */
export interface Timeline {
  /** Stands above the picture; may be empty. */
  readonly title: string;
  readonly endMs: number;
  /** From top to bottom. */
  readonly machines: readonly TimelineMachine[];
  /** Moments that concern all rows. */
  readonly marks: readonly { readonly atMs: number; readonly words: string; readonly isTrouble: boolean }[];
}

export interface TimelineMachine {
  readonly label: string;
  /** Rows it has at least; more are added where more attempts ran at once. */
  readonly slots: number;
  /** In order of their beginnings. */
  readonly bars: readonly TimelineBar[];
  /** When nothing could be encoded here, and why. */
  readonly gaps: readonly { readonly fromMs: number; readonly untilMs: number; readonly words: string }[];
}

export interface TimelineBar {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Stands in the bar where there is room. */
  readonly label: string;
  readonly kind: BarKind;
  readonly isBackup: boolean;
  /** Shown when pointed at. */
  readonly words: string;
}

const WIDTH = 1200;
const LABEL_WIDTH = 150;
const RIGHT_MARGIN = 20;
const ROW_HEIGHT = 18;
const MARK_HEIGHT = 13;
const TITLE_HEIGHT = 20;
/** A slot is said to be free a moment after the next attempt began there. */
const OVERLAP_MS = 50;
/** Marks closer to each other than this stand on different lines. */
const MARK_WIDTH = 190;
/** A label needs so much width for each of its characters. */
const CHARACTER_WIDTH = 6.5;
/** From one entry of the legend to the next; all of them fit. */
const LEGEND_STEP = 130;
const TICKS = 8;

const KINDS: Readonly<Record<BarKind, string>> = {
  kept: 'encoded',
  probe: 'probe',
  beaten: 'beaten by another',
  failed: 'failed',
  lost: 'lost or handed back',
  running: 'not over',
};

/** The same picture on white and on black paper; it stands alone as a file and inside a page. */
const STYLE = `
.timeline { font: 10px system-ui, sans-serif; --ink: #24292f; --faint: #6e7781; --line: #d8dee4; --paper: #fff;
  --kept: #57a773; --probe: #9ecfae; --beaten: #a9b4c0; --failed: #d1495b; --lost: #e08e45; --running: #e8c547; --backup: #1f4e9c; }
@media (prefers-color-scheme: dark) { .timeline { --ink: #e6edf3; --faint: #8d96a0; --line: #30363d; --paper: #0d1117;
  --kept: #3f8f5c; --probe: #2a5a3c; --beaten: #57606a; --failed: #c03d50; --lost: #b8702f; --running: #b39530; --backup: #79b0ff; } }
.timeline text { fill: var(--ink); }
.timeline .title { font-size: 13px; }
.timeline .paper { fill: var(--paper); }
.timeline .faint { fill: var(--faint); }
.timeline .line { stroke: var(--line); }
.timeline .gap { fill: var(--line); opacity: 0.6; }
.timeline .bar { stroke: var(--paper); stroke-width: 0.5; }
.timeline .in { fill: #fff; pointer-events: none; }
.timeline .running + .in { fill: #24292f; }
.timeline .backup { stroke: var(--backup); stroke-width: 2; }
.timeline .mark { stroke: var(--backup); stroke-dasharray: 4 2; }
.timeline .trouble { stroke: var(--failed); stroke-dasharray: 4 2; }
${Object.keys(KINDS)
  .map((kind) => `.timeline .${kind} { fill: var(--${kind}); }`)
  .join('\n')}
`;

/** A row for a slot. The first of a machine bears its name. */
interface Row {
  readonly label: string;
  readonly bars: TimelineBar[];
  readonly gaps: TimelineMachine['gaps'];
}

/** A row for each slot, a bar for each attempt with its chunk's number, and what happened. A whole SVG document. */
export function drawTimeline(timeline: Timeline): string {
  const rows = timeline.machines.flatMap(rowsOf);
  const marks = placeMarks(timeline);
  const head = timeline.title === '' ? 0 : TITLE_HEIGHT;
  const top = head + 10 + MARK_HEIGHT * Math.max(0, ...marks.map(({ line }) => line + 1));
  const bottom = top + rows.length * ROW_HEIGHT;
  const x = scaleOf(timeline);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 ${WIDTH} ${bottom + 44}" role="img">`,
    `<style>${STYLE}</style>`,
    '<rect class="paper" width="100%" height="100%"/>',
    `<text class="title" x="8" y="15">${escapeMarkup(timeline.title)}</text>`,
    ...drawAxis(timeline.endMs, x, top, bottom),
    ...rows.flatMap((row, index) => drawRow(row, top + index * ROW_HEIGHT, x)),
    ...marks.map((mark) => drawMark(mark, head, bottom)),
    ...drawLegend(bottom + 34),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

/** Puts each attempt into the first slot that is free when it begins. */
function rowsOf({ label, slots, bars, gaps }: TimelineMachine): Row[] {
  const rows: Row[] = Array.from({ length: slots }, (_, slot) => ({
    label: slot === 0 ? label : '',
    bars: [],
    gaps,
  }));
  for (const bar of bars) {
    const free = rows.find((row) => (row.bars.at(-1)?.untilMs ?? 0) <= bar.fromMs + OVERLAP_MS);
    if (free !== undefined) free.bars.push(bar);
    else rows.push({ label: rows.length === 0 ? label : '', bars: [bar], gaps });
  }
  return rows;
}

type Scale = (ms: number) => number;

function scaleOf({ endMs }: Timeline): Scale {
  const perMs = (WIDTH - LABEL_WIDTH - RIGHT_MARGIN) / Math.max(1, endMs);
  return (ms) => Number((LABEL_WIDTH + Math.min(Math.max(0, ms), endMs) * perMs).toFixed(1));
}

function drawRow(row: Row, y: number, x: Scale): string[] {
  const label = row.label === '' ? [] : [drawLabel(row.label, y)];
  const gaps = row.gaps.map(
    ({ fromMs, untilMs, words }) =>
      `<rect class="gap" x="${x(fromMs)}" y="${y}" width="${(x(untilMs) - x(fromMs)).toFixed(1)}" ` +
      `height="${ROW_HEIGHT}"><title>${escapeMarkup(words)}</title></rect>`,
  );
  return [...label, ...gaps, ...row.bars.map((bar) => drawBar(bar, y, x))];
}

function drawLabel(label: string, y: number): string {
  const most = Math.floor((LABEL_WIDTH - 12) / CHARACTER_WIDTH);
  const shown = label.length > most ? `${label.slice(0, most - 1)}…` : label;
  return (
    `<line class="line" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>` +
    `<text x="8" y="${y + 13}">${escapeMarkup(shown)}<title>${escapeMarkup(label)}</title></text>`
  );
}

function drawBar(
  { fromMs, untilMs, label, kind, isBackup, words }: TimelineBar,
  y: number,
  x: Scale,
): string {
  const width = Math.max(1, x(untilMs) - x(fromMs));
  const hasRoom = width > label.length * CHARACTER_WIDTH + 4;
  const text = hasRoom
    ? `<text class="in" x="${x(fromMs) + 3}" y="${y + 13}">${escapeMarkup(label)}</text>`
    : '';
  return (
    `<g><title>${escapeMarkup(words)}</title><rect class="bar ${kind}${isBackup ? ' backup' : ''}" ` +
    `x="${x(fromMs)}" y="${y + 2}" width="${width.toFixed(1)}" height="${ROW_HEIGHT - 4}" rx="1.5"/>${text}</g>`
  );
}

interface PlacedMark {
  readonly x: number;
  readonly line: number;
  readonly words: string;
  readonly isTrouble: boolean;
}

/** Gives each mark's words a line on which the one before it has ended. */
function placeMarks(timeline: Timeline): PlacedMark[] {
  const x = scaleOf(timeline);
  const ends: number[] = [];
  return [...timeline.marks]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, words, isTrouble }) => {
      const left = x(atMs);
      const free = ends.findIndex((end) => end <= left);
      const line = free === -1 ? ends.length : free;
      ends[line] = left + Math.max(MARK_WIDTH, words.length * CHARACTER_WIDTH);
      return { x: left, line, words, isTrouble };
    });
}

/** Words that would leave the picture on the right stand left of their line. */
function drawMark({ x, line, words, isTrouble }: PlacedMark, head: number, bottom: number): string {
  const y = head + 10 + line * MARK_HEIGHT;
  const isAtEnd = x + words.length * CHARACTER_WIDTH > WIDTH;
  return (
    `<line class="${isTrouble ? 'trouble' : 'mark'}" x1="${x}" y1="${y - 8}" x2="${x}" y2="${bottom}"/>` +
    `<text class="faint" x="${isAtEnd ? x - 3 : x + 3}" y="${y}"${isAtEnd ? ' text-anchor="end"' : ''}>${escapeMarkup(words)}</text>`
  );
}

function drawAxis(endMs: number, x: Scale, top: number, bottom: number): string[] {
  const stepMs = tickMs(endMs);
  const ticks = Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, tick) => tick * stepMs);
  return ticks.map(
    (ms) =>
      `<line class="line" x1="${x(ms)}" x2="${x(ms)}" y1="${top}" y2="${bottom + 4}"/>` +
      `<text class="faint" text-anchor="middle" x="${x(ms)}" y="${bottom + 15}">${ms === 0 ? '0' : formatDuration(ms / 1000)}</text>`,
  );
}

/** A step that people count in, about TICKS of them. */
function tickMs(endMs: number): number {
  const minute = 60_000;
  const steps = [1000, 2000, 5000, 10_000, 15_000, 30_000];
  steps.push(...[1, 2, 5, 10, 15, 30, 60, 120, 240, 480].map((minutes) => minutes * minute));
  return (
    steps.find((step) => endMs / step <= TICKS) ?? Math.ceil(endMs / TICKS / (1440 * minute)) * 1440 * minute
  );
}

function drawLegend(y: number): string[] {
  const entries: [string, string][] = [
    ...Object.entries(KINDS),
    ['beaten backup', 'blue outline: backup'],
    ['gap', 'away or paused'],
  ];
  return entries.map(
    ([name, words], index) =>
      `<rect class="${name}" x="${LABEL_WIDTH + index * LEGEND_STEP}" y="${y - 9}" width="10" height="10"/>` +
      `<text x="${LABEL_WIDTH + index * LEGEND_STEP + 15}" y="${y}">${words}</text>`,
  );
}
