import { moreUrgentFirst } from '../../src/schedule/priority.ts';

interface Waiting {
  /** Of its job now: it may change while it waits. */
  readonly priority: number;
  begin(): void;
}

/**
 * One scan at a time: a decode uses every core it can get, so two at once only make both films late. Of the jobs that
 * wait the most urgent goes next, of equals the one submitted first; encodes of an earlier film go on meanwhile.
 */
export class ScanTurn {
  readonly #waiting: Waiting[] = [];
  #isTaken = false;

  /** Runs `scan` when it is its turn. */
  async take(job: { readonly priority: number }, scan: () => Promise<void>): Promise<void> {
    if (this.#isTaken) await this.#wait(job);
    this.#isTaken = true;
    try {
      await scan();
    } finally {
      this.#isTaken = false;
      this.#next()?.begin();
    }
  }

  #wait(job: { readonly priority: number }): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push({
        get priority() {
          return job.priority;
        },
        begin,
      });
    });
  }

  #next(): Waiting | undefined {
    const [next] = [...this.#waiting].sort(moreUrgentFirst);
    if (next === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    // Nobody who comes meanwhile slips in before it.
    this.#isTaken = true;
    return next;
  }
}
