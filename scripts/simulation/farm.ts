import { writeFileSync } from 'node:fs';
import { runCluster } from '../../test/simulation/cluster.ts';
import {
  type CostSource,
  type Farm,
  farmWorld,
  lowerBoundMs,
  type Scenario,
} from '../../test/simulation/farm-world.ts';
import { drawRun } from '../../test/simulation/timeline.ts';

/** Runs one job for each seed and prints makespan, bound, E and wasted work; draws the first seed's timeline. */
export function simulateFarm(options: {
  readonly farm: Farm;
  readonly costs: CostSource;
  readonly scenario: Scenario;
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly chunkCount: number;
  readonly svg: string;
  readonly isTraced: boolean;
}): void {
  const { farm, costs, scenario, chunkCount, firstSeed, seedCount } = options;
  const efficiencies: number[] = [];
  const sums = { makespanMs: 0, boundMs: 0, done: 0, committed: 0 };
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    const world = farmWorld({ seed, farm, chunkCount, scenario, costs });
    const outcome = runCluster(world, { isChecked: false, trace: options.isTraced ? 'lines' : 'none' });
    for (const line of outcome.traceLines) console.log(line);
    const makespanMs = outcome.makespanMs.get('j') ?? Number.POSITIVE_INFINITY;
    const boundMs = lowerBoundMs(world);
    efficiencies.push(boundMs / makespanMs);
    sums.makespanMs += makespanMs / seedCount;
    sums.boundMs += boundMs / seedCount;
    sums.done += outcome.workDone;
    sums.committed += outcome.workCommitted;
    if (seed > firstSeed) continue;
    const title = `${scenario}, ${chunkCount} chunks, seed ${seed}: ${(makespanMs / 1000).toFixed(0)} s, E ${(boundMs / makespanMs).toFixed(3)}`;
    writeFileSync(options.svg, drawRun(world, outcome.spans, { makespanMs, boundMs, title }));
  }
  efficiencies.sort((a, b) => a - b);
  const mean = efficiencies.reduce((sum, value) => sum + value, 0) / seedCount;
  const low = efficiencies[Math.floor(seedCount * 0.05)] ?? Number.NaN;
  console.log(
    `makespan ${(sums.makespanMs / 1000).toFixed(1)} s, lower bound ${(sums.boundMs / 1000).toFixed(1)} s (means)`,
  );
  console.log(`E = lower bound ÷ makespan: ${mean.toFixed(3)} mean, ${low.toFixed(3)} 5th percentile`);
  console.log(`wasted work ${((100 * (sums.done - sums.committed)) / sums.done).toFixed(1)} %`);
  console.log(`The timeline of seed ${firstSeed} was drawn to ${options.svg}`);
}
