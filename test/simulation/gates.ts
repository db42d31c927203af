import { runCluster } from './cluster.ts';
import {
  type CostSource,
  type Farm,
  farmWorld,
  lowerBoundMs,
  SCENARIOS,
  type Scenario,
} from './farm-world.ts';

/** One cell of the table of gates. */
export interface Cell {
  readonly scenario: Scenario;
  readonly chunksPerSlot: number;
}

export interface CellResult {
  /** Lower bound ÷ makespan. */
  readonly meanE: number;
  readonly lowE: number;
  /** Of all work, that which went into no result. */
  readonly wasted: number;
}

/** What issue 3 aims at, by chunks a slot. */
export const AIMS: Readonly<Record<Scenario, Readonly<Record<number, number>>>> = {
  healthy: { 12: 0.95, 60: 0.99 },
  slowed: { 12: 0.92, 60: 0.985 },
  killed: { 12: 0.94, 60: 0.985 },
  churning: { 12: 0.9, 60: 0.97 },
};

export const CHUNKS_PER_SLOT = [12, 60];

export const CELLS: readonly Cell[] = CHUNKS_PER_SLOT.flatMap((chunksPerSlot) =>
  SCENARIOS.map((scenario) => ({ scenario, chunksPerSlot })),
);

/** Runs one cell on the seeds from `firstSeed`. */
export function runCell(
  { scenario, chunksPerSlot }: Cell,
  {
    farm,
    costs,
    firstSeed,
    seedCount,
  }: { farm: Farm; costs: CostSource; firstSeed: number; seedCount: number },
): CellResult {
  const slots = farm.reduce((sum, [, count]) => sum + count, 0);
  const efficiencies: number[] = [];
  let done = 0;
  let committed = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    const world = farmWorld({ seed, farm, chunkCount: chunksPerSlot * slots, scenario, costs });
    const outcome = runCluster(world, { isChecked: false, trace: 'none' });
    efficiencies.push(lowerBoundMs(world) / (outcome.makespanMs.get('j') ?? Number.POSITIVE_INFINITY));
    done += outcome.workDone;
    committed += outcome.workCommitted;
  }
  efficiencies.sort((a, b) => a - b);
  return {
    meanE: efficiencies.reduce((sum, value) => sum + value, 0) / seedCount,
    lowE: efficiencies[Math.floor(seedCount * 0.05)] ?? Number.NaN,
    wasted: (done - committed) / done,
  };
}
