/**
 * Where the system does not add up ended children: what each living child used since it was last seen, added to what
 * all did before. What a child used between the last reading and its end is missed.
 */
export class ChildrenCpu {
  #total = 0;
  #seen = new Map<number, number>();

  /** @param now CPU seconds of the living children by process id; gives those of all so far. */
  note(now: ReadonlyMap<number, number>): number {
    for (const [pid, seconds] of now) this.#total += Math.max(0, seconds - (this.#seen.get(pid) ?? 0));
    this.#seen = new Map(now);
    return this.#total;
  }
}
