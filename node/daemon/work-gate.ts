import type { IntakeView } from '../../src/protocol/control-api.ts';
import { type Hours, holdOfHours } from '../../src/schedule/peer/hours.ts';
import { type Hold, holdOfWish, intakeOf, type Wish } from '../../src/schedule/peer/intake.ts';
import { keepWish, type LastingWish } from '../storage/wish-file.ts';
import { BatteryWatch } from './battery-watch.ts';
import { LoadWatch } from './load-watch.ts';
import type { Machine } from './machine.ts';
import type { Worker } from './worker.ts';

/** How often the gate looks whether something changed that nobody tells of. */
const LOOK_MS = 1000;

export interface WorkGateParts {
  readonly worker: Worker;
  readonly machine: Machine;
  /** null: at any time. */
  readonly schedule: Hours | null;
  /** Share of all cores that other programs may use; null: any. */
  readonly maxLoad: number | null;
  readonly worksOnBattery: boolean;
  /** Where a pause is kept for the next daemon. */
  readonly wishPath: string;
  readonly log: (line: string) => void;
}

/** Decides whether this machine takes work, for every leader, itself included, and tells the worker. */
export class WorkGate {
  readonly #parts: WorkGateParts;
  readonly #timer: NodeJS.Timeout;
  readonly #watches: readonly (BatteryWatch | LoadWatch)[];
  #wish: Wish;
  #told = '';
  #isDrySaid = false;

  /** @param wish what an earlier daemon was left with */
  constructor(parts: WorkGateParts, wish: LastingWish | null) {
    this.#parts = parts;
    this.#wish = wish ?? 'work';
    const { machine, maxLoad, worksOnBattery } = parts;
    this.#watches = [
      ...(worksOnBattery ? [] : [new BatteryWatch(machine)]),
      ...(maxLoad === null ? [] : [new LoadWatch(machine, maxLoad)]),
    ];
    this.#decide();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Obeys at once; a pause is on the disk when this resolves. */
  async ask(wish: Wish): Promise<IntakeView> {
    this.#wish = wish;
    this.#isDrySaid = false;
    this.#decide();
    await keepWish(this.#parts.wishPath, wish === 'pause' || wish === 'pause-now' ? wish : null);
    return this.view();
  }

  /** Why this machine takes no work, or null. */
  get hold(): string | null {
    const { intake, reasons } = intakeOf(this.#holds());
    return intake === 'open' ? null : reasons.join(' ');
  }

  view(): IntakeView {
    return { ...intakeOf(this.#holds()), wish: this.#wish, attempts: this.#parts.worker.attemptCount };
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const watch of this.#watches) watch.stop();
  }

  #look(): void {
    this.#decide();
    if (this.#wish !== 'drain' || this.#isDrySaid || this.#parts.worker.attemptCount > 0) return;
    this.#isDrySaid = true;
    this.#parts.log('Drained: this machine encodes nothing any more.');
  }

  #holds(): Hold[] {
    const { schedule, machine } = this.#parts;
    const holds = [
      holdOfWish(this.#wish),
      schedule === null ? null : holdOfHours(schedule, machine.localMinute()),
      ...this.#watches.map(({ hold }) => hold),
    ];
    return holds.filter((hold) => hold !== null);
  }

  #decide(): void {
    const { intake, reasons } = intakeOf(this.#holds());
    const told = `${intake} ${reasons.join(' ')}`;
    if (told === this.#told) return;
    const isFirst = this.#told === '';
    this.#told = told;
    this.#parts.worker.setIntake(intake, reasons.join(' '));
    if (intake === 'open' && isFirst) return;
    this.#parts.log(
      intake === 'open' ? 'This machine takes work.' : `This machine takes no work. ${reasons.join(' ')}`,
    );
  }
}
