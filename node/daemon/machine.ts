import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';

/** What of this machine decides how much it may take on. */
export interface Machine {
  readonly cores: number;
  /** Memory that can be had without swapping: free, and what the kernel would give back. */
  readonly availableBytes: number;
}

/** Reads cores and available memory. Linux knows the latter exactly; elsewhere free memory is the careful answer. */
export async function readMachine(): Promise<Machine> {
  return { cores: availableParallelism(), availableBytes: (await readMemAvailable()) ?? freemem() };
}

async function readMemAvailable(): Promise<number | null> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => null);
  const match = text === null ? null : /^MemAvailable:\s+(\d+) kB$/m.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]) * 1024;
}
