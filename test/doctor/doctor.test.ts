import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examineNetwork } from '../../node/doctor/examine-network.ts';
import { examineState, judgeRoom } from '../../node/doctor/examine-state.ts';
import type { Finding } from '../../src/report/findings.ts';
import { startCli } from '../daemon/cli-process.ts';

const ALONE = { listen: ['127.0.0.1'], port: null, mdns: false, peers: [] };

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vadeio-doctor-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const verdicts = (findings: readonly Finding[]) => findings.map(({ verdict }) => verdict);

test('a state folder is looked at and not made', async () => {
  const missing = join(folder, 'a', 'b');
  expect(verdicts(await examineState(missing, 1e9))[0]).toBe('good');
  const file = join(folder, 'file');
  await writeFile(file, '');
  expect(await examineState(file, 1e9)).toEqual([
    { verdict: 'bad', about: 'state', text: `${file} is no folder. Choose another one with --state-dir.` },
  ]);
  const open = join(folder, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  expect(await examineState(open, 1e9)).toMatchObject([
    { verdict: 'bad', text: expect.stringContaining('can be written by other users') },
  ]);
});

test('a disk with no room keeps a daemon from its work, and one with little is told of', () => {
  const room = [0, 1e6, 1e9, 1e11].map((freeBytes) => judgeRoom(freeBytes, 20e9));
  expect(verdicts(room)).toEqual(['bad', 'bad', 'note', 'good']);
  expect(room[0]?.text).toBe(
    'Only 0 bytes are free on its disk. Free some space, or choose another folder with --state-dir.',
  );
});

test('a named peer answers or not, and a port is free or taken', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const peers = [`127.0.0.1:${port}`];
  expect(verdicts(await examineNetwork({ ...ALONE, port, peers }, false))).toEqual(['note', 'bad', 'good']);
  // A daemon of this machine has the port: that is as it should be.
  expect(verdicts(await examineNetwork({ ...ALONE, port, peers }, true))).toEqual(['note', 'good']);
  await new Promise((resolve) => server.close(resolve));
  const closed = await examineNetwork({ ...ALONE, port: 0, peers: ['127.0.0.1:1'] }, false);
  expect(verdicts(closed)).toEqual(['note', 'good', 'bad']);
  expect(closed.at(-1)?.text).toMatch(/does not answer: .*ECONNREFUSED.*firewall/);
});

test('doctor says what it found, and ends with 1 when something is to be mended', async () => {
  const state = join(folder, 'state');
  const lone = ['--no-mdns', '--listen', '127.0.0.1'];
  const { stdout, exitCode } = await startCli(['doctor', ...lone, '--peer', '127.0.0.1:1'], state);
  expect(stdout).toMatch(/^good +encoders +SVT-AV1 \d/m);
  expect(stdout).toMatch(/^note +daemon +None runs/m);
  expect(stdout).toMatch(/^bad +network +127\.0\.0\.1:1 does not answer/m);
  expect(stdout).toMatch(/\nOne thing is to be mended\.$/);
  expect(exitCode).toBe(1);
});
