/**
 * Runs the real scheduler, both sides, on a virtual clock.
 *
 *     npm run simulate -- --seed 42                       one job on ten unequal slots, on measured costs; draws it
 *     npm run simulate -- --peers 6 --chunks 300 --seed 1 --scenario slowed --svg out.svg
 *     npm run simulate -- --seeds 200 --chunks 120 --costs synthetic
 *     npm run simulate -- --farm farm.json --costs costs.json   [[1, 4], [0.6, 3]]: speed and slots of each host
 *     npm run simulate -- --gates                         the table of gates, 200 seeds a cell
 *     npm run simulate -- --faults --seeds 10000          small swarms with every kind of trouble, checked
 *     npm run simulate -- --faults --seed 42 --trace      one of them, event by event
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
import { clipsToSimulate, type RecordedCosts, readRecordedCosts } from '../test/simulation/recorded-costs.ts';
import { recordedFilms } from '../test/simulation/recorded-source.ts';
import { simulateFarm } from './simulation/farm.ts';
import { printGates } from './simulation/gates.ts';
import { traceSeed } from './simulation/seeds.ts';
import { sweepSeeds } from './simulation/sweep.ts';

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
    progress: { type: 'string', default: 'none' },
    trace: { type: 'boolean', default: false },
  },
});
const firstSeed = countOf('seed', 1);

if (values.faults) {
  const most = { hosts: countOf('peers', 8), chunks: countOf('chunks', 40) };
  const path = values.progress === 'none' ? null : values.progress;
  if (values.trace) traceSeed(firstSeed, most);
  else if (!(await sweepSeeds({ firstSeed, seedCount: countOf('seeds', 1), most, path })))
    process.exitCode = 1;
} else if (values.gates) {
  const seedCount = countOf('seeds', 200);
  printGates({ farm: farmOf(firstSeed), costs: costsOf(values.costs), firstSeed, seedCount });
} else {
  simulateFarm({
    farm: farmOf(firstSeed),
    costs: costsOf(values.costs),
    scenario: scenarioOf(values.scenario),
    firstSeed,
    seedCount: countOf('seeds', 1),
    chunkCount: countOf('chunks', 120),
    svg: values.svg ?? `simulation-${firstSeed}.svg`,
    isTraced: values.trace,
  });
}

function countOf(name: 'seed' | 'seeds' | 'peers' | 'chunks', otherwise: number): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new Error(`--${name} is a whole number from 1 on, not ${text}.`);
  return count;
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((known) => known === name);
  if (scenario === undefined) throw new Error(`--scenario is one of ${SCENARIOS.join(', ')}, not ${name}.`);
  return scenario;
}

/** The repository's recording unless told otherwise; of it the clips that the predictor was not fitted on. */
function costsOf(path: string | undefined): CostSource {
  if (path === 'synthetic') return syntheticCosts;
  if (path === undefined) return recordedFilms(clipsToSimulate(readRecordedCosts()));
  return recordedFilms((JSON.parse(readFileSync(path, 'utf8')) as RecordedCosts).clips);
}

/** As told, or as many hosts as asked for, of speeds and slots as a home has them, or the published farm. */
function farmOf(seed: number): Farm {
  if (values.farm !== undefined) return readFarm(values.farm);
  if (values.peers === undefined) return UNEQUAL_FARM;
  const random = createRandom(seed ^ 0xf00d);
  return Array.from(
    { length: countOf('peers', 1) },
    () => [random.between(0.1, 1), random.whole(1, 8)] as const,
  );
}

function readFarm(path: string): Farm {
  const farm: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const isHost = (host: unknown) =>
    Array.isArray(host) && host.length === 2 && host[0] > 0 && Number.isInteger(host[1]) && host[1] > 0;
  if (Array.isArray(farm) && farm.length > 0 && farm.every(isHost)) return farm as unknown as Farm;
  throw new Error(`${path} is no list of [speed, slots], one for each host, such as [[1, 4], [0.6, 3]].`);
}
