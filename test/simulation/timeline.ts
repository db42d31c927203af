import type { EncodeSpan } from './invariants.ts';
import type { World } from './world.ts';

const WIDTH = 1200;
const ROW = 18;
const LABEL = 110;
const HEAD = 40;

/** A bar's colour says what became of the attempt; its outline says that it was a backup. */
const COLOURS: Readonly<Record<EncodeSpan['end'], string>> = {
  encoded: '#7fb77e',
  failed: '#d9534f',
  stopped: '#c9c9c9',
  running: '#f0ad4e',
};

interface Row {
  readonly host: string;
  readonly label: string;
  readonly spans: EncodeSpan[];
}

/** A picture of a run as SVG: a row for each slot, a bar for each attempt with its chunk's number, faults, the bound. */
export function drawTimeline(
  world: World,
  spans: readonly EncodeSpan[],
  { makespanMs, boundMs, title }: { makespanMs: number; boundMs: number; title: string },
): string {
  const rows = rowsOf(world, spans);
  const scale = (WIDTH - LABEL - 20) / Math.max(makespanMs, boundMs);
  const x = (ms: number) => (LABEL + Math.min(ms, makespanMs) * scale).toFixed(1);
  const bottom = HEAD + rows.length * ROW;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 50}" font-family="sans-serif" font-size="10">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="8" y="16" font-size="13">${escapeText(title)}</text>`,
    ...rows.flatMap((row, index) => drawRow(row, HEAD + index * ROW, x, makespanMs)),
    ...world.faults
      .filter(({ atMs }) => atMs < makespanMs)
      .map((fault) => mark(x(fault.atMs), bottom, '#d9534f', `${fault.kind} ${fault.host}`, 24)),
    mark(x(boundMs), bottom, '#1f4e9c', `lower bound ${(boundMs / 1000).toFixed(0)} s`, 34),
    drawAxis(x, makespanMs, bottom),
    drawLegend(bottom + 40),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

/** Attempts of one host never share a row at the same time. */
function rowsOf(world: World, spans: readonly EncodeSpan[]): Row[] {
  return world.hosts.flatMap((host) => {
    const rows: Row[] = Array.from({ length: host.slots }, (_, slot) => ({
      host: host.id,
      label: `${host.id}.${slot}  ×${host.speed}`,
      spans: [],
    }));
    for (const span of spans.filter(({ host: of }) => of === host.id)) {
      // A slot is taken until its child is gone, a moment after it is stopped.
      const row = rows.find(({ spans: taken }) => (taken.at(-1)?.endMs ?? 0) <= span.startMs + 1) ?? rows[0];
      row?.spans.push(span);
    }
    return rows;
  });
}

function drawRow(row: Row, y: number, x: (ms: number) => string, makespanMs: number): string[] {
  const bars = row.spans.map((span) => {
    const left = x(span.startMs);
    const width = Math.max(1, Number(x(Math.min(span.endMs, makespanMs))) - Number(left));
    const outline = span.isBackup ? '#1f4e9c" stroke-width="2' : '#666" stroke-width="0.5';
    const text = width > 14 ? `<text x="${Number(left) + 2}" y="${y + 12}">${span.chunk}</text>` : '';
    const words = `${span.job} chunk ${span.chunk}, attempt ${span.attempt}${span.isBackup ? ' (backup)' : ''}: ${span.end}`;
    return (
      `<g><title>${escapeText(words)}</title><rect x="${left}" y="${y + 2}" width="${width.toFixed(1)}" ` +
      `height="${ROW - 4}" fill="${COLOURS[span.end]}" stroke="${outline}"/>${text}</g>`
    );
  });
  return [`<text x="8" y="${y + 12}">${escapeText(row.label)}</text>`, ...bars];
}

function mark(x: string, bottom: number, colour: string, words: string, textY: number): string {
  return (
    `<line x1="${x}" y1="${HEAD - 4}" x2="${x}" y2="${bottom}" stroke="${colour}" stroke-dasharray="4 2"/>` +
    `<text x="${Number(x) + 3}" y="${textY}" fill="${colour}">${escapeText(words)}</text>`
  );
}

function drawAxis(x: (ms: number) => string, makespanMs: number, bottom: number): string {
  const ticks = Array.from({ length: 11 }, (_, tick) => (makespanMs * tick) / 10);
  return ticks
    .map((ms) => `<text x="${x(ms)}" y="${bottom + 14}" fill="#666">${(ms / 1000).toFixed(0)} s</text>`)
    .join('');
}

function drawLegend(y: number): string {
  const words: Readonly<Record<EncodeSpan['end'], string>> = {
    encoded: 'encoded',
    failed: 'failed or lost',
    stopped: 'stopped: another result was first',
    running: 'still running',
  };
  const entries = Object.entries(words).map(([end, text], index) => {
    const left = LABEL + index * 200;
    const colour = COLOURS[end as EncodeSpan['end']];
    return `<rect x="${left}" y="${y - 9}" width="10" height="10" fill="${colour}"/><text x="${left + 14}" y="${y}">${text}</text>`;
  });
  return `${entries.join('')}<text x="${LABEL + 820}" y="${y}" fill="#1f4e9c">blue outline: backup</text>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
