import { formatClock } from './format.ts';
import { escapeMarkup } from './markup.ts';

/** Values over a film's time, one panel below the other. */
export interface Plot {
  readonly endSeconds: number;
  /** Where chunks begin. */
  readonly cuts: readonly number[];
  /** Parts that are marked in every panel. */
  readonly parts: readonly { readonly from: number; readonly until: number; readonly words: string }[];
  readonly panels: readonly PlotPanel[];
}

export interface PlotPanel {
  readonly title: string;
  /** In order; where nothing is known, there is none. */
  readonly steps: readonly PlotStep[];
  /** What the values were to be within, or null. */
  readonly band: { readonly least: number; readonly most: number } | null;
  /** The scale begins with nothing, not with the least of the values. */
  readonly isFromZero: boolean;
}

export interface PlotStep {
  readonly from: number;
  readonly until: number;
  readonly value: number;
  /** Shown when pointed at. */
  readonly words: string;
}

const WIDTH = 1200;
const LEFT = 64;
const RIGHT_MARGIN = 20;
const TITLE_HEIGHT = 24;
const PANEL_HEIGHT = 150;
const AXIS_HEIGHT = 26;
/** Lines of a panel's scale, at most. */
const SCALE_LINES = 5;
const TIME_LINES = 10;
/** More cuts than this would be a grey field. */
const CUTS_SHOWN = 600;

/** The same picture on white and on black paper; it stands alone as a file and inside a page. */
const STYLE = `
.plot { font: 10px system-ui, sans-serif; --ink: #24292f; --faint: #6e7781; --line: #d8dee4; --paper: #fff; --value: #1f6feb;
  --area: #1f6feb; --band: #57a773; --part: #e8c547; }
@media (prefers-color-scheme: dark) { .plot { --ink: #e6edf3; --faint: #8d96a0; --line: #30363d; --paper: #0d1117;
  --value: #79b0ff; --area: #79b0ff; --band: #3f8f5c; --part: #b39530; } }
.plot text { fill: var(--ink); }
.plot .title { font-size: 12px; }
.plot .paper { fill: var(--paper); }
.plot .faint { fill: var(--faint); }
.plot .line { stroke: var(--line); fill: none; }
.plot .cuts { stroke: var(--faint); stroke-dasharray: 1 3; fill: none; }
.plot .band { fill: var(--band); opacity: 0.2; }
.plot .part { fill: var(--part); opacity: 0.18; }
.plot .area { fill: var(--area); opacity: 0.15; }
.plot .value { stroke: var(--value); stroke-width: 1.5; fill: none; }
.plot .touch { fill: transparent; }
.plot .touch:hover { fill: var(--line); opacity: 0.6; }
`;

/** How every such picture begins: only such a file is written over. */
export const PLOT_MARK = '<svg xmlns="http://www.w3.org/2000/svg" class="plot"';

type Scale = (value: number) => number;

