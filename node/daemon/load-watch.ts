import type { Hold } from '../../src/schedule/peer/intake.ts';
import { holdOfOtherLoad, NO_OTHER_LOAD, noteOtherLoad } from '../../src/schedule/peer/other-load.ts';
import { monotonicMs } from '../clock.ts';
import { CPU_LOOK_MS, type CpuUse, othersCores } from '../platform/cpu-use.ts';
import type { Machine } from './machine.ts';

/** Looks now and then how much other programs use the processors. */
export class LoadWatch {
  readonly #machine: Machine;
  readonly #maxLoad: number;
  readonly #timer: NodeJS.Timeout;
  #load = NO_OTHER_LOAD;
  #last: { readonly use: CpuUse; readonly atMs: number } | null = null;

  /** @param maxLoad share of all cores that other programs may use. */
  constructor(machine: Machine, maxLoad: number) {
    this.#machine = machine;
    this.#maxLoad = maxLoad;
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), CPU_LOOK_MS);
    void this.#look().catch(() => undefined);
  }

  get hold(): Hold | null {
    return holdOfOtherLoad(this.#load, this.#maxLoad);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const use = await this.#machine.cpuUse();
    const atMs = monotonicMs();
    if (this.#last !== null && atMs > this.#last.atMs) {
      const seconds = (atMs - this.#last.atMs) / 1000;
      const share = othersCores(this.#last.use, use, seconds) / this.#machine.cores;
      this.#load = noteOtherLoad(this.#load, share, this.#maxLoad, atMs);
    }
    this.#last = { use, atMs };
  }
}
