import { noteMachine, type SlotControl } from '../../src/schedule/peer/slot-control.ts';
import { monotonicMs } from '../clock.ts';
import { CPU_LOOK_MS, type CpuUse, othersCores } from '../platform/cpu-use.ts';
import type { Machine } from './machine.ts';
import type { Worker } from './worker.ts';

/** Follows cores, load and memory of this machine with the worker's slots (`--slots auto`). */
export class SlotWatch {
  readonly #machine: Machine;
  readonly #worker: Worker;
  readonly #timer: NodeJS.Timeout;
  #control: SlotControl;
  #last: { readonly use: CpuUse; readonly atMs: number } | null = null;

  constructor(machine: Machine, worker: Worker, control: SlotControl) {
    this.#machine = machine;
    this.#worker = worker;
    this.#control = control;
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), CPU_LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const availableBytes = await this.#machine.availableBytes();
    const cores = await this.#measureOthers();
    const sample = {
      nowMs: monotonicMs(),
      othersCores: cores,
      availableBytes,
      totalBytes: this.#machine.totalBytes,
      ...this.#worker.use,
    };
    this.#control = noteMachine(this.#control, sample);
    this.#worker.setSlots(this.#control.slots);
    this.#worker.setMemoryBudget(this.#control.memoryBudgetBytes);
    if (this.#control.isShort) this.#worker.giveBackNewest();
  }

  /** An idle daemon measures nothing: who uses the processors is asked while this machine encodes. */
  async #measureOthers(): Promise<number | null> {
    if (this.#worker.running === 0) {
      this.#last = null;
      return null;
    }
    const now = { use: await this.#machine.cpuUse(), atMs: monotonicMs() };
    const before = this.#last;
    this.#last = now;
    if (before === null || now.atMs <= before.atMs) return null;
    return othersCores(before.use, now.use, (now.atMs - before.atMs) / 1000);
  }
}
