import { IndexedHeap } from '../../src/schedule/indexed-heap.ts';

export interface Alarm {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Virtual time: things happen in the order of their times, equal times in the order in which they were set. */
export interface Clock {
  nowMs(): number;
  /** At this time; a delay to it would be rounded, and two things that are to come at one time in their order might not. */
  at(atMs: number, run: () => void): Alarm;
  after(delayMs: number, run: () => void): Alarm;
  cancel(alarm: Alarm): void;
  /** Runs the next thing; false when there is none. */
  step(): boolean;
}

export function createClock(): Clock {
  const alarms = new IndexedHeap<Alarm>((a, b) =>
    a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs,
  );
  let nowMs = 0;
  let sequence = 0;
  const at = (atMs: number, run: () => void): Alarm => {
    sequence += 1;
    const alarm = { atMs, sequence, run };
    alarms.put(alarm);
    return alarm;
  };
  return {
    nowMs: () => nowMs,
    at,
    after: (delayMs, run) => at(nowMs + Math.max(0, delayMs), run),
    cancel: (alarm) => void alarms.delete(alarm),
    step() {
      const alarm = alarms.first();
      if (alarm === undefined) return false;
      alarms.delete(alarm);
      nowMs = alarm.atMs;
      alarm.run();
      return true;
    },
  };
}
