import { HIGHEST_PRIORITY, LOWEST_PRIORITY } from '../../src/schedule/priority.ts';
import type { CodingVariant } from '../../src/zones/coding-variants.ts';
import { createRandom, type Random } from './random.ts';
import type { Fault, HostFacts, JobFacts, World } from './world.ts';

/** A film's zones: one chunk in so many lies in the first of them. */
const ZONE_EVERY = 3;
const VARIANTS: readonly CodingVariant[] = [
  { preset: 2, grain: 8, params: {} },
  { preset: 10, grain: 0, params: { tune: '0' } },
];

/** A message takes so long that answers come late, as on a link that something else fills. */
const FILLED_LINK_MS = 1_500;

/** Shorter than a heartbeat needs to give a machine up. */
const LONGEST_SLEEP_MS = 14_000;

/**
 * What people do besides, while their machines work: they pause them, put them to sleep, fill their disks and memories,
 * and change their minds about jobs. By dice of its own, so that all else in a world stays what it was. `spanMs`: about
 * how long the work takes.
 */
export function withEverydayLife(world: World, spanMs: number): World {
  const random = createRandom(world.seed ^ 0xda11);
  const sometimes = () => random.chance(0.2);
  const jobs = world.jobs.map((job) => withWishes(random, job));
  const leaders = new Set(jobs.map(({ leader }) => leader));
  const followers = world.hosts.filter(({ id }) => !leaders.has(id));
  const soon = () => random.between(0, spanMs);
  const faults: Fault[] = [
    ...(sometimes() ? world.hosts.flatMap((host) => somePauses(random, host, spanMs)) : []),
    ...(sometimes() ? world.hosts.flatMap((host) => someSqueezes(random, host, spanMs)) : []),
    ...(sometimes() ? world.hosts.flatMap(({ id }) => someSleeps(random, id, soon)) : []),
    ...(sometimes() ? followers.flatMap(({ id }) => someFullDisks(random, id, spanMs)) : []),
    ...(sometimes() ? jobs.flatMap(({ id }) => somePriorities(random, id, soon)) : []),
    ...(sometimes() ? jobs.flatMap(({ id }) => someCancels(random, id, soon)) : []),
  ];
  const latencyMs = random.chance(0.1) ? FILLED_LINK_MS : world.latencyMs;
  return { ...world, jobs, faults: [...world.faults, ...faults], latencyMs };
}

function withWishes(random: Random, job: JobFacts): JobFacts {
  const isLocal = random.chance(0.05);
  if (!random.chance(0.15)) return { ...job, isLocal };
  const variants = VARIANTS.slice(0, random.whole(1, VARIANTS.length));
  const chunks = job.chunks.map((chunk) => {
    const zone = chunk.number % ZONE_EVERY;
    return { ...chunk, variant: zone < variants.length ? zone : null };
  });
  return { ...job, isLocal, variants, chunks };
}

function somePauses(random: Random, { id: host }: HostFacts, spanMs: number): Fault[] {
  return Array.from({ length: random.whole(0, 2) }, () => ({
    kind: 'pause',
    atMs: random.between(0, spanMs),
    host,
    isNow: random.chance(0.5),
    forMs: random.between(100, spanMs / 2),
  }));
}

function someSqueezes(random: Random, host: HostFacts, spanMs: number): Fault[] {
  if (!random.chance(0.5)) return [];
  return [
    {
      kind: 'squeeze',
      atMs: random.between(0, spanMs),
      host: host.id,
      slots: random.whole(1, host.slots),
      memoryBudgetBytes: host.memoryBudgetBytes * random.between(0.1, 1),
      forMs: random.between(1_000, spanMs / 2),
    },
  ];
}

function someSleeps(random: Random, host: string, soon: () => number): Fault[] {
  return Array.from({ length: random.whole(0, 2) }, () => ({
    kind: 'sleep',
    atMs: soon(),
    host,
    forMs: random.between(500, LONGEST_SLEEP_MS),
  }));
}

function someFullDisks(random: Random, host: string, spanMs: number): Fault[] {
  if (!random.chance(0.3)) return [];
  const atMs = random.between(0, spanMs);
  return [{ kind: 'full-disk', atMs, host, forMs: random.between(1_000, spanMs / 2) }];
}

function somePriorities(random: Random, job: string, soon: () => number): Fault[] {
  return Array.from({ length: random.whole(0, 2) }, () => ({
    kind: 'prioritise',
    atMs: soon(),
    job,
    priority: random.whole(LOWEST_PRIORITY, HIGHEST_PRIORITY),
  }));
}

function someCancels(random: Random, job: string, soon: () => number): Fault[] {
  return random.chance(0.3) ? [{ kind: 'cancel', atMs: soon(), job }] : [];
}
