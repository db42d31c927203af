/**
 * One scan at a time: a decode uses every core it can get, so two at once only make both films late. Jobs take turns
 * in the order they were submitted; encodes of an earlier film go on while the next is scanned.
 */
export class ScanTurn {
  #last: Promise<void> = Promise.resolve();

  /** Runs `scan` when every earlier one is over, however it ended. */
  take(scan: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(scan);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
