import { type BarKind, drawTimeline, type TimelineBar } from '../../src/report/draw-timeline.ts';
import { formatDuration } from '../../src/report/format.ts';
import type { EncodeSpan } from './invariants.ts';
import type { World } from './world.ts';

const KINDS: Readonly<Record<EncodeSpan['end'], BarKind>> = {
  encoded: 'kept',
  failed: 'failed',
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
      label: `${id}, speed ${speed}`,
      slots,
      bars: spans.filter(({ host, startMs }) => host === id && startMs < makespanMs).map(barOf),
      gaps: [],
    })),
    marks: [
      ...faults.map(({ atMs, kind, host }) => ({ atMs, words: `${kind} ${host}`, isTrouble: true })),
      { atMs: boundMs, words: `lower bound ${formatDuration(boundMs / 1000)}`, isTrouble: false },
      { atMs: makespanMs, words: `end ${formatDuration(makespanMs / 1000)}`, isTrouble: false },
    ],
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
