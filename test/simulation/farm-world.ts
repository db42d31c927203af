import { createRandom } from './random.ts';
import { type ChunkFacts, type HostFacts, settingsOf, type World } from './world.ts';

/** Hosts as pairs of speed and slots. */
export type Farm = readonly (readonly [speed: number, slots: number])[];

/** Ten slots on four unequal machines: the farm of the published figures. */
export const UNEQUAL_FARM: Farm = [
  [1, 4],
  [0.6, 3],
  [0.3, 2],
  [0.12, 1],
];

/** A healthy farm with one job: lengths and complexities as measured films have them, the predictor sees length only. */
export function farmWorld(seed: number, farm: Farm, chunkCount: number): World {
  const random = createRandom(seed ^ 0xfa23);
  const chunks: ChunkFacts[] = [];
  for (let number = 0; number < chunkCount; number += 1) {
    const seconds = Math.min(20, Math.max(1, random.logNormal(1.4, 0.6)));
    const frames = Math.round(24 * seconds);
    const startFrame = chunks.at(-1)?.endFrame ?? 0;
    chunks.push({
      number,
      startFrame,
      endFrame: startFrame + frames,
      complexity: 0,
      // Milliseconds of one slot of speed 1, with what starting a chunk costs.
      work: 10_000 * seconds * random.logNormal(0, 0.45) + 50,
      neededLeadIn: 0,
      isPoison: false,
      isDeadly: false,
      sliceBytes: frames * 30_000,
      resultBytes: frames * 10_000,
    });
  }
  const hosts = farm.map(([speed, slots], index) => farmHost(`h${index}`, speed, slots));
  const job = {
    id: 'j',
    leader: 'h0',
    submittedMs: 0,
    scanFramesPerMs: 1000,
    settings: settingsOf(1920, 1080),
  };
  return {
    seed,
    hosts,
    jobs: [{ ...job, chunks }],
    faults: [],
    latencyMs: 1,
    transferLoss: 0,
    duplication: 0,
  };
}

/**
 * No schedule can end before this: the optimal makespan if chunks could be stopped and moved at will (Horvath, Lam and
 * Sethi), max(P/S, max over k < m of the k largest chunks on the k fastest slots).
 */
export function lowerBoundMs(world: World): number {
  const works = world.jobs.flatMap((job) => job.chunks.map((chunk) => chunk.work)).sort((a, b) => b - a);
  const speeds = world.hosts.flatMap(({ slots, speed }) => Array.from({ length: slots }, () => speed));
  speeds.sort((a, b) => b - a);
  let bound = sum(works) / sum(speeds);
  for (let k = 1; k < Math.min(speeds.length, works.length + 1); k += 1) {
    bound = Math.max(bound, sum(works.slice(0, k)) / sum(speeds.slice(0, k)));
  }
  return bound;
}

function farmHost(id: string, speed: number, slots: number): HostFacts {
  return {
    id,
    slots,
    memoryBudgetBytes: 1e12,
    speed,
    uplinkBytesPerMs: 125_000,
    build: 'common',
    failing: 0,
    lying: 0,
    hanging: 0,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
