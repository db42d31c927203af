/** Which jobs need which entries of a store. Kept in memory: a daemon pins anew what its journals name. */
export class Pins {
  readonly #byJob = new Map<string, Set<string>>();

  pin(jobId: string, key: string): void {
    const keys = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, keys.add(key));
  }

  /** Without a key: everything the job needs. */
  unpin(jobId: string, key?: string): void {
    if (key === undefined) this.#byJob.delete(jobId);
    else this.#byJob.get(jobId)?.delete(key);
  }

  has(key: string): boolean {
    for (const keys of this.#byJob.values()) if (keys.has(key)) return true;
    return false;
  }
}
