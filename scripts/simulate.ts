/**
 * Runs the real scheduler, both sides, on a virtual clock.
 *
 *     node scripts/simulate.ts --seed 42                        one job on ten unequal slots, on measured costs
 *     node scripts/simulate.ts --seed 42 --scenario slowed --svg out.svg
 *     node scripts/simulate.ts --seeds 200 --chunks 120 --costs synthetic
 *     node scripts/simulate.ts --farm farm.json --costs costs.json   [[1, 4], [0.6, 3]]: speed and slots of each host
 *     node scripts/simulate.ts --gates                          the table of gates, 200 seeds a cell
 *     node scripts/simulate.ts --faults --seeds 10000           small swarms with every kind of trouble, checked
 *     node scripts/simulate.ts --faults --seeds 1000000 --resume sweep.json   goes on where it was stopped
 *     node scripts/simulate.ts --faults --seed 42 --trace       one of them, event by event
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type CostSource,
  type Farm,
  SCENARIOS,
  type Scenario,
  syntheticCosts,
  UNEQUAL_FARM,
} from '../test/simulation/farm-world.ts';
import { createRandom } from '../test/simulation/random.ts';
import { type RecordedCosts, readRecordedCosts } from '../test/simulation/recorded-costs.ts';
import { recordedFilms } from '../test/simulation/recorded-source.ts';
import { simulateFarm } from './simulate/farm.ts';
import { sweepFaults } from './simulate/faults.ts';
import { printGates } from './simulate/gates.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    peers: { type: 'string' },
    chunks: { type: 'string' },
    farm: { type: 'string' },
    costs: { type: 'string' },
    scenario: { type: 'string', default: 'healthy' },
    svg: { type: 'string' },
    gates: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
    resume: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.seed);

if (values.faults) {
  const most = { hosts: Number(values.peers ?? 8), chunks: Number(values.chunks ?? 40) };
  const seedCount = Number(values.seeds ?? 1);
  const isSound = sweepFaults({ firstSeed, seedCount, most, resume: values.resume, isTraced: values.trace });
  if (!isSound) process.exitCode = 1;
} else if (values.gates) {
  const seedCount = Number(values.seeds ?? 200);
  printGates({ farm: farmOf(firstSeed), costs: costsOf(values.costs), firstSeed, seedCount });
} else {
  simulateFarm({
    farm: farmOf(firstSeed),
    costs: costsOf(values.costs),
    scenario: scenarioOf(values.scenario),
    firstSeed,
    seedCount: Number(values.seeds ?? 1),
    chunkCount: Number(values.chunks ?? 120),
    svg: values.svg,
    isTraced: values.trace,
  });
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((known) => known === name);
  if (scenario === undefined) throw new Error(`--scenario is one of ${SCENARIOS.join(', ')}, not ${name}.`);
  return scenario;
}

/** The repository's recording unless told otherwise. */
function costsOf(path: string | undefined): CostSource {
  if (path === 'synthetic') return syntheticCosts;
  const recorded =
    path === undefined ? readRecordedCosts() : (JSON.parse(readFileSync(path, 'utf8')) as RecordedCosts);
  return recordedFilms(recorded.clips);
}

/** As told, or as many hosts as asked for, of speeds and slots as a home has them, or the published farm. */
function farmOf(seed: number): Farm {
  if (values.farm !== undefined) return JSON.parse(readFileSync(values.farm, 'utf8')) as Farm;
  if (values.peers === undefined) return UNEQUAL_FARM;
  const random = createRandom(seed ^ 0xf00d);
  return Array.from(
    { length: Number(values.peers) },
    () => [random.between(0.1, 1), random.whole(1, 8)] as const,
  );
}
