import { type BarKind, drawTimeline, type Timeline, type TimelineBar } from '../draw-timeline.ts';
import { formatDuration } from '../format.ts';
import type { AttemptReport, JobReport, PeerReport } from './job-report.ts';

const KINDS: Readonly<Partial<Record<AttemptReport['outcome'], BarKind>>> = {
  kept: 'kept',
  probe: 'probe',
  beaten: 'beaten',
  left: 'lost',
  returned: 'lost',
  interrupted: 'lost',
  cancelled: 'lost',
  running: 'running',
};

/** Who encoded what and when, as a picture. */
export function drawJob(report: JobReport): string {
  return drawTimeline({
    title: '',
    endMs: report.makespanSeconds * 1000,
    machines: report.peers.filter(({ mostSlots }) => mostSlots > 0).map((peer) => machineOf(report, peer)),
    marks: marksOf(report),
  });
}

function machineOf(report: JobReport, peer: PeerReport): Timeline['machines'][number] {
  const own = report.attempts.filter((attempt) => attempt.peer === peer.id);
  return {
    label: peer.name,
    slots: peer.mostSlots,
    bars: own.flatMap(barOf).sort((a, b) => a.fromMs - b.fromMs),
    gaps: gapsOf(report, peer),
  };
}

function barOf(attempt: AttemptReport): TimelineBar[] {
  const { chunk, startedSeconds, encodedSeconds, endedSeconds, outcome, isBackup, words } = attempt;
  if (startedSeconds === null) return [];
  const untilSeconds = encodedSeconds ?? endedSeconds;
  const told = [
    `chunk ${chunk}${isBackup ? ', a backup' : ''}`,
    formatDuration(untilSeconds - startedSeconds),
    outcome === 'kept' ? 'in the output' : outcome,
    ...(outcome === 'kept' || words === '' ? [] : [words]),
  ];
  return [
    {
      fromMs: startedSeconds * 1000,
      untilMs: untilSeconds * 1000,
      label: String(chunk),
      kind: KINDS[outcome] ?? 'failed',
      isBackup,
      words: told.join(', '),
    },
  ];
}

const GAPS = { away: 'away', paused: 'takes no work' } as const;

function gapsOf({ makespanSeconds }: JobReport, { steps }: PeerReport): Timeline['machines'][number]['gaps'] {
  return steps.flatMap(({ state, fromSeconds }, index) => {
    if (state !== 'away' && state !== 'paused') return [];
    const untilSeconds = steps[index + 1]?.fromSeconds ?? makespanSeconds;
    return [{ fromMs: fromSeconds * 1000, untilMs: untilSeconds * 1000, words: GAPS[state] }];
  });
}

function marksOf(report: JobReport): Timeline['marks'] {
  const { runs, peers, scanEndedSeconds, boundSeconds } = report;
  const gaps = runs.slice(1).map(({ fromSeconds, awaySeconds }) => ({
    atMs: fromSeconds * 1000,
    words: `nobody led it for ${formatDuration(awaySeconds)}`,
    isTrouble: true,
  }));
  const leaves = peers.flatMap(({ name, steps }) =>
    steps
      .filter(({ state }) => state === 'away')
      .map(({ fromSeconds }) => ({ atMs: fromSeconds * 1000, words: `${name} left`, isTrouble: true })),
  );
  const calm = (seconds: number | null, words: string) =>
    seconds === null ? [] : [{ atMs: seconds * 1000, words, isTrouble: false }];
  return [...gaps, ...leaves, ...calm(scanEndedSeconds, 'scan ended'), ...calm(boundSeconds, 'lower bound')];
}
