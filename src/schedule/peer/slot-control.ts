import {
  BUDGET_STEP,
  MEMORY_REST_MS,
  OTHERS_HALF_MS,
  SLOT_GAIN,
  SLOT_STEP_MS,
  SLOT_TRIAL_MS,
  SLOT_TRIAL_REST_MS,
} from '../limits.ts';
import { memoryBudget, memoryFloor } from './memory.ts';

/** What a machine shows of itself every few seconds. */
export interface MachineSample {
  readonly nowMs: number;
  /** Cores that other programs used since the last sample; null: not measured. */
  readonly othersCores: number | null;
  /** What can be had without swapping. */
  readonly availableBytes: number;
  readonly totalBytes: number;
  /** Encodes that run, and what they are reckoned to need. */
  readonly running: number;
  readonly runningBytes: number;
  /** What one more is reckoned to need. */
  readonly nextBytes: number;
  /** Pixels encoded here since the daemon started. */
  readonly pixels: number;
}

/**
 * How many encodes a machine runs at once when its owner did not say (`--slots auto`). It begins with one a core;
 *
 * - what other programs use of the cores is left to them;
 * - encodes are started only within a share of the memory, and when what is available falls below a floor, the newest
 *   one goes back at once: no encode is worth a machine that swaps. The last one stays, as nothing would ever be
 *   finished on a small machine;
 * - a slot that was added and brings too little measured throughput is taken away again.
 */
export interface SlotControl {
  readonly cores: number;
  readonly slots: number;
  readonly memoryBudgetBytes: number;
  /** The newest encode is to be given back now. */
  readonly isShort: boolean;
  /** Cores that others use, smoothed. */
  readonly others: number;
  readonly sampledMs: number | null;
  /** Not before: the next slot is added. */
  readonly growMs: number;
  /** Since when so many slots are all at work, and the pixels then. */
  readonly stretch: Stretch | null;
  /** Pixels a second before a slot was added that is on trial; null: none is. */
  readonly trialRate: number | null;
}

interface Stretch {
  readonly sinceMs: number;
  readonly pixels: number;
  /** At the last sample a slot was idle: between two chunks, or for longer. */
  readonly isBroken: boolean;
}

export function createSlotControl(cores: number, availableBytes: number): SlotControl {
  return {
    cores,
    slots: cores,
    memoryBudgetBytes: memoryBudget(availableBytes, 0),
    isShort: false,
    others: 0,
    sampledMs: null,
    growMs: 0,
    stretch: null,
    trialRate: null,
  };
}

/** Changes nothing in place. */
export function noteMachine(before: SlotControl, sample: MachineSample): SlotControl {
  const control: SlotControl = {
    ...before,
    isShort: false,
    others: smoothed(before, sample),
    sampledMs: sample.nowMs,
    memoryBudgetBytes: followBudget(before, sample),
    stretch: stretchOf(before, sample),
  };
  if (sample.availableBytes < memoryFloor(sample.totalBytes)) {
    const isShort = sample.running > 1;
    return withSlots({ ...control, isShort }, sample.running - 1, sample.nowMs + MEMORY_REST_MS);
  }
  const most = Math.max(1, Math.round(control.cores - control.others));
  if (control.slots > most) return withSlots(control, most, sample.nowMs + SLOT_STEP_MS);
  const judged = judgeTrial(control, sample);
  return mayGrow(judged, sample, most) ? grow(judged, sample) : judged;
}

/** Exponentially: half of what is older than OTHERS_HALF_MS is forgotten. */
function smoothed({ others, sampledMs }: SlotControl, { othersCores, nowMs }: MachineSample): number {
  if (othersCores === null || sampledMs === null) return others;
  const keep = 0.5 ** ((nowMs - sampledMs) / OTHERS_HALF_MS);
  return others * keep + othersCores * (1 - keep);
}

/** Downwards at once, upwards in steps: room that is offered and taken back costs a lease each time. */
function followBudget(before: SlotControl, sample: MachineSample): number {
  const budget = memoryBudget(sample.availableBytes, sample.runningBytes);
  const isSame = budget > before.memoryBudgetBytes && budget < before.memoryBudgetBytes * BUDGET_STEP;
  return isSame ? before.memoryBudgetBytes : budget;
}

/** A stretch of time in which every slot was at work: at no two samples in a row one was not. */
function stretchOf(
  { slots, stretch }: SlotControl,
  { running, nowMs, pixels }: MachineSample,
): Stretch | null {
  const isBroken = running < slots;
  if (stretch === null) return isBroken ? null : { sinceMs: nowMs, pixels, isBroken };
  return isBroken && stretch.isBroken ? null : { ...stretch, isBroken };
}

/** The added slot stays when it brings a fair part of what each slot before it did. */
function judgeTrial(control: SlotControl, sample: MachineSample): SlotControl {
  const { trialRate, slots } = control;
  const rate = rateOf(control, sample);
  if (trialRate === null || rate === null) return control;
  const fair = trialRate * (1 + SLOT_GAIN / (slots - 1));
  if (rate < fair) return withSlots(control, slots - 1, sample.nowMs + SLOT_TRIAL_REST_MS);
  return { ...control, trialRate: null };
}

/** Pixels a second over the present stretch; null while it is too short to tell. */
function rateOf({ stretch }: SlotControl, { nowMs, pixels }: MachineSample): number | null {
  if (stretch === null || nowMs - stretch.sinceMs < SLOT_TRIAL_MS) return null;
  return ((pixels - stretch.pixels) * 1000) / (nowMs - stretch.sinceMs);
}

function mayGrow(control: SlotControl, sample: MachineSample, most: number): boolean {
  const { slots, growMs, trialRate } = control;
  if (slots >= most || trialRate !== null || sample.nowMs < growMs) return false;
  return sample.availableBytes >= memoryFloor(sample.totalBytes) + sample.nextBytes;
}

/** Where all slots are at work the new one is on trial; where they are not, nothing can be measured, nor be lost. */
function grow(control: SlotControl, sample: MachineSample): SlotControl {
  if (sample.running < control.slots)
    return withSlots(control, control.slots + 1, sample.nowMs + SLOT_STEP_MS);
  const rate = rateOf(control, sample);
  if (rate === null) return control;
  const grown = withSlots(control, control.slots + 1, sample.nowMs + SLOT_STEP_MS);
  return { ...grown, trialRate: rate };
}

function withSlots(control: SlotControl, slots: number, growMs: number): SlotControl {
  return { ...control, slots: Math.max(1, slots), growMs, stretch: null, trialRate: null };
}
