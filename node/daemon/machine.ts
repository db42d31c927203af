import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { isOnBattery } from '../platform/battery.ts';
import { CpuMeter, type CpuUse } from '../platform/cpu-use.ts';

/** What of this machine decides how much it may take on. */
export interface Machine {
  readonly cores: number;
  /** Memory that can be had without swapping: free, and what the kernel would give back. */
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
    // Linux knows this exactly; elsewhere free memory is the careful answer.
    availableBytes: async () => (await readMemAvailable()) ?? freemem(),
    totalBytes: totalmem(),
    cpuUse: () => meter.read(),
    isOnBattery,
    localMinute: () => minuteOfDay(new Date()),
  };
}

/** Of a moment, in the time zone of this process. */
export function minuteOfDay(moment: Date): number {
  return moment.getHours() * 60 + moment.getMinutes();
}

async function readMemAvailable(): Promise<number | null> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => null);
  const match = text === null ? null : /^MemAvailable:\s+(\d+) kB$/m.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]) * 1024;
}
