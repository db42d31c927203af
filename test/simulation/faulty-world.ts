import { MAX_ANNOUNCED_JOBS } from '../../src/protocol/limits.ts';
import { MAX_LEAD_IN } from '../../src/schedule/limits.ts';
import { withEverydayLife } from './everyday.ts';
import { createRandom, type Random } from './random.ts';
import {
  type ChunkFacts,
  type Fault,
  type HostFacts,
  type JobFacts,
  settingsOf,
  type World,
} from './world.ts';

/** Which sorts of trouble a world has; each is off in most worlds, so that every mixture is met. */
interface Troubles {
  readonly failing: boolean;
  readonly lying: boolean;
  readonly hanging: boolean;
  readonly transfers: boolean;
  readonly hardChunks: boolean;
  readonly builds: boolean;
  readonly churn: boolean;
  readonly cuts: boolean;
  readonly slowing: boolean;
  readonly leaderCrashes: boolean;
  /** Chunks are encoded up to three times, at qualities that their leader chooses. */
  readonly isSearched: boolean;
}

/** Where there are hard chunks, one in so many is spoiled by the encoder at the quality that is asked for. */
const SPOILED_EVERY = 9;
const SPOILED_IN_A_ROW = 4;

/** A small swarm with unequal hosts, one to three jobs, and trouble, all from a seed. */
export function faultyWorld(seed: number, most = { hosts: 8, chunks: 40 }): World {
  const random = createRandom(seed ^ 0x5eed);
  const troubles = someTroubles(random, seed);
  const hosts = Array.from({ length: random.whole(1, most.hosts) }, (_, index) =>
    someHost(random, index, troubles),
  );
  const jobs = Array.from({ length: random.whole(1, 3) }, (_, index) =>
    someJob(random, index, hosts, troubles, most.chunks),
  );
  const work = jobs.reduce((sum, job) => sum + job.chunks.reduce((all, chunk) => all + chunk.work, 0), 0);
  const speed = hosts.reduce((sum, host) => sum + host.slots * host.speed, 0);
  const spanMs = (1.5 * work) / speed + 5_000;
  const faults = someFaults(random, hosts, jobs, troubles, spanMs);
  const world: World = {
    seed,
    hosts,
    jobs,
    faults: [...faults, ...someMutes(seed, hosts, jobs, spanMs), ...someFloods(seed, hosts, jobs, spanMs)],
    latencyMs: random.pick([0.3, 2, 30]),
    transferLoss: troubles.transfers ? 0.1 : 0,
    duplication: random.chance(0.2) ? 0.05 : 0,
    // Seldom, so that a thousand worlds can be seen; what counts here is the order of things.
    progressMs: 4_000,
  };
  return withEverydayLife(world, spanMs);
}

function someTroubles(random: Random, seed: number): Troubles {
  const sometimes = () => random.chance(0.3);
  return {
    failing: sometimes(),
    lying: sometimes(),
    hanging: random.chance(0.15),
    transfers: sometimes(),
    hardChunks: sometimes(),
    builds: sometimes(),
    churn: random.chance(0.5),
    cuts: sometimes(),
    slowing: sometimes(),
    leaderCrashes: sometimes(),
    isSearched: seed % 3 === 0,
  };
}

function someHost(random: Random, index: number, troubles: Troubles): HostFacts {
  const isBad = index > 0 && random.chance(0.3);
  return {
    id: `h${index}`,
    slots: random.whole(1, 4),
    memoryBudgetBytes: random.pick([2e8, 2e9, 8e9]),
    speed: random.between(0.004, 0.04),
    uplinkBytesPerMs: random.pick([1_000, 12_500, 125_000]),
    build: index > 0 && troubles.builds && random.chance(0.2) ? random.pick(['other', null]) : 'common',
    failing: troubles.failing && isBad ? random.pick([0.1, 0.5, 1]) : 0,
    lying: troubles.lying && isBad ? random.pick([0.1, 0.5, 1]) : 0,
    hanging: troubles.hanging && isBad ? 0.2 : 0,
  };
}

function someJob(
  random: Random,
  index: number,
  hosts: readonly HostFacts[],
  troubles: Troubles,
  mostChunks: number,
): JobFacts {
  const leaders = hosts.filter((host) => host.build !== null).slice(0, 2);
  const leader = random.pick(leaders.length > 0 ? leaders : hosts.slice(0, 1)).id;
  const isLarge = random.chance(0.3);
  const chunks: ChunkFacts[] = [];
  const count = random.whole(random.chance(0.05) ? 0 : 1, mostChunks);
  for (let number = 0; number < count; number += 1) {
    chunks.push(someChunk(random, number, chunks.at(-1)?.endFrame ?? 0, troubles));
  }
  return {
    id: `j${index}`,
    leader,
    submittedMs: index === 0 ? 0 : random.between(0, 60_000),
    scanFramesPerMs: random.pick([0.1, 1, 10]),
    settings: isLarge ? settingsOf(3840, 2160) : settingsOf(1280, 720),
    variants: [],
    isLocal: false,
    chunks,
  };
}

