import { cpus } from 'node:os';
import { ChildrenCpu } from './own-cpu/children.ts';
import { ownCpuSecondsLinux } from './own-cpu/linux.ts';
import { childrenCpuMacos } from './own-cpu/macos.ts';
import { childrenCpuWindows } from './own-cpu/windows.ts';

/** CPU seconds since some moment in the past. */
export interface CpuUse {
  /** Of all programs of the machine together. */
  readonly all: number;
  /** Of this process, its children and theirs, ended ones included. */
  readonly own: number;
}

/** How often it is worth reading: files on Linux, a process of its own elsewhere. */
export const CPU_LOOK_MS = process.platform === 'linux' ? 2_000 : 10_000;

/** Reads who uses the processors: this program and its encoders, or others. */
export class CpuMeter {
  readonly #children = new ChildrenCpu();

  async read(): Promise<CpuUse> {
    const own = await this.#own();
    const all = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
    return { all: all / 1000, own };
  }

  async #own(): Promise<number> {
    if (process.platform === 'linux') return ownCpuSecondsLinux();
    const isWindows = process.platform === 'win32';
    const children = await (isWindows ? childrenCpuWindows() : childrenCpuMacos()).catch(() => new Map());
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + this.#children.note(children);
  }
}

/** Cores that other programs used between two readings. */
export function othersCores(before: CpuUse, now: CpuUse, seconds: number): number {
  return Math.max(0, now.all - before.all - (now.own - before.own)) / seconds;
}
