import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobSummary, JobView, PeerProgress, StatusView } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import {
  descendantsOf,
  holdEncoders,
  lastJob,
  startCli,
  until,
  untilGone,
  untilSaid,
} from './cli-process.ts';
import { makeFolder } from './one-machine.ts';

/** A dozen chunks that take long enough for every machine to get some. */
const FLAGS = ['--preset', '5', '--min-scene-length', '0.25', '--max-scene-length', '0.5'];
const NAMES = ['desk', 'shelf', 'couch'];

describe('a swarm of three daemons on loopback', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  const daemons = new Map<string, ReturnType<typeof startCli>>();

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    const known: string[] = [];
    for (const name of NAMES) {
      await start(
        name,
        known.flatMap((address) => ['--peer', address]),
      );
      known.push((await status(name)).addresses[0] ?? '');
    }
    for (const name of NAMES) await untilMet(name, 2);
  });
  afterAll(async () => {
    for (const daemon of daemons.values()) daemon.kill('SIGTERM');
    await Promise.all(daemons.values());
    await folder.remove();
  });

  test.each(NAMES)('a job submitted at the %s is encoded by all, and verified', async (name) => {
    const output = join(folder.path, `from-${name}.mkv`);
    // Another CRF for each: what the others encoded before must not be known here, and here nothing else either.
    const crf = String(30 + NAMES.indexOf(name));
    const summary = await submit(name, output, ['--crf', crf]);
    expect(summary.peers.filter((peer) => peer.chunksDone > 0).map((peer) => peer.name)).toHaveLength(3);
    expect(summary.attemptCount).toBe(summary.chunkCount);
    const report = await verifyFiles(film, output, () => undefined);
    expect(report).toMatchObject({ isEqual: true, outputFrameCount: 150 });
  });

  test('the same command again reuses every chunk, and attaches to a job that runs', async () => {
    const output = join(folder.path, 'again.mkv');
    const command = ['submit', film, '-o', output, '--crf', '44', ...FLAGS];
    const first = startCli([...command, '--json'], stateOf('desk'));
    await untilJob('desk', output, (job) => job.progress.framesEncoded > 0);
    const second = startCli([...command, '--json'], stateOf('desk'));
    const ids = (await Promise.all([first, second])).map(({ stdout }) => lastJob(String(stdout)).id);
    expect(new Set(ids).size).toBe(1);
    const summary = await submit('desk', output, ['--crf', '44', '--overwrite']);
    expect(summary).toMatchObject({ attemptCount: 0, chunksReused: summary.chunkCount });
  });

  test('a detached job goes on by itself', async () => {
    const output = join(folder.path, 'detached.mkv');
    const run = await startCli(
      ['submit', film, '-o', output, '--crf', '45', '--detach', ...FLAGS],
      stateOf('desk'),
    );
    expect(run.exitCode, String(run.stderr)).toBe(0);
    const id = String(run.stdout).trim();
    const job = await untilJob('desk', output, ({ phase }) => phase === 'done');
    expect(job.id).toBe(id);
  });

  test('a peer that is killed in the middle of a job costs nothing but its own chunks', async () => {
    const output = join(folder.path, 'killed.mkv');
    const command = ['submit', film, '-o', output, '--crf', '46', '--json', ...FLAGS.with(1, '2')];
    const run = startCli(command, stateOf('desk'));
    const isAtWork = ({ name, running }: PeerProgress): boolean => name === 'couch' && running > 0;
    await untilSaid(run, (job) => job.progress.peers.some(isAtWork));
    const couch = daemons.get('couch');
    const children = await descendantsOf(couch?.pid ?? 0);
    couch?.kill('SIGKILL');
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(0);
    expect(lastJob(String(stdout)).summary?.frameCount).toBe(150);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    await untilGone(children);
  });

  test('a machine that joins in the middle of a job works on it', async () => {
    const output = join(folder.path, 'joined.mkv');
    const { addresses } = await status('desk');
    const run = startCli(
      ['submit', film, '-o', output, '--crf', '20', '--json', ...FLAGS.with(1, '2')],
      stateOf('desk'),
    );
    await untilJob('desk', output, (job) => job.progress.framesEncoded > 0);
    const release = await holdEncoders([stateOf('desk'), stateOf('shelf')]);
    await start('couch', ['--peer', addresses[0] ?? '']);
    await untilJob('desk', output, ({ progress }) =>
      progress.peers.some(({ name, running }) => name === 'couch' && running > 0),
    );
    release();
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(0);
    const couch = lastJob(String(stdout)).summary?.peers.find((peer) => peer.name === 'couch');
    expect(couch?.chunksDone).toBeGreaterThan(0);
  });

  function stateOf(name: string): string {
    return join(folder.path, name);
  }

  async function start(name: string, args: string[]): Promise<void> {
    await mkdir(stateOf(name), { recursive: true, mode: 0o700 });
    daemons.set(name, startCli(['up', '--name', name, '--slots', '1', ...args], stateOf(name)));
    await until(async () => (await startCli(['status', '--json'], stateOf(name))).exitCode === 0);
  }

  async function status(name: string): Promise<StatusView> {
    return JSON.parse(String((await startCli(['status', '--json'], stateOf(name))).stdout)) as StatusView;
  }

  async function untilMet(name: string, count: number): Promise<void> {
    await until(
      async () => (await status(name)).peers.filter(({ state }) => state === 'alive').length === count,
    );
  }

  async function untilJob(
    name: string,
    output: string,
    isThere: (job: JobView) => boolean,
  ): Promise<JobView> {
    let found: JobView | undefined;
    await until(async () => {
      found = (await status(name)).jobs.find((job) => job.output === output && isThere(job));
      return found !== undefined;
    });
    return found as JobView;
  }

  async function submit(name: string, output: string, args: string[]): Promise<JobSummary> {
    const command = ['submit', film, '-o', output, '--json', ...FLAGS, ...args];
    const run = await startCli(command, stateOf(name));
    expect(run.exitCode, String(run.stderr)).toBe(0);
    const { summary } = lastJob(String(run.stdout));
    if (summary === null) throw new Error('the job ended without a summary');
    return summary;
  }
});
