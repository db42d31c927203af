import { describe, expect, test } from 'vitest';
import {
  MEMORY_REST_MS,
  SLOT_STEP_MS,
  SLOT_TRIAL_MS,
  SLOT_TRIAL_REST_MS,
} from '../../../src/schedule/limits.ts';
import { estimateEncodeBytes, memoryFloor } from '../../../src/schedule/peer/memory.ts';
import { createSlotControl, noteMachine, type SlotControl } from '../../../src/schedule/peer/slot-control.ts';
import { settingsOf } from '../../simulation/world.ts';

const GB = 1e9;
const SAMPLE_MS = 2000;
const ENCODE_BYTES = estimateEncodeBytes(settingsOf(1920, 1080), null);

/** What happens on a machine while its slots are controlled; all encodes are of one size. */
interface Trace {
  readonly cores: number;
  readonly totalBytes: number;
  /** What an encode really takes. */
  readonly encodeBytes: number;
  /** Cores and memory that other programs want at a second. */
  readonly others: (second: number) => { readonly cores: number; readonly bytes: number };
  /** Pixels a second of so many encodes together. */
  readonly throughput: (running: number, cores: number) => number;
  /** Chunks there are to encode. */
  readonly work?: (second: number) => number;
}

interface Moment {
  readonly second: number;
  readonly slots: number;
  readonly running: number;
  readonly usedBytes: number;
}

/** Plays a trace: encodes start where slots and budget allow, and the newest ends when the control says so. */
function play(trace: Trace, seconds: number): { moments: Moment[]; handedBack: number } {
  const { totalBytes, encodeBytes, cores } = trace;
  let control: SlotControl = createSlotControl(cores, totalBytes - trace.others(0).bytes);
  let running = 0;
  let pixels = 0;
  let handedBack = 0;
  const moments: Moment[] = [];
  for (let second = 0; second <= seconds; second += SAMPLE_MS / 1000) {
    const others = trace.others(second);
    const usedBytes = others.bytes + running * encodeBytes;
    control = noteMachine(control, {
      nowMs: second * 1000,
      othersCores: others.cores,
      availableBytes: Math.max(0, totalBytes - usedBytes),
      totalBytes,
      running,
      runningBytes: running * ENCODE_BYTES,
      nextBytes: ENCODE_BYTES,
      pixels,
    });
    if (control.isShort) {
      running -= 1;
      handedBack += 1;
    }
    moments.push({ second, slots: control.slots, running, usedBytes });
    const fits = Math.max(1, Math.floor(control.memoryBudgetBytes / ENCODE_BYTES));
    const most = Math.min(control.slots, fits, trace.work?.(second) ?? Number.POSITIVE_INFINITY);
    running = Math.min(Math.max(running, most), trace.work?.(second) ?? Number.POSITIVE_INFINITY);
    // Chunks end all the time: fewer slots are soon fewer encodes.
    if (running > control.slots) running -= 1;
    pixels += (trace.throughput(running, cores - others.cores) * SAMPLE_MS) / 1000;
  }
  return { moments, handedBack };
}

const byCores = (running: number, cores: number): number => 1e6 * Math.min(running, cores);
const IDLE = { cores: 0, bytes: 2 * GB };
const ROOMY: Trace = {
  cores: 8,
  totalBytes: 32 * GB,
  encodeBytes: 0.8 * GB,
  others: () => IDLE,
  throughput: byCores,
};

function at(moments: readonly Moment[], second: number): Moment {
  const found = moments.find((moment) => moment.second >= second);
  if (found === undefined) throw new Error(`nothing at ${second} s`);
  return found;
}

test('a machine that nobody else uses encodes on every core', () => {
  const { moments, handedBack } = play(ROOMY, 600);
  expect([...new Set(moments.map(({ slots }) => slots))]).toEqual([8]);
  expect(handedBack).toBe(0);
});

