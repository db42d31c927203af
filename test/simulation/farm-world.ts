import { boundMs, type Capacity } from '../../src/schedule/lower-bound.ts';
import { END_MS, READY_MS } from './leading.ts';
import { createRandom, type Random } from './random.ts';
import { type ChunkFacts, type Fault, type HostFacts, settingsOf, type World } from './world.ts';

/** Hosts as pairs of speed and slots. The last one leads: a NAS that holds the film is seldom the fastest. */
export type Farm = readonly (readonly [speed: number, slots: number])[];

/** Ten slots on four unequal machines: the farm of the published figures. */
export const UNEQUAL_FARM: Farm = [
  [1, 4],
  [0.6, 3],
  [0.3, 2],
  [0.12, 1],
];

/** What goes wrong on a farm while it works on one job; its bound knows it. */
export const SCENARIOS = ['healthy', 'slowed', 'killed', 'churning'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What a film's chunks are like. `work` in milliseconds of one slot of speed 1. */
export type ChunkCost = Pick<ChunkFacts, 'complexity' | 'work'> & { readonly frameCount: number };

/** So many chunks, one after the other, as some film has them. */
export type CostSource = (random: Random, chunkCount: number) => ChunkCost[];

export interface FarmPlan {
  readonly seed: number;
  readonly farm: Farm;
  readonly chunkCount: number;
  readonly scenario: Scenario;
  readonly costs: CostSource;
}

/** Starting a chunk costs so much, whatever it holds. */
const CHUNK_MS = 50;
const UPLINK_BYTES_PER_MS = 125_000;
/** Of the healthy bound: how long a peer that comes and goes stays, and stays away, on average. */
const STAY_SHARE = 0.25;
const AWAY_SHARE = 0.1;
const CHURNING_PEERS = 0.3;
const SLOWED_TO = 0.1;

/** Lengths and complexities as films have them; the predictor sees length only (notes/swarms.md §4). */
export function syntheticCosts(random: Random, chunkCount: number): ChunkCost[] {
  return Array.from({ length: chunkCount }, () => {
    const seconds = Math.min(20, Math.max(1, random.logNormal(1.4, 0.6)));
    return {
      frameCount: Math.round(24 * seconds),
      complexity: 0,
      work: 10_000 * seconds * random.logNormal(0, 0.45) + CHUNK_MS,
    };
  });
}

/** One job on a farm, and what goes wrong there. */
export function farmWorld({ seed, farm, chunkCount, scenario, costs }: FarmPlan): World {
  const random = createRandom(seed ^ 0xfa23);
  const hosts = farm.map(([speed, slots], index) => farmHost(`h${index}`, speed, slots));
  const job = {
    id: 'j',
    leader: `h${farm.length - 1}`,
    submittedMs: 0,
    // A scan of 500 frames a second, as one core of a small machine does it at 1080p.
    scanFramesPerMs: 0.5,
    settings: settingsOf(1920, 1080),
    variants: [],
    isLocal: false,
    chunks: chunksOf(costs(random, chunkCount)),
  };
  const healthy: World = {
    seed,
    hosts,
    jobs: [job],
    faults: [],
    latencyMs: 1,
    transferLoss: 0,
    duplication: 0,
    progressMs: 500,
  };
  return { ...healthy, faults: faultsOf(scenario, hosts, lowerBoundMs(healthy), random) };
}

/**
 * No schedule of a farm's job can end before this: the optimal makespan if chunks could be stopped and moved at will, on
 * what the hosts can do at each time, faults known beforehand; after the first chunk is ready, with the slices that the
 * leader must send, before the last result's proof and the file's end.
 */
export function lowerBoundMs(world: World): number {
  const chunks = world.jobs.flatMap((job) => job.chunks);
  const work = boundMs(
    chunks.map((chunk) => chunk.work),
    capacitiesOf(world, READY_MS),
  );
  return Math.max(work, READY_MS + sendingMs(world, chunks)) + END_MS;
}

/** What the hosts' slots can do over time, as steps that each hold until the next. */
function capacitiesOf(world: World, fromMs: number): Capacity[] {
  const changes = [...world.faults].sort((a, b) => a.atMs - b.atMs).flatMap(changesOf);
  changes.sort((a, b) => a.atMs - b.atMs);
  const factors = new Map(world.hosts.map(({ id }) => [id, 1]));
  const speedsNow = () =>
    world.hosts
      .flatMap(({ id, slots, speed }) => Array.from({ length: slots }, () => speed * (factors.get(id) ?? 1)))
      .sort((a, b) => b - a);
  const steps: Capacity[] = [{ fromMs, speeds: speedsNow() }];
  for (const { atMs, host, factor } of changes) {
    factors.set(host, factor);
    steps.push({ fromMs: Math.max(fromMs, atMs), speeds: speedsNow() });
  }
  return steps;
}

function changesOf(fault: Fault): { atMs: number; host: string; factor: number }[] {
  const { atMs } = fault;
  if (fault.kind === 'slow') return [{ atMs, host: fault.host, factor: fault.factor }];
  if (fault.kind !== 'crash') return [];
  const { host } = fault;
  const gone = { atMs, host, factor: 0 };
  return fault.backAfterMs === null ? [gone] : [gone, { atMs: atMs + fault.backAfterMs, host, factor: 1 }];
}

/** The leader's own slots do their share at most; the rest must cross its uplink, the smallest slices at best. */
function sendingMs(world: World, chunks: readonly ChunkFacts[]): number {
  const total = world.hosts.reduce((sum, { slots, speed }) => sum + slots * speed, 0);
  const leader = world.hosts.find(({ id }) => id === world.jobs[0]?.leader);
  if (leader === undefined) return 0;
  const remoteShare = Math.max(0, 1 - (2 * leader.slots * leader.speed) / total);
  const bytes = chunks.map(({ sliceBytes }) => sliceBytes).sort((a, b) => a - b);
  const remote = bytes.slice(0, Math.floor(remoteShare * bytes.length));
  return remote.reduce((sum, size) => sum + size, 0) / leader.uplinkBytesPerMs;
}

function faultsOf(
  scenario: Scenario,
  hosts: readonly HostFacts[],
  healthyMs: number,
  random: Random,
): Fault[] {
  const bySize = [...hosts].sort((a, b) => b.slots * b.speed - a.slots * a.speed);
  const [biggest, middle = biggest] = bySize;
  if (biggest === undefined || middle === undefined) return [];
  switch (scenario) {
    case 'healthy':
      return [];
    case 'slowed':
      return [{ kind: 'slow', atMs: 0.4 * healthyMs, host: middle.id, factor: SLOWED_TO }];
    case 'killed':
      return [{ kind: 'crash', atMs: 0.5 * healthyMs, host: biggest.id, backAfterMs: null }];
    case 'churning':
      return churn(hosts.slice(0, -1), healthyMs, random);
  }
}

/** Each peer is one that comes and goes with the probability; at least one is. */
function churn(peers: readonly HostFacts[], healthyMs: number, random: Random): Fault[] {
  const chosen = peers.filter(() => random.chance(CHURNING_PEERS));
  if (chosen.length === 0 && peers.length > 0) chosen.push(random.pick(peers));
  const lasting = (meanMs: number) => -meanMs * Math.log(1 - random.next());
  const faults: Fault[] = [];
  for (const { id } of chosen) {
    let atMs = lasting(STAY_SHARE * healthyMs);
    while (atMs < 3 * healthyMs) {
      const backAfterMs = lasting(AWAY_SHARE * healthyMs);
      faults.push({ kind: 'crash', atMs, host: id, backAfterMs });
      atMs += backAfterMs + lasting(STAY_SHARE * healthyMs);
    }
  }
  return faults;
}

function chunksOf(costs: readonly ChunkCost[]): ChunkFacts[] {
  const chunks: ChunkFacts[] = [];
  costs.forEach(({ frameCount, complexity, work }, number) => {
    const startFrame = chunks.at(-1)?.endFrame ?? 0;
    chunks.push({
      number,
      startFrame,
      endFrame: startFrame + frameCount,
      complexity,
      variant: null,
      work,
      neededLeadIn: 0,
      isPoison: false,
      isDeadly: false,
      probes: 0,
      spoiled: 0,
      isMovedOn: false,
      sliceBytes: frameCount * 30_000,
      resultBytes: frameCount * 10_000,
    });
  });
  return chunks;
}

function farmHost(id: string, speed: number, slots: number): HostFacts {
  return {
    id,
    slots,
    memoryBudgetBytes: 1e12,
    speed,
    uplinkBytesPerMs: UPLINK_BYTES_PER_MS,
    build: 'common',
    failing: 0,
    lying: 0,
    hanging: 0,
  };
}
