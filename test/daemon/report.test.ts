import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobReport } from '../../src/report/job/job-report.ts';
import { makeSource } from '../sources/make-source.ts';
import { lastJob, startCli } from './cli-process.ts';
import { areAtWork, DaemonProcess } from './daemon-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { makeFolder } from './one-machine.ts';

/** A dozen chunks. */
const FLAGS = ['--preset', '8', '--min-scene-length', '0.25', '--max-scene-length', '0.5'];

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;
let output: string;
/** Of the job that the first two tests are about. */
let id: string;
let desk: DaemonProcess;
let shelf: DaemonProcess;
const running = new Map<string, ReturnType<typeof startCli>>();

beforeAll(async () => {
  folder = await makeFolder();
  film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  output = join(folder.path, 'out.mkv');
  desk = new DaemonProcess('desk', join(folder.path, 'desk'));
  shelf = new DaemonProcess('shelf', join(folder.path, 'shelf'));
  await start(desk);
  await start(shelf, '--peer', (await desk.status()).addresses[0] ?? '');
  await desk.untilPeer('shelf', (peer) => peer?.state === 'alive');
});
afterAll(async () => {
  await stopAll();
  await folder.remove();
});

test('a job over two daemons, its leader restarted on the way: one report names who made every chunk', async () => {
  await holdEncoders(desk.stateDirectory);
  await holdEncoders(shelf.stateDirectory);
  const first = startCli(['submit', film, '-o', output, '--detach', ...FLAGS], desk.stateDirectory);
  id = String((await first).stdout).trim();
  await desk.untilJob(output, (job) => areAtWork(job, ['desk', 'shelf']));
  const soFar = await reportOf(id);
  expect(soFar).toMatchObject({ phase: 'encoding', efficiency: null, runs: [{ end: null }] });
  expect(soFar.attempts.filter(({ outcome }) => outcome === 'running')).toHaveLength(2);

  running.get('desk')?.kill('SIGKILL');
  await running.get('desk');
  expect(await reportOf(id)).toMatchObject({ phase: 'stopped', job: id });

  await releaseEncoders(desk.stateDirectory);
  await start(desk, '--peer', (await shelf.status()).addresses[0] ?? '');
  await desk.untilJob(output, (job) => areAtWork(job, ['shelf']));
  await releaseEncoders(shelf.stateDirectory);
  const job = await desk.untilJob(output, ({ phase }) => phase === 'done');
  await stopAll();

  const report = await reportOf(id);
  expect(report).toMatchObject({ phase: 'done', isComplete: true, runs: [{ end: null }, { end: 'done' }] });
  expect(report.efficiency).toBe(job.summary?.efficiency);
  expect(report.efficiency).toBeGreaterThan(0);
  expect(report.efficiency).toBeLessThanOrEqual(1);
  expect(report.attempts.filter(({ outcome }) => outcome === 'interrupted')).toHaveLength(2);

  const names = new Map(report.peers.map((peer) => [peer.id, peer.name]));
  expect([...names.values()].sort()).toEqual(['desk', 'shelf']);
  const makers = report.manifest.map(({ peer }) => names.get(peer ?? ''));
  expect(new Set(makers)).toEqual(new Set(['desk', 'shelf']));
  // Every chunk once, end to end, each with its builder's build and the name of its result.
  expect(report.manifest.map(({ chunk }) => chunk)).toEqual(report.manifest.map((_, index) => index));
  const ends = report.manifest.map(({ endFrame }) => endFrame);
  expect(report.manifest.map(({ startFrame }) => startFrame)).toEqual([0, ...ends.slice(0, -1)]);
  expect(ends.at(-1)).toBe(150);
  for (const entry of report.manifest) {
    expect(entry).toMatchObject({ madeBy: 'peer', build: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(entry.key).toMatch(/^[0-9a-f]{64}$/);
    expect(entry.encoder).toContain('SVT-AV1');
    expect(entry.bytes).toBeGreaterThan(0);
  }
  expect(report.bytes.sentSlices).toBeGreaterThan(0);
  expect(report.bytes.fetchedResults).toBeGreaterThan(0);
  const used = Object.values(report.timeUse).reduce((sum, seconds) => sum + seconds, 0);
  expect(used).toBeCloseTo(report.makespanSeconds, 3);
});

test('the page is written beside the output, and never over a file that is no report', async () => {
  const page = join(folder.path, 'out.report.html');
  for (const _ of ['new', 'again']) {
    const written = await ask(id, '--report');
    expect(String(written.stdout).trim(), String(written.stderr)).toBe(page);
  }
  const text = await readFile(page, 'utf8');
  expect(text).toContain('>desk ');
  expect(text).toContain('>shelf<');

  const film2 = join(folder.path, 'film.mkv');
  await copyFile(film, film2);
  const refused = await ask(id, '--report', film2);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(`${film2} exists and is no report of vadeio-node`);
  expect(await readFile(film2)).toEqual(await readFile(film));
  const data = join(folder.path, 'report.json');
  for (const _ of ['first', 'again']) expect((await ask(id, '--report', data)).exitCode).toBe(0);
  expect(JSON.parse(await readFile(data, 'utf8'))).toEqual(await reportOf(id));
  await writeFile(data, '{"of": "somebody"}');
  expect((await ask(id, '--report', data)).stderr).toContain(`${data} exists and is no report`);

  const unknown = await ask('nojob', '--report');
  expect(unknown.stderr).toContain(`No job is called nojob`);
  expect((await ask(id, '--report', '--follow')).exitCode).toBe(2);
});

test('a job whose history is damaged is encoded all the same, and says that there will be no report', async () => {
  await start(desk);
  const other = join(folder.path, 'other.mkv');
  const submit = ['submit', film, '-o', other, '--crf', '44', ...FLAGS];
  await holdEncoders(desk.stateDirectory);
  const damaged = String((await startCli([...submit, '--detach'], desk.stateDirectory)).stdout).trim();
  await desk.untilJob(other, (job) => areAtWork(job, ['desk']));
  await stopAll();
  await writeFile(join(desk.stateDirectory, 'jobs', damaged, 'history'), 'garbage\n');
  await releaseEncoders(desk.stateDirectory);
  const run = await startCli([...submit, '--json'], desk.stateDirectory);
  const job = lastJob(String(run.stdout));
  expect(job).toMatchObject({ id: damaged, phase: 'done', summary: { efficiency: null } });
  expect(job.notes.join('\n')).toContain('There will be no report of this job.');
});

async function start(daemon: DaemonProcess, ...flags: string[]): Promise<void> {
  const command = ['up', '--name', daemon.name, '--slots', '1', ...flags];
  const run = startCli(command, daemon.stateDirectory);
  running.set(daemon.name, run);
  await daemon.untilAnswering(run);
}

async function stopAll(): Promise<void> {
  for (const daemon of running.values()) daemon.kill('SIGTERM');
  await Promise.all(running.values());
  running.clear();
}

function ask(id: string, ...flags: string[]) {
  return startCli(['job', id, ...flags], desk.stateDirectory);
}

async function reportOf(id: string): Promise<JobReport> {
  const run = await ask(id, '--report', '--json');
  expect(run.exitCode, String(run.stderr)).toBe(0);
  return JSON.parse(String(run.stdout)) as JobReport;
}