function someChunk(random: Random, number: number, startFrame: number, troubles: Troubles): ChunkFacts {
  const frames = Math.round(24 * Math.min(20, Math.max(1, random.logNormal(1.4, 0.6))));
  const isHard = troubles.hardChunks && random.chance(0.05);
  const kind = isHard ? random.pick(['poison', 'deadly', 'lead-in', 'hopeless']) : 'plain';
  const complexity = frames * random.between(0, 16);
  return {
    number,
    startFrame,
    endFrame: startFrame + frames,
    complexity,
    variant: null,
    work: (frames + complexity / 8) * random.logNormal(0, 0.2),
    neededLeadIn: kind === 'hopeless' ? MAX_LEAD_IN + 1 : kind === 'lead-in' ? random.whole(1, 2) : 0,
    isPoison: kind === 'poison',
    isDeadly: kind === 'deadly',
    probes: troubles.isSearched ? number % 3 : 0,
    ...spoilsOf(number, troubles),
    sliceBytes: frames * 30_000,
    resultBytes: frames * 10_000,
  };
}

/** Of those of which a score is aimed at, another one in SPOILED_EVERY is spoiled wherever its search turns for a while. */
function spoilsOf(number: number, { hardChunks, isSearched }: Troubles) {
  const place = number % SPOILED_EVERY;
  const isMovedOn = hardChunks && isSearched && place === 4;
  const spoiled = hardChunks && place === 1 ? 1 + (number % 2) : 0;
  return { spoiled: isMovedOn ? SPOILED_IN_A_ROW : spoiled, isMovedOn };
}

/** By dice of its own, so that all else in a world stays what it was. */
function someMutes(
  seed: number,
  hosts: readonly HostFacts[],
  jobs: readonly JobFacts[],
  spanMs: number,
): Fault[] {
  const random = createRandom(seed ^ 0x307e);
  if (!random.chance(0.2)) return [];
  const leaders = new Set(jobs.map((job) => job.leader));
  return hosts.flatMap(({ id }): Fault[] => {
    if (leaders.has(id) || !random.chance(0.5)) return [];
    const atMs = random.chance(0.5) ? 0 : random.between(0, spanMs);
    return [
      { kind: 'mute', atMs, host: id, forMs: random.chance(0.5) ? random.between(1_000, spanMs) : null },
    ];
  });
}

/** By dice of its own, too. */
function someFloods(
  seed: number,
  hosts: readonly HostFacts[],
  jobs: readonly JobFacts[],
  spanMs: number,
): Fault[] {
  const random = createRandom(seed ^ 0xf100d);
  const host = hosts.find(({ id }) => jobs.every(({ leader }) => leader !== id))?.id;
  if (host === undefined || !random.chance(0.05)) return [];
  return hosts
    .filter(({ id }) => id !== host)
    .map((other) => ({
      kind: 'flood',
      atMs: random.between(0, spanMs),
      host,
      other: other.id,
      times: random.pick([20, MAX_ANNOUNCED_JOBS + 50]),
    }));
}

function someFaults(
  random: Random,
  hosts: readonly HostFacts[],
  jobs: readonly JobFacts[],
  troubles: Troubles,
  spanMs: number,
): Fault[] {
  const leaders = new Set(jobs.map((job) => job.leader));
  const followers = hosts.filter((host) => !leaders.has(host.id));
  const faults: Fault[] = [];
  const soon = () => random.between(0, spanMs);
  for (const { id } of troubles.churn ? followers : []) {
    if (random.chance(0.3)) faults.push({ kind: 'join', atMs: soon(), host: id });
    const backAfterMs = random.chance(0.6) ? random.between(100, spanMs / 2) : null;
    const kind = random.pick(['crash', 'leave'] as const);
    if (random.chance(0.5)) faults.push({ kind, atMs: soon(), host: id, backAfterMs });
  }
  for (const { id } of troubles.cuts ? followers : []) {
    const other = random.pick([...leaders]);
    if (random.chance(0.5)) {
      faults.push({ kind: 'cut', atMs: soon(), host: id, other, backAfterMs: random.between(200, 40_000) });
    }
    if (random.chance(0.5)) {
      faults.push({ kind: 'silence', atMs: soon(), host: id, other, forMs: random.between(500, 14_000) });
    }
  }
  for (const { id } of troubles.slowing ? hosts : []) {
    if (random.chance(0.3)) faults.push({ kind: 'slow', atMs: soon(), host: id, factor: 0.1 });
  }
  for (const id of troubles.leaderCrashes ? leaders : []) {
    const times = random.whole(1, 3);
    for (let time = 0; time < times; time += 1) {
      faults.push({ kind: 'crash', atMs: soon(), host: id, backAfterMs: random.between(500, 20_000) });
    }
  }
  return faults;
}
