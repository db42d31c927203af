import { IndexedHeap } from '../../src/schedule/indexed-heap.ts';

export interface Alarm {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Virtual time: things happen in the order of their times, equal times in the order in which they were set. */
export interface Clock {
  nowMs(): number;
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
  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      sequence += 1;
      const alarm = { atMs: nowMs + Math.max(0, delayMs), sequence, run };
      alarms.put(alarm);
      return alarm;
    },
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
