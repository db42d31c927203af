import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobEvent, JobSummary } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { descendantsOf, FAST_FLAGS, filesUnder, isAlive, startCli, untilSaid } from './cli-process.ts';
import { makeFolder } from './one-machine.ts';
import { readVideoPackets, type VideoPacket } from './read-video.ts';

/** Slow enough that ten moments of one run differ; each encode still takes a fraction of a second. */
const FLAGS = [...FAST_FLAGS, '--slots', '1', '--json'];
const MOMENTS = 10;

describe('invariant 4: a leader killed at any moment loses nothing that was committed', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let source: string;
  let whole: VideoPacket[];
  let stages: Stage[];

  beforeAll(async () => {
    folder = await makeFolder();
    source = (await makeSource('h264-open-mkv', folder.path)).path;
    const output = join(folder.path, 'whole.mkv');
    const run = await startCli(['submit', source, '-o', output, ...FLAGS], join(folder.path, 'whole'));
    expect(run.exitCode).toBe(0);
    whole = await readVideoPackets(output);
    stages = stagesOf(String(run.stdout));
  });
  afterAll(() => folder.remove());

  test.each(Array.from({ length: MOMENTS }, (_, i) => i))('moment %i of ten', async (moment) => {
    const state = join(folder.path, `state-${moment}`);
    const outputs = join(folder.path, `out-${moment}`);
    await mkdir(outputs);
    const command = ['submit', source, '-o', join(outputs, 'film.mkv'), ...FLAGS];
    const stage = stages[Math.floor((moment * stages.length) / MOMENTS)];
    await killAtStage(command, state, stage);
    const committed = await committedChunks(state);

    // Killed between the output's rename and the journal's last word, the job is done: nothing is left to resume.
    if ((await readdir(outputs)).includes('film.mkv')) expect(committed).toBeGreaterThan(0);
    else await expectResumed(command, state, committed);
    expect(await readVideoPackets(join(outputs, 'film.mkv'))).toEqual(whole);
    expect(await readdir(outputs)).toEqual(['film.mkv']);
    expect((await filesUnder(state)).filter((path) => path.startsWith('work/'))).toEqual([]);
  });
});

/** The same command goes on, and encodes nothing again that was committed. */
async function expectResumed(command: readonly string[], state: string, committed: number): Promise<void> {
  const again = await startCli(command, state);
  expect(again.exitCode, String(again.stderr)).toBe(0);
  const summary = summaryOf(String(again.stdout));
  if (summary === null) throw new Error('the resumed job ended without a summary');
  expect(summary.chunksReused).toBeGreaterThanOrEqual(committed);
  expect(summary.attemptCount).toBe(summary.chunkCount - summary.chunksReused);
}

/** How far a job was, by its own word: what a moment to kill at is told by. */
interface Stage {
  readonly framesScanned: number;
  readonly framesEncoded: number;
  readonly framesAssembled: number;
}

function stagesOf(output: string): Stage[] {
  const stages = new Map<string, Stage>();
  for (const { framesScanned, framesEncoded, framesAssembled } of jobEvents(output).map(
    (job) => job.progress,
  )) {
    const stage = { framesScanned, framesEncoded, framesAssembled };
    stages.set(JSON.stringify(stage), stage);
  }
  return [...stages.values()];
}

/** Runs the command and kills its process, with nothing to clean up after itself, once it is as far as `stage`. */
async function killAtStage(
  command: readonly string[],
  state: string,
  stage: Stage | undefined,
): Promise<void> {
  const run = startCli(command, state);
  const pid = run.pid ?? 0;
  await untilSaid(run, ({ progress }) => stage === undefined || isAt(progress, stage));
  const children = await descendantsOf(pid);
  run.kill('SIGKILL');
  await run;
  await expectGone(children);
}

function isAt(progress: Stage, stage: Stage): boolean {
  return (
    progress.framesScanned >= stage.framesScanned &&
    progress.framesEncoded >= stage.framesEncoded &&
    progress.framesAssembled >= stage.framesAssembled
  );
}

/** Invariant 9: children of a killed daemon end by themselves. The deadline is the issue's, not a measure of speed. */
async function expectGone(pids: readonly number[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += 100) {
    const alive = await Promise.all(pids.map(isAlive));
    if (!alive.includes(true)) return;
    await sleep(100);
  }
  expect((await Promise.all(pids.map(isAlive))).includes(true), 'a child outlived its daemon').toBe(false);
}

/** Chunks that the job's journal says were committed before the kill. */
async function committedChunks(state: string): Promise<number> {
  const jobs = await readdir(join(state, 'jobs')).catch(() => []);
  let count = 0;
  for (const job of jobs) {
    const journal = await readFile(join(state, 'jobs', job, 'journal'), 'utf8').catch(() => '');
    count += new Set(journal.match(/"key":"[0-9a-f]{64}"/g)).size;
  }
  return count;
}

function jobEvents(output: string): Extract<JobEvent, { type: 'job' }>['job'][] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line) as JobEvent)
    .flatMap((event) => (event.type === 'job' ? [event.job] : []));
}

function summaryOf(output: string): JobSummary | null {
  return jobEvents(output).at(-1)?.summary ?? null;
}
