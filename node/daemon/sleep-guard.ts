import type { SleepView } from '../../src/protocol/control-api.ts';
import { staysAwake } from '../../src/schedule/peer/wakefulness.ts';
import { monotonicMs } from '../clock.ts';
import { stayAwake, type WakeLock } from '../platform/stay-awake.ts';

/** How often it is looked whether anything is at work. */
const LOOK_MS = 1000;

/** Keeps this machine from sleeping while it works, for whomever, and lets it sleep soon after. */
export class SleepGuard {
  readonly #isWorking: () => boolean;
  readonly #timer: NodeJS.Timeout | null;
  #lastWorkMs: number | null = null;
  #lock: WakeLock | null = null;
  /** Why the machine may sleep although it works; tried again with the next work. */
  #problem: string | null;

  /** @param isAllowed by the user; else it only says so. */
  constructor(isAllowed: boolean, isWorking: () => boolean) {
    this.#isWorking = isWorking;
    this.#problem = isAllowed ? null : '--no-inhibit was given';
    this.#timer = isAllowed ? setInterval(() => this.#look(), LOOK_MS) : null;
  }

  view(): SleepView {
    return { isHeldOff: this.#lock !== null, problem: this.#problem };
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#lock?.release();
    this.#lock = null;
  }

  #look(): void {
    const nowMs = monotonicMs();
    if (this.#isWorking()) this.#lastWorkMs = nowMs;
    if (staysAwake(this.#lastWorkMs, nowMs)) this.#hold();
    else this.#letGo();
  }

  #hold(): void {
    if (this.#lock !== null || this.#problem !== null) return;
    this.#lock = stayAwake((words) => {
      this.#lock = null;
      this.#problem = words;
    });
  }

  #letGo(): void {
    void this.#lock?.release();
    this.#lock = null;
    this.#problem = null;
  }
}
