import { slotsOverTime } from './capacity.ts';
import type { History, PeerStep } from './read-history.ts';
import { speedsOf } from './speeds.ts';

/** A time in which a machine that had worked did not. */
export interface Absence {
  readonly peer: string;
  readonly kind: 'left' | 'paused';
  readonly fromMs: number;
  /** Its return, or the last encode of the job. */
  readonly untilMs: number;
  readonly isBack: boolean;
  /** By so much earlier the job could have been encoded: the absence, times the machine's share of all speed. */
  readonly lostMs: number;
}

/** Every absence of every machine, while there was something to encode. */
export function absencesOf(history: History): Absence[] {
  const speeds = speedsOf(history);
  const totals = totalsOf(history, speeds);
  const lastMs = Math.max(0, ...history.attempts.map(({ encodedMs, endedMs }) => encodedMs ?? endedMs));
  return [...history.peers.values()].flatMap(({ id, steps }) =>
    steps.flatMap((step, index): Absence[] => {
      const before = workingBefore(steps, index);
      const kind = step.state === 'away' ? 'left' : step.state;
      if ((kind !== 'left' && kind !== 'paused') || before === null || step.fromMs >= lastMs) return [];
      const next = steps.slice(index + 1).find(({ state }) => state !== 'new' && state !== kind);
      const untilMs = Math.min(lastMs, next?.fromMs ?? lastMs);
      const isBack = next?.state === 'working' && next.fromMs <= lastMs;
      const missing = before.slots * (speeds.get(id) ?? 0);
      const lostMs = shareOf(missing, totals, step.fromMs, untilMs);
      return [{ peer: id, kind, fromMs: step.fromMs, untilMs, isBack, lostMs }];
    }),
  );
}

/** What it did right before; null when it did nothing, so that nothing ended. */
function workingBefore(steps: readonly PeerStep[], index: number): PeerStep | null {
  const before = steps[index - 1];
  return before?.state === 'working' ? before : null;
}

/** Speed of all slots from a moment on. */
interface Total {
  readonly fromMs: number;
  readonly speed: number;
}

function totalsOf(history: History, speeds: ReadonlyMap<string, number>): Total[] {
  const changes = [...slotsOverTime(history)].flatMap(([peer, steps]) =>
    steps.map(({ fromMs, slots }, index) => ({
      fromMs,
      by: (slots - (steps[index - 1]?.slots ?? 0)) * (speeds.get(peer) ?? 0),
    })),
  );
  changes.sort((a, b) => a.fromMs - b.fromMs);
  let speed = 0;
  return changes.map(({ fromMs, by }) => {
    speed += by;
    return { fromMs, speed };
  });
}

/** The time, weighed at each moment by the missing speed's share of what there was and it together. */
function shareOf(missing: number, totals: readonly Total[], fromMs: number, untilMs: number): number {
  let lostMs = 0;
  for (const [index, { fromMs: stepMs, speed }] of totals.entries()) {
    const begin = Math.max(fromMs, stepMs);
    const end = Math.min(untilMs, totals[index + 1]?.fromMs ?? untilMs);
    if (end > begin && missing > 0) lostMs += ((end - begin) * missing) / (Math.max(0, speed) + missing);
  }
  return lostMs;
}
