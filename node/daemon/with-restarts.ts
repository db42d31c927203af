import { EngineCrash } from '../engine/engine-pool.ts';

/** A child may be killed from outside or run out of memory; one that ends as often has a reason of its own. */
export const MOST_TRIES = 3;

/** Runs `work` again when the child it relied on ended without a word. Every other failure is thrown at once. */
export async function withRestarts<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineCrash) || tries === MOST_TRIES) throw error;
    }
  }
}
