import { holdOfBattery, noteBattery, type OnBatterySince } from '../../src/schedule/peer/battery.ts';
import type { Hold } from '../../src/schedule/peer/intake.ts';
import { monotonicMs } from '../clock.ts';
import { BATTERY_LOOK_MS } from '../platform/battery.ts';
import type { Machine } from './machine.ts';

/** Looks now and then whether this machine runs on battery. */
export class BatteryWatch {
  readonly #machine: Machine;
  readonly #timer: NodeJS.Timeout;
  #since: OnBatterySince = null;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#timer = setInterval(() => void this.#look(), BATTERY_LOOK_MS);
    void this.#look();
  }

  get hold(): Hold | null {
    return holdOfBattery(this.#since, monotonicMs());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const isOnBattery = await this.#machine.isOnBattery();
    this.#since = noteBattery(this.#since, isOnBattery, monotonicMs());
  }
}
