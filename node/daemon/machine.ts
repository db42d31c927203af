import { availableParallelism, totalmem } from 'node:os';
import { availableMemory } from '../platform/available-memory.ts';
import { isOnBattery } from '../platform/battery.ts';
import { CpuMeter, type CpuUse } from '../platform/cpu-use.ts';

/** What of this machine decides how much it may take on. */
export interface Machine {
  readonly cores: number;
  /** Memory that can be had without swapping (`availableMemory`). */
  availableBytes(): Promise<number>;
  readonly totalBytes: number;
  cpuUse(): Promise<CpuUse>;
  isOnBattery(): Promise<boolean>;
  /** What the clock on the wall shows, in minutes since midnight. */
  localMinute(): number;
}

/** The machine this runs on. */
export function thisMachine(): Machine {
  const meter = new CpuMeter();
  return {
    cores: availableParallelism(),
    availableBytes: () => availableMemory(),
    // Zero where nothing limits this process.
    totalBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    cpuUse: () => meter.read(),
    isOnBattery,
    localMinute: () => minuteOfDay(new Date()),
  };
}

/** Of a moment, in the time zone of this process. */
export function minuteOfDay(moment: Date): number {
  return moment.getHours() * 60 + moment.getMinutes();
}
