import { runCluster } from '../../test/simulation/cluster.ts';
import { faultyWorld } from '../../test/simulation/faulty-world.ts';

/** The largest a faulty world of any seed may be. */
export interface WorldSize {
  readonly hosts: number;
  readonly chunks: number;
}

/** Seeds that follow one another, run by one core at once. */
export interface SeedBlock {
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly most: WorldSize;
}

export interface BlockResult {
  jobCount: number;
  failedCount: number;
  virtualMs: number;
  /** Seeds that broke an invariant, with the words of the check that saw it. */
  readonly broken: { readonly seed: number; readonly words: string }[];
}

/** Runs each seed's world with every check on. */
export function runBlock({ firstSeed, seedCount, most }: SeedBlock): BlockResult {
  const result: BlockResult = { jobCount: 0, failedCount: 0, virtualMs: 0, broken: [] };
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    try {
      const { endings, virtualMs } = runCluster(faultyWorld(seed, most), { isChecked: true, trace: 'none' });
      result.virtualMs += virtualMs;
      result.jobCount += endings.size;
      result.failedCount += [...endings.values()].filter((reason) => reason !== null).length;
    } catch (error) {
      result.broken.push({ seed, words: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}

/** Prints one seed's history, event by event, to its end or to the invariant that it breaks, which is thrown. */
export function traceSeed(seed: number, most: WorldSize): void {
  const { endings } = runCluster(faultyWorld(seed, most), { isChecked: true, trace: console.log });
  for (const [job, reason] of endings) console.log(`${job}: ${reason ?? 'done'}`);
}