/** A whole SVG document. */
export function drawPlot(plot: Plot): string {
  const height = plot.panels.length * (TITLE_HEIGHT + PANEL_HEIGHT) + AXIS_HEIGHT;
  const x = scaleOf(0, Math.max(plot.endSeconds, 0.001), LEFT, WIDTH - RIGHT_MARGIN);
  const bottom = height - AXIS_HEIGHT;
  const parts = [
    `${PLOT_MARK} viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<style>${STYLE}</style>`,
    '<rect class="paper" width="100%" height="100%"/>',
    ...drawTimes(plot.endSeconds, x, bottom),
    ...plot.panels.flatMap((panel, index) =>
      drawPanel(panel, plot, x, index * (TITLE_HEIGHT + PANEL_HEIGHT) + TITLE_HEIGHT),
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawPanel(panel: PlotPanel, plot: Plot, x: Scale, top: number): string[] {
  const bottom = top + PANEL_HEIGHT;
  const ticks = ticksOf(panel);
  const y = scaleOf(ticks[0] ?? 0, ticks.at(-1) ?? 1, bottom, top);
  const cuts = plot.cuts.length > CUTS_SHOWN ? [] : plot.cuts.filter((cut) => cut > 0);
  const path = cuts.map((cut) => `M${x(cut)} ${top}V${bottom}`).join('');
  return [
    `<text class="title" x="8" y="${top - 8}">${escapeMarkup(panel.title)}</text>`,
    ...drawBand(panel, x, y, plot.endSeconds),
    ...plot.parts.map((part) => drawBox('part', part, x, top, bottom)),
    ...drawScale(ticks, y),
    ...(path === '' ? [] : [`<path class="cuts" d="${path}"/>`]),
    ...drawSteps(panel.steps, x, y, bottom),
    ...panel.steps.map((step) => drawBox('touch', step, x, top, bottom)),
  ];
}

function drawBand({ band }: PlotPanel, x: Scale, y: Scale, endSeconds: number): string[] {
  if (band === null) return [];
  const [top, height] = [y(band.most), Math.max(1, y(band.least) - y(band.most))];
  return [
    `<rect class="band" x="${LEFT}" width="${(x(endSeconds) - LEFT).toFixed(1)}" y="${top}" height="${height.toFixed(1)}"/>`,
  ];
}

function drawBox(
  kind: 'part' | 'touch',
  { from, until, words }: { readonly from: number; readonly until: number; readonly words: string },
  x: Scale,
  top: number,
  bottom: number,
): string {
  const width = Math.max(0.5, x(until) - x(from)).toFixed(1);
  return `<rect class="${kind}" x="${x(from)}" width="${width}" y="${top}" height="${bottom - top}"><title>${escapeMarkup(words)}</title></rect>`;
}

function drawScale(ticks: readonly number[], y: Scale): string[] {
  const [first = 0, second = 1] = ticks;
  const decimals = Math.max(0, -Math.floor(Math.log10(second - first) + 1e-9));
  return ticks.map(
    (tick) =>
      `<line class="line" x1="${LEFT}" x2="${WIDTH - RIGHT_MARGIN}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="faint" text-anchor="end" x="${LEFT - 6}" y="${y(tick) + 3.5}">${tick.toFixed(decimals)}</text>`,
  );
}

/** A line of steps, broken where nothing is known, above its area. */
function drawSteps(steps: readonly PlotStep[], x: Scale, y: Scale, bottom: number): string[] {
  let [line, area] = ['', ''];
  let until: number | null = null;
  for (const step of steps) {
    const isNext = until !== null && Math.abs(until - step.from) < 0.5;
    line += `${isNext ? 'L' : 'M'}${x(step.from)} ${y(step.value)}H${x(step.until)}`;
    area += `M${x(step.from)} ${bottom}V${y(step.value)}H${x(step.until)}V${bottom}Z`;
    until = step.until;
  }
  if (line === '') return [];
  return [`<path class="area" d="${area}"/>`, `<path class="value" d="${line}"/>`];
}

function drawTimes(endSeconds: number, x: Scale, bottom: number): string[] {
  const step = stepFor(
    endSeconds / TIME_LINES,
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  );
  const count = Math.floor(endSeconds / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, index) => index * step).map(
    (seconds) =>
      `<line class="line" x1="${x(seconds)}" x2="${x(seconds)}" y1="${TITLE_HEIGHT}" y2="${bottom + 4}"/>` +
      `<text class="faint" text-anchor="middle" x="${x(seconds)}" y="${bottom + 16}">${formatClock(seconds)}</text>`,
  );
}

/** Round numbers that hold all values and the band, the least and the most included. */
function ticksOf({ steps, band, isFromZero }: PlotPanel): number[] {
  const values = [...steps.map(({ value }) => value), ...(band === null ? [] : [band.least, band.most])];
  const least = isFromZero ? 0 : Math.min(...values);
  const most = Math.max(...values, least + 1e-3);
  if (!Number.isFinite(least)) return [0, 1];
  const size = 10 ** Math.floor(Math.log10((most - least) / SCALE_LINES));
  const step = stepFor((most - least) / SCALE_LINES, [size, 2 * size, 5 * size, 10 * size]);
  const from = Math.floor(least / step + 1e-9);
  const count = Math.ceil(most / step - 1e-9) - from + 1;
  return Array.from({ length: Math.max(2, count) }, (_, index) => (from + index) * step);
}

function stepFor(least: number, steps: readonly number[]): number {
  const last = steps.at(-1) ?? 1;
  return steps.find((step) => step >= least) ?? Math.ceil(least / last) * last;
}

function scaleOf(from: number, until: number, start: number, end: number): Scale {
  const per = (end - start) / (until - from);
  return (value) => Number((start + (value - from) * per).toFixed(1));
}