describe('load', () => {
  const busy: Trace = {
    ...ROOMY,
    others: (second) => (second >= 100 && second < 300 ? { cores: 5, bytes: 2 * GB } : IDLE),
  };

  test('of other programs has its cores to itself, and they come back one by one', () => {
    const { moments } = play(busy, 900);
    expect(at(moments, 150).slots).toBe(3);
    expect(at(moments, 302).slots).toBeLessThan(5);
    expect(at(moments, 900).slots).toBe(8);
    const steps = moments.slice(1).map(({ slots }, i) => slots - (moments[i]?.slots ?? 0));
    expect(Math.max(...steps)).toBe(1);
  });

  test('of a moment changes nothing much', () => {
    const { moments } = play(
      { ...ROOMY, others: (second) => (second === 50 ? { cores: 8, bytes: GB } : IDLE) },
      100,
    );
    expect(Math.min(...moments.map(({ slots }) => slots))).toBeGreaterThanOrEqual(7);
  });

  test('of all cores leaves one slot: --max-load is there for who wants none', () => {
    const { moments } = play({ ...ROOMY, others: () => ({ cores: 8, bytes: GB }) }, 300);
    expect(at(moments, 300).slots).toBe(1);
  });
});

describe('memory', () => {
  test('bounds what starts', () => {
    const { moments, handedBack } = play({ ...ROOMY, totalBytes: 8 * GB }, 300);
    expect(Math.max(...moments.map(({ running }) => running))).toBeLessThan(8);
    expect(handedBack).toBe(0);
  });

  test('that others take is given up, newest first, before the machine swaps', () => {
    const hungry: Trace = {
      ...ROOMY,
      others: (second) => ({
        cores: 0,
        bytes: Math.min(28 * GB, (2 + Math.max(0, second - 100) * 0.2) * GB),
      }),
    };
    const { moments, handedBack } = play(hungry, 600);
    expect(handedBack).toBeGreaterThan(2);
    expect(Math.max(...moments.map(({ usedBytes }) => usedBytes))).toBeLessThan(hungry.totalBytes);
    // What runs then stays: nothing is started only to be given back.
    const late = moments.filter(({ second }) => second > 300).map(({ running }) => running);
    expect(new Set(late).size).toBe(1);
  });

  test('that an encode takes beyond its estimate is noticed, and no slot is added for a while', () => {
    const { moments, handedBack } = play(
      { ...ROOMY, totalBytes: 12 * ENCODE_BYTES, encodeBytes: 1.9 * ENCODE_BYTES },
      400,
    );
    expect(handedBack).toBeGreaterThan(0);
    const first = moments.find(({ slots }) => slots < 8);
    const rest = moments.filter(
      ({ second }) =>
        second > (first?.second ?? 0) && second * 1000 < (first?.second ?? 0) * 1000 + MEMORY_REST_MS,
    );
    expect(Math.max(...rest.map(({ slots }) => slots))).toBe(rest[0]?.slots);
  });

  test('is never so short that the last encode goes', () => {
    const full: Trace = { ...ROOMY, others: () => ({ cores: 0, bytes: 31.9 * GB }) };
    const { moments } = play(full, 100);
    expect(at(moments, 100)).toMatchObject({ slots: 1, running: 1 });
    expect(memoryFloor(full.totalBytes)).toBeGreaterThan(0.1 * GB);
  });
});

describe('throughput', () => {
  /** Others were there once, so that slots are added; beyond four the machine encodes no more. */
  const saturated: Trace = {
    ...ROOMY,
    others: (second) => (second < 60 ? { cores: 6, bytes: 2 * GB } : IDLE),
    throughput: (running) => 1e6 * Math.min(running, 4),
  };

  test('that a slot does not raise takes the slot away again, for long', () => {
    const { moments } = play(saturated, 900);
    const slots = moments.map((moment) => moment.slots);
    expect(slots.at(-1)).toBe(4);
    const tried = moments.findIndex((moment, i) => i > slots.indexOf(4, 60) && moment.slots === 5);
    expect(tried).toBeGreaterThan(0);
    const after = moments.slice(tried).filter(({ slots: now }) => now === 5);
    expect((after.length - 1) * SAMPLE_MS).toBeLessThan(SLOT_TRIAL_MS + 2 * SLOT_STEP_MS);
    expect(SLOT_TRIAL_REST_MS).toBeGreaterThan(10 * SLOT_TRIAL_MS);
  });

  test('is not measured while slots are idle, and costs no slot then', () => {
    const { moments } = play({ ...saturated, work: () => 1 }, 600);
    expect(at(moments, 600).slots).toBe(8);
  });
});
