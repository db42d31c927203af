import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStateDirectory } from '../../node/storage/state-directory.ts';
import { statePaths } from '../../node/storage/state-paths.ts';

const HOLDER = new URL('../fixtures/hold-state-directory.ts', import.meta.url).pathname;

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'vadeio-state-')), 'state');
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

test('creates folders that only their owner may enter', async () => {
  const state = await openStateDirectory(directory);
  for (const path of [directory, state.paths.jobs, state.paths.chunks, state.paths.scans, state.paths.work]) {
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  }
  await state.release();
});

test('a place where nothing can be made is refused, at once and in a sentence', async () => {
  const file = join(directory, '..', 'file');
  await writeFile(file, '');
  await expect(openStateDirectory(file)).rejects.toThrow(/a file of that name is in the way/);
  await expect(openStateDirectory(join(file, 'state'))).rejects.toThrow(
    /a file stands where a folder should be/,
  );
  // Node's own recursive mkdir never ends here.
  if (process.platform === 'linux') {
    await expect(openStateDirectory('/proc/vadeio/state')).rejects.toThrow(/Could not create the folder/);
  }
});

test('sweeps work files and keeps jobs', async () => {
  const { work, job } = statePaths(directory);
  await mkdir(work, { recursive: true, mode: 0o700 });
  await mkdir(job('1').directory, { recursive: true });
  await writeFile(join(work, 'slice'), 'x');
  const state = await openStateDirectory(directory);
  expect(await readdir(work)).toEqual([]);
  expect(await readdir(state.paths.jobs)).toEqual(['1']);
  await state.release();
});

test('sweeps what a daemon left that was killed while it replaced a file', async () => {
  const { jobs, job, peers } = statePaths(directory);
  await mkdir(job('1').directory, { recursive: true, mode: 0o700 });
  await chmod(jobs, 0o700);
  for (const path of [peers, job('1').journal]) {
    await writeFile(path, 'whole');
    await writeFile(`${path}.2657.tmp`, 'ha');
  }
  const state = await openStateDirectory(directory);
  expect(await readdir(job('1').directory)).toEqual(['journal']);
  expect((await readdir(directory)).sort()).toEqual(['cache', 'jobs', 'peers.json', 'work']);
  await state.release();
});

test('refuses a second daemon, and lets one in after the first was killed', async () => {
  const holder = execaNode({ reject: false })`${HOLDER} ${directory}`;
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  await expect(openStateDirectory(directory)).rejects.toThrow(/A daemon already runs with the state folder/);
  holder.kill('SIGKILL');
  await holder;
  const state = await openStateDirectory(directory);
  await expect(openStateDirectory(directory)).rejects.toThrow(/already runs/);
  await state.release();
});

test('refuses a folder whose control socket answers, as from another network namespace', async () => {
  await mkdir(directory, { mode: 0o700 });
  const other = createServer().listen(statePaths(directory).controlSocket);
  await new Promise((resolve) => other.once('listening', resolve));
  await expect(openStateDirectory(directory)).rejects.toThrow(/already runs/);
  await new Promise((resolve) => other.close(resolve));
});

test('refuses a folder that others may write to', async () => {
  await mkdir(directory);
  await chmod(directory, 0o777);
  await expect(openStateDirectory(directory)).rejects.toThrow(/can be written by other users \(mode 777\)/);
});

test.skipIf(process.getuid?.() !== 0)(
  'refuses a folder of another user, which only root can make, and leaves nothing in it',
  async () => {
    await mkdir(directory, { mode: 0o700 });
    await chown(directory, 65_534, 65_534);
    await expect(openStateDirectory(directory)).rejects.toThrow(/belongs to another user \(65534\)/);
    expect(await readdir(directory)).toEqual([]);
  },
);

test('puts the socket of a folder with a long name in the runtime folder', () => {
  const long = statePaths(`/${'x'.repeat(120)}`).controlSocket;
  expect(Buffer.byteLength(long)).toBeLessThan(104);
  expect(statePaths('/var/lib/v').controlSocket).toBe('/var/lib/v/control.sock');
});
