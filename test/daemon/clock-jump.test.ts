import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobReport } from '../../src/report/job/job-report.ts';
import { makeSource } from '../sources/make-source.ts';
import { lastJob, startCli } from './cli-process.ts';
import { areAtWork, DaemonProcess } from './daemon-process.ts';
import { HOLDABLE, holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { makeFolder } from './one-machine.ts';

type Run = ReturnType<typeof startCli>;

/** A dozen chunks. */
const FLAGS = ['--preset', '8', '--min-scene-length', '0.25', '--max-scene-length', '0.5'];

const CLOCK = new URL('../fixtures/jumping-clock.ts', import.meta.url).href;
const DAY_MS = 24 * 60 * 60_000;

/** More than a peer may be silent before it is suspect, and than leases and heartbeats are looked at. */
const LOOKED_AT_MS = 4000;

/** Two daemons that know each other, both at work on a job of the desk's, their encoders held. */
interface Pair {
  readonly desk: DaemonProcess;
  readonly shelf: DaemonProcess;
  readonly deskRun: Run;
  /** Lets the encoders go on, and gives what was handed in and came out. */
  finish(): Promise<{
    readonly job: ReturnType<typeof lastJob>;
    readonly film: string;
    readonly output: string;
  }>;
}

async function withPair(run: (pair: Pair) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  const film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  const output = join(folder.path, 'out.mkv');
  const desk = new DaemonProcess('desk', join(folder.path, 'desk'));
  const shelf = new DaemonProcess('shelf', join(folder.path, 'shelf'));
  const directories = [desk, shelf].map(({ stateDirectory }) => stateDirectory);
  const runs: Run[] = [];
  try {
    await start(runs, desk);
    await start(runs, shelf, '--peer', (await desk.status()).addresses[0] ?? '');
    await desk.untilPeer('shelf', (peer) => peer?.state === 'alive');
    for (const directory of directories) await holdEncoders(directory);
    const submit = startCli(['submit', film, '-o', output, '--json', ...FLAGS], desk.stateDirectory);
    await desk.untilJob(output, (job) => areAtWork(job, ['desk', 'shelf']));
    const finish = async () => {
      for (const directory of directories) await releaseEncoders(directory);
      return { job: lastJob(String((await submit).stdout)), film, output };
    };
    const [deskRun] = runs as [Run];
    await run({ desk, shelf, deskRun, finish });
  } finally {
    for (const run of runs) run.kill('SIGCONT');
    for (const run of runs) run.kill('SIGTERM');
    await Promise.all(runs);
    await folder.remove();
  }
}

test('wall clocks that jump by days, each way, cost no lease, no peer and no job', () =>
  withPair(async ({ desk, shelf, deskRun, finish }) => {
    for (const days of [1, -1]) {
      await setClock(desk, days);
      await setClock(shelf, -days);
      await sleep(LOOKED_AT_MS);
      expect(await desk.peer('shelf')).toMatchObject({ state: 'alive' });
      expect(await shelf.peer('desk')).toMatchObject({ state: 'alive' });
    }
    const { job, film, output } = await finish();
    expect([job.phase, job.error, job.summary?.retries]).toEqual(['done', null, []]);
    expect(job.summary?.wallSeconds).toBeLessThan(DAY_MS / 2000);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    const report = await startCli(['job', job.id, '--report', '--json'], desk.stateDirectory);
    const { makespanSeconds } = JSON.parse(String(report.stdout)) as JobReport;
    expect(makespanSeconds).toBeGreaterThan((2 * LOOKED_AT_MS) / 1000);
    expect(makespanSeconds).toBeLessThan(DAY_MS / 2000);
    deskRun.kill('SIGTERM');
    const words = String((await deskRun).stderr).split('Ending;')[0];
    expect(words).toContain('shelf joined');
    expect(words).not.toMatch(/shelf (left|is gone|is back)/);
  }));

test('a leader that is stopped in the middle of a job, until others miss it, goes on and nothing is tried twice', () =>
  withPair(async ({ desk, shelf, deskRun, finish }) => {
    deskRun.kill('SIGSTOP');
    await shelf.untilPeer('desk', (peer) => peer?.state === 'suspect');
    deskRun.kill('SIGCONT');
    await shelf.untilPeer('desk', (peer) => peer?.state === 'alive');
    expect(await desk.peer('shelf')).toMatchObject({ state: 'alive' });
    const { job, film, output } = await finish();
    expect([job.phase, job.error, job.summary?.retries]).toEqual(['done', null, []]);
    expect(job.summary?.peers.map(({ chunksDone }) => chunksDone > 0)).toEqual([true, true]);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  }));

async function start(runs: Run[], daemon: DaemonProcess, ...flags: string[]): Promise<void> {
  const run = startCli(['up', '--name', daemon.name, '--slots', '1', ...flags], daemon.stateDirectory, {
    NODE_OPTIONS: `${HOLDABLE.NODE_OPTIONS} --import=${CLOCK}`,
    CLOCK_OFFSET_FILE: offsetFileOf(daemon),
  });
  runs.push(run);
  await daemon.untilAnswering(run);
}

/** Whole at once: an empty file, read at that moment, would be a clock that is right. */
async function setClock(daemon: DaemonProcess, days: number): Promise<void> {
  const path = offsetFileOf(daemon);
  await writeFile(`${path}.new`, String(days * DAY_MS));
  await rename(`${path}.new`, path);
}

function offsetFileOf({ stateDirectory }: DaemonProcess): string {
  return `${stateDirectory}.clock`;
}
