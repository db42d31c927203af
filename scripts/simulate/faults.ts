import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { runCluster } from '../../test/simulation/cluster.ts';
import { faultyWorld } from '../../test/simulation/faulty-world.ts';

/** What is kept between two runs of one sweep. */
interface Sweep {
  nextSeed: number;
  jobCount: number;
  failedCount: number;
  virtualMs: number;
  readonly brokenSeeds: number[];
}

const SAVE_EVERY = 500;

/** Every invariant after every event, on one small faulty swarm a seed. False when any was broken. */
export function sweepFaults(options: {
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly most: { readonly hosts: number; readonly chunks: number };
  readonly resume: string | undefined;
  readonly isTraced: boolean;
}): boolean {
  const { firstSeed, seedCount, resume } = options;
  const sweep = readSweep(resume, firstSeed);
  const startSeed = sweep.nextSeed;
  const startedMs = performance.now();
  const say = () => {
    const perHour = ((sweep.nextSeed - startSeed) * 3_600_000) / (performance.now() - startedMs);
    console.log(
      `${sweep.nextSeed - firstSeed} of ${seedCount} seeds, ${Math.round(perHour).toLocaleString('en')} an hour; ` +
        `${sweep.jobCount} jobs, ${sweep.failedCount} failed for cause, ` +
        `${(sweep.virtualMs / 3_600_000).toFixed(1)} virtual hours; ${sweep.brokenSeeds.length} broke an invariant`,
    );
  };
  while (sweep.nextSeed < firstSeed + seedCount) {
    runSeed(sweep, options);
    sweep.nextSeed += 1;
    if ((sweep.nextSeed - firstSeed) % SAVE_EVERY !== 0) continue;
    if (resume !== undefined) saveSweep(resume, sweep);
    if ((sweep.nextSeed - firstSeed) % (10 * SAVE_EVERY) === 0) say();
  }
  if (resume !== undefined) saveSweep(resume, sweep);
  say();
  return sweep.brokenSeeds.length === 0;
}

function runSeed(
  sweep: Sweep,
  options: {
    readonly seedCount: number;
    readonly most: { hosts: number; chunks: number };
    isTraced: boolean;
  },
): void {
  const seed = sweep.nextSeed;
  try {
    const trace = options.isTraced ? 'lines' : 'none';
    const outcome = runCluster(faultyWorld(seed, options.most), { isChecked: true, trace });
    for (const line of outcome.traceLines) console.log(line);
    sweep.virtualMs += outcome.virtualMs;
    for (const reason of outcome.endings.values()) {
      sweep.jobCount += 1;
      sweep.failedCount += reason === null ? 0 : 1;
      if (reason !== null && options.seedCount === 1) console.log(reason);
    }
  } catch (error) {
    sweep.brokenSeeds.push(seed);
    console.log(error instanceof Error ? error.message : String(error));
  }
}

function readSweep(path: string | undefined, firstSeed: number): Sweep {
  if (path !== undefined && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Sweep;
  return { nextSeed: firstSeed, jobCount: 0, failedCount: 0, virtualMs: 0, brokenSeeds: [] };
}

/** Written whole, then renamed: a sweep is stopped at any moment. */
function saveSweep(path: string, sweep: Sweep): void {
  writeFileSync(`${path}.new`, JSON.stringify(sweep));
  renameSync(`${path}.new`, path);
}
