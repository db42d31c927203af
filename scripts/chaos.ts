/**
 * Real daemons on a LAN of network namespaces, and faults from a seed; after each run the output must be frame-exact,
 * and nothing left behind. Needs root on Linux.
 *
 *     scripts/chaos                        one seed
 *     scripts/chaos --seed 100 --runs 50   fifty of them, one after another
 *     scripts/chaos --seed 42 --plan       what would happen
 *
 * The same seed gives the same plan; what comes of it depends on the machine. Ends with 1 when a seed failed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describePlan, planFaults } from '../test/lab/chaos/plan-faults.ts';
import { runFaults } from '../test/lab/chaos/run-faults.ts';
import { labUnavailable } from '../test/lab/hosts.ts';
import { type MadeSource, makeSource } from '../test/sources/make-source.ts';

/** 720 numbered frames in shots of 8 to 16. */
const SHOTS = Array.from({ length: 60 }, (_, shot) => 8 + ((shot * 5) % 9));

/** The last words of the daemons that are shown of a failed run. */
const WORDS_SHOWN = 40;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    plan: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.seed);
const seeds = Array.from({ length: Number(values.runs) }, (_, run) => firstSeed + run);
const reason = values.plan ? null : labUnavailable();

if (values.plan) for (const seed of seeds) console.log(`${seed}: ${describePlan(planFaults(seed))}`);
else if (reason !== null) console.log(`No chaos here: ${reason}.`);
else await sweep();

async function sweep(): Promise<void> {
  const interrupted = new AbortController();
  // Once: what is made is taken down in order. Twice: the next run of a lab takes it down.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-chaos-'));
  const failed: number[] = [];
  try {
    const film = await makeSource('h264-open-mkv', folder, SHOTS);
    for (const seed of seeds) {
      if (interrupted.signal.aborted) break;
      if (!(await holds(seed, film, interrupted.signal))) failed.push(seed);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (interrupted.signal.aborted) process.exitCode = 130;
  else if (failed.length > 0) process.exitCode = 1;
  console.log(failed.length === 0 ? 'No seed failed.' : `Failed: --seed ${failed.join(', --seed ')}`);
}

async function holds(seed: number, film: MadeSource, signal: AbortSignal): Promise<boolean> {
  const plan = planFaults(seed);
  const { problems, seconds, faultsInTime, submits, words } = await runFaults(plan, film, signal);
  if (signal.aborted) return true;
  const inTime = `${faultsInTime} of ${plan.faults.length} faults in time`;
  const times = submits === 1 ? '' : `, submitted ${submits} times`;
  const verdict = problems.length === 0 ? 'held' : 'FAILED';
  console.log(`${seed}: ${verdict}, ${seconds.toFixed(1)} s, ${inTime}${times}: ${describePlan(plan)}`);
  if (problems.length === 0) return true;
  for (const problem of problems) console.log(`    ${problem}`);
  for (const line of words.slice(-WORDS_SHOWN)) console.log(`    | ${line}`);
  return false;
}
