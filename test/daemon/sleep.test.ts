import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusView } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST_FLAGS, isAlive, startCli, until, untilGone } from './cli-process.ts';
import { makeFolder } from './one-machine.ts';

const CLI = new URL('../../node/cli.ts', import.meta.url).pathname;
const isLinux = process.platform === 'linux';
if (!isLinux)
  console.log('Skipped: holding off sleep, for want of Linux, whose systemd-inhibit is played by a script.');

/** Stands in for the system's: notes what it is given and, behind its four flags, runs the command. */
const FAKE = '#!/bin/sh\necho "$$ $*" >> "$VADEIO_FAKE_NOTES"\nshift 4\n"$@"\n';

describe.skipIf(!isLinux)('while it works a machine is kept from sleeping', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let source: string;
  let bin: string;
  let daemons = 0;

  beforeAll(async () => {
    folder = await makeFolder();
    source = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    bin = join(folder.path, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'systemd-inhibit'), FAKE);
    await chmod(join(bin, 'systemd-inhibit'), 0o755);
  });
  afterAll(() => folder.remove());

  /** A daemon with a job that its only machine does not take: it works, and never ends. */
  async function startWaiting(flags: readonly string[] = []) {
    daemons += 1;
    const state = join(folder.path, `state-${daemons}`);
    const notes = join(folder.path, `notes-${daemons}`);
    const lone = ['--no-mdns', '--listen', '127.0.0.1', '--port', '0', '--slots', '0', '--state-dir', state];
    const daemon = execaNode(CLI, ['up', ...lone, ...flags], {
      reject: false,
      env: { PATH: `${bin}${delimiter}${process.env.PATH}`, VADEIO_FAKE_NOTES: notes },
    });
    const ask = async (...words: string[]) => startCli([...words], state);
    const status = async () => JSON.parse(String((await ask('status', '--json')).stdout)) as StatusView;
    await until(async () => (await ask('status')).exitCode === 0);
    const output = join(folder.path, `out-${daemons}.mkv`);
    const { stdout } = await ask('submit', source, '-o', output, ...FAST_FLAGS, '--detach');
    const child = async () => Number((await readFile(notes, 'utf8').catch(() => '')).split(' ')[0]);
    return { daemon, ask, status, notes, child, job: String(stdout).trim() };
  }

  test('until seconds after its last job, and status says so', async () => {
    const { daemon, ask, status, notes, child, job } = await startWaiting();
    await until(async () => (await status()).sleep.isHeldOff);
    expect(await readFile(notes, 'utf8')).toMatch(/^\d+ --what=idle:sleep .*--mode=block cat\n$/);
    const pid = await child();
    expect(await isAlive(pid)).toBe(true);
    await ask('cancel', job);
    await until(async () => !(await status()).sleep.isHeldOff);
    await untilGone([pid]);
    expect((await status()).sleep.problem).toBe(null);
    daemon.kill('SIGTERM');
    await daemon;
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('and the child ends with the daemon, by %s', async (signal) => {
    const { daemon, child } = await startWaiting();
    await until(async () => (await child()) > 0);
    const pid = await child();
    expect(await isAlive(pid)).toBe(true);
    daemon.kill(signal);
    await daemon;
    await untilGone([pid]);
  });

  test('but not with --no-inhibit', async () => {
    const { daemon, status, child, job } = await startWaiting(['--no-inhibit']);
    expect(job).not.toBe('');
    expect((await status()).sleep).toEqual({ isHeldOff: false, problem: '--no-inhibit was given' });
    daemon.kill('SIGTERM');
    await daemon;
    expect(await child()).toBe(0);
  });

  test('and works on where that cannot be done, and says why', async () => {
    await writeFile(join(bin, 'systemd-inhibit'), '#!/bin/sh\necho "Access denied" >&2\nexit 1\n');
    const { daemon, status } = await startWaiting();
    await until(async () => (await status()).sleep.problem !== null);
    expect((await status()).sleep).toEqual({
      isHeldOff: false,
      problem: 'systemd-inhibit ended: Access denied',
    });
    daemon.kill('SIGTERM');
    await daemon;
  });
});
