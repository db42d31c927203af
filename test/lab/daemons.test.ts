import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobProgress, JobSummary, StatusView } from '../../src/protocol/control-api.ts';
import { descendantsOf, untilGone } from '../daemon/cli-process.ts';
import { areAtWork } from '../daemon/daemon-process.ts';
import { holdEncoders, releaseEncoders, retriesBesideHeld } from '../daemon/hold-encoders.ts';
import { makeSource } from '../sources/make-source.ts';
import { HostDaemon, summaryOf } from './host-daemon.ts';
import { type Host, type HostProcess, type Lab, labUnavailable, makeLab } from './hosts.ts';

const NAMES = ['desk', 'shelf', 'couch', 'attic'] as const;
type Name = (typeof NAMES)[number];

/** Two dozen chunks of six frames. */
const CHUNKS = ['--min-scene-length', '0.125', '--max-scene-length', '0.25'];
const FLAGS = [...CHUNKS, '--preset', '8'];

/** A hang fails, slowness does not: whether a silent host is gone takes 15 s to know, and four encode on few cores. */
const LIMIT_MS = 300_000;

const reason = labUnavailable();
if (reason !== null) console.log(`The lab is skipped: ${reason}`);

/** One history: each test goes on with the daemons that the one before it left. */
describe.skipIf(reason !== null)('daemons on a LAN', { timeout: LIMIT_MS }, () => {
  let lab: Lab;
  let directory: string;
  let film: string;
  const daemons = new Map<Name, HostDaemon>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vadeio-lab-'));
    film = (await makeSource('h264-single-shot-mkv', directory)).path;
    lab = await makeLab(NAMES.length);
    for (const [index, name] of NAMES.entries()) {
      daemons.set(name, new HostDaemon(lab.hosts[index] as Host, name, join(directory, name)));
    }
  });
  afterAll(async () => {
    await lab.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('three that are started at once meet by multicast', async () => {
    const names = ['desk', 'shelf', 'couch'] as const;
    const startedMs = Date.now();
    const ups = await Promise.all(names.map(startTimed));
    const lastUpMs = Math.max(...ups.map(({ upMs }) => upMs));
    await untilMet(names);
    report('all met after the first was started', startedMs);
    report('all met after the last was up', lastUpMs);
    const ways = new Map<string, string[]>();
    for (const name of names) {
      const asked = on(name).command('status', '--json');
      expect(await asked.exited, asked.errors.join('\n')).toBe(0);
      const { peers } = JSON.parse(asked.lines.join('\n')) as StatusView;
      const others = names.filter((other) => other !== name);
      expect(peers.map((peer) => peer.name).sort()).toEqual([...others].sort());
      for (const peer of peers) expect(peer).toMatchObject({ state: 'alive' });
      for (const { name: other, metBy } of peers) {
        const pair = [name, other].sort().join(' and ');
        ways.set(pair, [...(ways.get(pair) ?? []), metBy]);
      }
      // Whoever is met lives in these namespaces.
      const strangers = peers.flatMap(({ addresses }) => addresses).filter((address) => !isOfLab(address));
      expect(strangers).toEqual([]);
    }
    // Of two, the one that heard of the other by multicast came to it.
    for (const [pair, both] of ways) expect(both, pair).toContain('mdns');
  });

  test.each([
    ['desk', 30],
    ['shelf', 31],
    ['couch', 32],
  ] as const)('a job submitted on the %s is encoded by all, and verified', async (name, crf) => {
    const output = join(directory, `from-${name}.mkv`);
    const run = await submitHeld(name, output, crf, ['desk', 'shelf', 'couch']);
    await release(NAMES);
    const summary = await summaryOf(run);
    expect(workersOf(summary)).toEqual(['couch', 'desk', 'shelf']);
    // Encoders that were held look like stragglers, and may get backups; nothing failed.
    expect(retriesBesideHeld(summary)).toEqual([]);
    await expectVerified(output);
  });

  test('a host that joins in the middle of a job works on it', async () => {
    const output = join(directory, 'joined.mkv');
    const run = await submitHeld('desk', output, 33, ['desk', 'shelf', 'couch']);
    const { upMs } = await startTimed('attic');
    await untilMet(NAMES);
    report('a late host met all others after it was up', upMs);
    await on('desk').untilJob(output, (job) => workersOf(job.progress).includes('attic'));
    await release(NAMES);
    const summary = await summaryOf(run);
    expect(workersOf(summary)).toContain('attic');
    await expectVerified(output);
  });

  test('two hosts leave in the middle of a job, one by SIGTERM, one by SIGKILL: it completes', async () => {
    const output = join(directory, 'left.mkv');
    const run = await submitHeld('desk', output, 34, NAMES);
    const children = [...(await descendantsOf(on('couch').pid)), ...(await descendantsOf(on('attic').pid))];
    expect(children.length).toBeGreaterThanOrEqual(2);
    const [terminated] = await Promise.all([on('couch').end('SIGTERM'), on('attic').end('SIGKILL')]);
    expect(terminated).toBe(0);
    await release(NAMES);
    await untilGone(children);
    const summary = await summaryOf(run);
    expect(workersOf(summary)).toEqual(['desk', 'shelf']);
    await expectVerified(output);
    const ups = await Promise.all((['couch', 'attic'] as const).map(startTimed));
    await untilMet(NAMES);
    report(
      'two that were ended met all others after both were up again',
      Math.max(...ups.map((u) => u.upMs)),
    );
  });

  test('a host at work whose link is cut for long is given up, and works again when the link is back', async () => {
    const output = join(directory, 'cut.mkv');
    const run = await submitHeld('desk', output, 35, NAMES);
    await on('couch').host.link('down');
    // Until then no slot is free for a backup of its chunk, which would save the work.
    await on('desk').untilPeer('couch', (peer) => peer === undefined);
    await release(NAMES);
    await on('couch').host.link('up');
    const returnedMs = Date.now();
    await untilMet(NAMES);
    report('a host met all others after its link came back', returnedMs);
    const summary = await summaryOf(run);
    expect(summary.retries.length).toBeGreaterThan(0);
    await expectVerified(output);
    const next = join(directory, 'after-cut.mkv');
    const nextRun = await submitHeld('desk', next, 36, NAMES);
    await release(NAMES);
    expect(workersOf(await summaryOf(nextRun))).toContain('couch');
    await expectVerified(next);
  });

  test('the link of the leader is cut for a moment: no work is lost, and the job completes on all hosts', async () => {
    const output = join(directory, 'leader-cut.mkv');
    const run = await submitHeld('desk', output, 37, NAMES);
    await on('desk').host.link('down');
    // The others end their chunks while they cannot tell; the leader's own stays, so that the job does.
    const others = ['shelf', 'couch', 'attic'] as const;
    await release(others);
    for (const name of others) {
      await on(name).untilPeer('desk', (peer) => {
        if (peer === undefined) throw new Error(`${name} has given the leader up already`);
        return peer.state === 'suspect';
      });
    }
    await on('desk').host.link('up');
    const returnedMs = Date.now();
    await untilMet(NAMES);
    report('the leader and all others were alive again after its link came back', returnedMs);
    await release(NAMES);
    const summary = await summaryOf(run);
    expect(summary.retries).toEqual([]);
    expect(workersOf(summary)).toEqual(['attic', 'couch', 'desk', 'shelf']);
    await expectVerified(output);
  });

  function on(name: Name): HostDaemon {
    return daemons.get(name) as HostDaemon;
  }

  async function startTimed(name: Name): Promise<{ readonly upMs: number }> {
    await on(name).start();
    return { upMs: Date.now() };
  }

  /**
   * Submits the film, and holds these hosts when each of them has begun a chunk: so all take part, and the job lasts
   * until they are released. Another CRF for each job: nothing that was encoded before may be reused.
   */
  async function submitHeld(
    name: Name,
    output: string,
    crf: number,
    workers: readonly Name[],
  ): Promise<HostProcess> {
    for (const worker of workers) await holdEncoders(on(worker).stateDirectory);
    const run = on(name).submit(film, output, ['--crf', String(crf), ...FLAGS]);
    await on(name).untilJob(output, (job) => areAtWork(job, workers));
    return run;
  }

  async function untilMet(names: readonly Name[]): Promise<void> {
    for (const name of names) {
      for (const other of names) {
        if (other !== name) await on(name).untilPeer(other, (peer) => peer?.state === 'alive');
      }
    }
  }

  async function release(names: readonly Name[]): Promise<void> {
    for (const name of names) await releaseEncoders(on(name).stateDirectory);
  }

  async function expectVerified(output: string): Promise<void> {
    const verified = await verifyFiles(film, output, () => undefined);
    expect(verified).toMatchObject({ isEqual: true, outputFrameCount: 150, differences: [] });
  }
});

/** Names of the hosts whose work is in the output. */
function workersOf({ peers }: JobSummary | JobProgress): string[] {
  return peers
    .filter(({ chunksDone }) => chunksDone > 0)
    .map(({ name }) => name)
    .sort();
}

function isOfLab(address: string): boolean {
  return /\b(10\.77\.0\.\d+|127\.0\.0\.1)\b/.test(address);
}

/** Measured and printed, not judged: this machine may be busy. */
function report(what: string, sinceMs: number): void {
  console.log(`lab: ${what}: ${Date.now() - sinceMs} ms`);
}
