import {
  type BarKind,
  drawTimeline,
  type TimelineBar,
  type TimelineMachine,
} from '../../src/report/draw-timeline.ts';
import { formatDuration } from '../../src/report/format.ts';
import type { EncodeSpan } from './invariants.ts';
import type { Fault, World } from './world.ts';

const KINDS: Readonly<Record<EncodeSpan['end'], BarKind>> = {
  encoded: 'kept',
  failed: 'failed',
  lost: 'lost',
  stopped: 'beaten',
  running: 'running',
};

/** A picture of a simulated run as SVG: every slot and attempt, the faults, the end and the bound. */
export function drawRun(
  world: World,
  spans: readonly EncodeSpan[],
  { makespanMs, boundMs, title }: { makespanMs: number; boundMs: number; title: string },
): string {
  const faults = world.faults.filter(({ atMs }) => atMs < makespanMs);
  return drawTimeline({
    title,
    endMs: Math.max(makespanMs, boundMs),
    machines: world.hosts.map(({ id, slots, speed }) => ({
      label: `${id}, speed ${Number(speed.toPrecision(2))}`,
      slots,
      bars: spans.filter(({ host, startMs }) => host === id && startMs < makespanMs).map(barOf),
      gaps: gapsOf(id, faults),
    })),
    marks: [
      ...faults.map((fault) => ({ atMs: fault.atMs, words: wordsFor(fault), isTrouble: true })),
      { atMs: boundMs, words: `lower bound ${formatDuration(boundMs / 1000)}`, isTrouble: false },
      { atMs: makespanMs, words: `end ${formatDuration(makespanMs / 1000)}`, isTrouble: false },
    ],
  });
}

function wordsFor(fault: Fault): string {
  switch (fault.kind) {
    case 'crash':
      return `${fault.host} crashes`;
    case 'leave':
      return `${fault.host} leaves`;
    case 'join':
      return `${fault.host} joins`;
    case 'slow':
      return `${fault.host} slows to ${100 * fault.factor} %`;
    case 'cut':
      return `${fault.host} and ${fault.other} are parted`;
    case 'silence':
      return `silence between ${fault.host} and ${fault.other}`;
    case 'flood':
      return `${fault.host} floods ${fault.other}`;
    case 'mute':
      return `${fault.host} says nothing of its leases any more`;
    case 'sleep':
      return `${fault.host} sleeps`;
    case 'pause':
      return `${fault.host} pauses${fault.isNow ? ' at once' : ''}`;
    case 'squeeze':
      return `${fault.host} shrinks to ${fault.slots} slots`;
    case 'full-disk':
      return `The disk of ${fault.host} is full`;
    case 'prioritise':
      return `${fault.job} gets priority ${fault.priority}`;
    case 'cancel':
      return `${fault.job} is cancelled`;
  }
}

/** When the host was not there. */
function gapsOf(id: string, faults: readonly Fault[]): TimelineMachine['gaps'] {
  return faults.flatMap((fault) => {
    if (fault.kind !== 'join' && fault.kind !== 'crash' && fault.kind !== 'leave') return [];
    if (fault.host !== id) return [];
    if (fault.kind === 'join') return [{ fromMs: 0, untilMs: fault.atMs, words: 'not there yet' }];
    const untilMs = fault.atMs + (fault.backAfterMs ?? Number.POSITIVE_INFINITY);
    return [{ fromMs: fault.atMs, untilMs, words: 'away' }];
  });
}

function barOf({ startMs, endMs, job, chunk, attempt, isBackup, end }: EncodeSpan): TimelineBar {
  return {
    fromMs: startMs,
    untilMs: endMs,
    label: String(chunk),
    kind: KINDS[end],
    isBackup,
    words: `${job} chunk ${chunk}, attempt ${attempt}${isBackup ? ' (backup)' : ''}: ${end}`,
  };
}
