/**
 * Runs the real scheduler, both sides, on a virtual clock.
 *
 *     node scripts/simulate.ts --seed 42                        one healthy job on ten unequal slots
 *     node scripts/simulate.ts --seed 1 --seeds 200 --chunks 120
 *     node scripts/simulate.ts --faults --seed 1 --seeds 10000  small swarms with every kind of trouble, checked
 *     node scripts/simulate.ts --faults --seed 42 --trace       one of them, event by event
 */
import { parseArgs } from 'node:util';
import { runCluster } from '../test/simulation/cluster.ts';
import { type Farm, farmWorld, lowerBoundMs, UNEQUAL_FARM } from '../test/simulation/farm-world.ts';
import { faultyWorld } from '../test/simulation/faulty-world.ts';
import { createRandom } from '../test/simulation/random.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    peers: { type: 'string' },
    chunks: { type: 'string' },
    faults: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.seed);
const seedCount = Number(values.seeds);
const startedMs = performance.now();
if (values.faults) runFaults();
else runFarms();
const perHour = Math.round((seedCount * 3_600_000) / (performance.now() - startedMs));
console.log(`${perHour.toLocaleString('en')} seeds an hour.`);

function runFarms(): void {
  const chunkCount = Number(values.chunks ?? 120);
  const efficiencies: number[] = [];
  let makespanMs = 0;
  let boundMs = 0;
  let workDone = 0;
  let workCommitted = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    const world = farmWorld(seed, farmOf(seed), chunkCount);
    const outcome = runCluster(world, { isChecked: false, isTraced: values.trace });
    for (const line of outcome.traceLines) console.log(line);
    const spanMs = outcome.makespanMs.get('j') ?? Number.POSITIVE_INFINITY;
    efficiencies.push(lowerBoundMs(world) / spanMs);
    makespanMs += spanMs / seedCount;
    boundMs += lowerBoundMs(world) / seedCount;
    workDone += outcome.workDone;
    workCommitted += outcome.workCommitted;
  }
  efficiencies.sort((a, b) => a - b);
  const mean = efficiencies.reduce((sum, value) => sum + value, 0) / seedCount;
  const low = efficiencies[Math.floor(seedCount * 0.05)] ?? Number.NaN;
  console.log(
    `makespan ${(makespanMs / 1000).toFixed(1)} s, lower bound ${(boundMs / 1000).toFixed(1)} s (means)`,
  );
  console.log(`E ${mean.toFixed(3)} mean, ${low.toFixed(3)} 5th percentile`);
  console.log(`wasted work ${((100 * (workDone - workCommitted)) / workDone).toFixed(1)} %`);
}

function runFaults(): void {
  const most = { hosts: Number(values.peers ?? 8), chunks: Number(values.chunks ?? 40) };
  let jobCount = 0;
  let failedCount = 0;
  let brokenCount = 0;
  let virtualMs = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    try {
      const outcome = runCluster(faultyWorld(seed, most), { isChecked: true, isTraced: values.trace });
      for (const line of outcome.traceLines) console.log(line);
      virtualMs += outcome.virtualMs;
      for (const reason of outcome.endings.values()) {
        jobCount += 1;
        failedCount += reason === null ? 0 : 1;
        if (reason !== null && seedCount === 1) console.log(reason);
      }
    } catch (error) {
      brokenCount += 1;
      process.exitCode = 1;
      console.log(error instanceof Error ? error.message : String(error));
    }
  }
  console.log(
    `${jobCount} jobs, ${failedCount} failed for cause, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours`,
  );
  console.log(`${brokenCount} of ${seedCount} seeds broke an invariant`);
}

/** As many hosts as asked for, of speeds and slots as a home has them; the published farm when not asked. */
function farmOf(seed: number): Farm {
  if (values.peers === undefined) return UNEQUAL_FARM;
  const random = createRandom(seed ^ 0xf00d);
  return Array.from(
    { length: Number(values.peers) },
    () => [random.between(0.1, 1), random.whole(1, 8)] as const,
  );
}
