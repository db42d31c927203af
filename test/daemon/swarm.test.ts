import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobSummary } from '../../src/protocol/control-api.ts';
import { startRelay } from '../mesh/relay.ts';
import { makeSource } from '../sources/make-source.ts';
import { childrenOf, descendantsOf, lastJob, startCli, untilGone, untilSaid } from './cli-process.ts';
import { areAtWork, DaemonProcess } from './daemon-process.ts';
import { holdEncoders, releaseEncoders, retriesBesideHeld } from './hold-encoders.ts';
import { makeFolder } from './one-machine.ts';

/** A dozen chunks. */
const FLAGS = ['--preset', '8', '--min-scene-length', '0.25', '--max-scene-length', '0.5'];
const NAMES = ['desk', 'shelf', 'couch'] as const;
type Name = (typeof NAMES)[number] | 'attic';

describe('a swarm of three daemons on loopback', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  const running = new Map<Name, ReturnType<typeof startCli>>();

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    const known: string[] = [];
    for (const name of NAMES) {
      await start(
        name,
        known.flatMap((address) => ['--peer', address]),
      );
      known.push((await on(name).status()).addresses[0] ?? '');
    }
    for (const name of NAMES) {
      for (const other of NAMES) {
        if (other !== name) await on(name).untilPeer(other, (peer) => peer?.state === 'alive');
      }
    }
  });
  afterAll(async () => {
    for (const daemon of running.values()) daemon.kill('SIGTERM');
    await Promise.all(running.values());
    await folder.remove();
  });

  test.each(NAMES)('a job submitted at the %s is encoded by all, and verified', async (name) => {
    const output = join(folder.path, `from-${name}.mkv`);
    // Another CRF for each: what the others encoded before must not be known here, and here nothing else either.
    const { run } = await submitHeld(name, output, 30 + NAMES.indexOf(name), NAMES);
    await release();
    const summary = await summaryOf(run);
    expect(summary.peers.filter((peer) => peer.chunksDone > 0).map((peer) => peer.name)).toHaveLength(3);
    // At the tail a chunk may have had a backup; that is no retry.
    expect(retriesBesideHeld(summary)).toEqual([]);
    expect(summary.attemptCount).toBeGreaterThanOrEqual(summary.chunkCount);
    const report = await verifyFiles(film, output, () => undefined);
    expect(report).toMatchObject({ isEqual: true, outputFrameCount: 150 });
  });

  test('the same command again reuses every chunk, and attaches to a job that runs', async () => {
    const output = join(folder.path, 'again.mkv');
    const { run: first } = await submitHeld('desk', output, 44, ['desk']);
    const second = submit('desk', output, 44);
    await untilSaid(second, ({ phase }) => phase === 'encoding');
    await release();
    const ids = (await Promise.all([first, second])).map(({ stdout }) => lastJob(String(stdout)).id);
    expect(new Set(ids).size).toBe(1);
    const summary = await summaryOf(submit('desk', output, 44, '--overwrite'));
    expect(summary).toMatchObject({ attemptCount: 0, chunksReused: summary.chunkCount });
  });

  test('a local job stays on the machine it was handed to', async () => {
    const output = join(folder.path, 'local.mkv');
    const summary = await summaryOf(submit('desk', output, 48, '--celeryless'));
    expect(summary.peers.map(({ name }) => name)).toEqual(['desk']);
    expect(summary.frameCount).toBe(150);
  });

  test('a detached job goes on by itself', async () => {
    const output = join(folder.path, 'detached.mkv');
    const command = ['submit', film, '-o', output, '--crf', '45', '--detach', ...FLAGS];
    const run = await startCli(command, on('desk').stateDirectory);
    expect(run.exitCode, String(run.stderr)).toBe(0);
    const id = String(run.stdout).trim();
    const job = await on('desk').untilJob(output, ({ phase }) => phase === 'done');
    expect(job.id).toBe(id);
  });

  test('a peer that is killed in the middle of a job costs nothing but its own chunks', async () => {
    const output = join(folder.path, 'killed.mkv');
    const { run } = await submitHeld('desk', output, 46, NAMES);
    const couch = running.get('couch');
    const children = await descendantsOf(couch?.pid ?? 0);
    couch?.kill('SIGKILL');
    await release();
    const summary = await summaryOf(run);
    expect(summary.frameCount).toBe(150);
    expect(summary.retries).not.toEqual([]);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    await untilGone(children);
  });

  test('a connection that breaks in the middle of a job stops no encode', async () => {
    const { addresses } = await on('desk').status();
    const cable = await startRelay(addresses[0] ?? '');
    await start('attic', ['--peer', cable.address]);
    await on('desk').untilPeer('attic', (peer) => peer?.state === 'alive');
    const output = join(folder.path, 'broken.mkv');
    const { run } = await submitHeld('desk', output, 47, ['desk', 'shelf', 'attic']);
    const pid = running.get('attic')?.pid ?? 0;
    const encoders = await childrenOf(pid, 'encode');
    await cable.stop();
    await on('desk').untilJob(output, (job) => !areAtWork(job, ['attic']));
    // It is found again by the address it told.
    await on('desk').untilPeer('attic', (peer) => peer?.state === 'alive');
    expect(await childrenOf(pid, 'encode')).toEqual(expect.arrayContaining(encoders));
    await releaseEncoders(on('attic').stateDirectory);
    await on('desk').untilJob(output, ({ progress }) =>
      progress.peers.some(({ name, chunksDone }) => name === 'attic' && chunksDone > 0),
    );
    await release();
    await summaryOf(run);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    running.get('attic')?.kill('SIGTERM');
    await running.get('attic');
  });

  test('a machine that joins in the middle of a job works on it', async () => {
    const output = join(folder.path, 'joined.mkv');
    await holdEncoders(on('couch').stateDirectory);
    const { addresses } = await on('desk').status();
    const { run } = await submitHeld('desk', output, 20, ['desk', 'shelf']);
    await start('couch', ['--peer', addresses[0] ?? '']);
    await on('desk').untilJob(output, (job) => areAtWork(job, ['couch']));
    await release();
    const couch = (await summaryOf(run)).peers.find((peer) => peer.name === 'couch');
    expect(couch?.chunksDone).toBeGreaterThan(0);
  });

  function on(name: Name): DaemonProcess {
    return new DaemonProcess(name, join(folder.path, name));
  }

  async function start(name: Name, args: string[]): Promise<void> {
    const { stateDirectory } = on(name);
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    const daemon = startCli(['up', '--name', name, '--slots', '1', ...args], stateDirectory);
    running.set(name, daemon);
    await on(name).untilAnswering(daemon);
  }

  /** Submits the film, and holds these daemons when each of them has begun a chunk. */
  async function submitHeld(name: Name, output: string, crf: number, workers: readonly Name[]) {
    for (const worker of workers) await holdEncoders(on(worker).stateDirectory);
    const run = submit(name, output, crf);
    await on(name).untilJob(output, (job) => areAtWork(job, workers));
    // A run can be awaited itself, so it is not given bare.
    return { run };
  }

  async function release(): Promise<void> {
    for (const name of NAMES) await releaseEncoders(on(name).stateDirectory);
  }

  function submit(name: Name, output: string, crf: number, ...flags: string[]) {
    const command = ['submit', film, '-o', output, '--json', '--crf', String(crf), ...FLAGS, ...flags];
    return startCli(command, on(name).stateDirectory);
  }

  async function summaryOf(submitted: ReturnType<typeof startCli>): Promise<JobSummary> {
    const run = await submitted;
    expect(run.exitCode, String(run.stderr)).toBe(0);
    const { summary } = lastJob(String(run.stdout));
    if (summary === null) throw new Error('the job ended without a summary');
    return summary;
  }
});
