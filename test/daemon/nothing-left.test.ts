import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSource } from '../sources/make-source.ts';
import { descendantsOf, FAST_FLAGS, filesUnder, isAlive, startCli, untilSaid } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { makeFolder } from './one-machine.ts';

type Run = ReturnType<typeof startCli>;

describe('invariant 9: nothing is left behind', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(() => folder.remove());

  test('after success', async () => {
    const { state, outputs, command } = await setUp('success');
    const run = await startCli(command, state);
    expect(run.exitCode, String(run.stderr)).toBe(0);
    await expectTidy(state, outputs, ['film.mkv'], []);
  });

  test('after Ctrl-C, with what is done kept and how to continue said', async () => {
    const { state, outputs, command } = await setUp('interrupt');
    await holdEncoders(state, 1);
    const run = startCli(command, state);
    const children = await untilEncoding(run);
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/same command/i);
    await expectTidy(state, outputs, [], children);
  });

  test('after SIGTERM of the daemon', async () => {
    const { state, outputs, command } = await setUp('terminate');
    await holdEncoders(state, 1);
    const run = startCli(command, state);
    const children = await untilEncoding(run);
    run.kill('SIGTERM');
    await run;
    await expectTidy(state, outputs, [], children);
  });

  test('after cancel', async () => {
    const { state, outputs, command } = await setUp('cancel');
    await holdEncoders(state, 1);
    const run = startCli(command, state);
    const children = await untilEncoding(run);
    const jobs = JSON.parse(String((await startCli(['jobs', '--json'], state)).stdout)) as { id: string }[];
    await startCli(['cancel', jobs[0]?.id ?? ''], state);
    expect((await run).exitCode).toBe(1);
    await expectTidy(state, outputs, [], children);
  });

  test('after kill -9 of the daemon, but for what resume needs', async () => {
    const { state, outputs, command } = await setUp('kill');
    const run = startCli(command, state);
    const children = await untilEncoding(run);
    run.kill('SIGKILL');
    await run;
    await expectTidy(state, outputs, [], children);
  });

  test('after a failure in the middle: the source changes while it is encoded', async () => {
    const { state, outputs } = await setUp('failure');
    const source = join(folder.path, 'changing.mkv');
    await copyFile(film, source);
    await holdEncoders(state, 1);
    const run = startCli(
      ['submit', source, '-o', join(outputs, 'film.mkv'), ...FAST_FLAGS, '--slots', '1', '--json'],
      state,
    );
    const children = await untilEncoding(run);
    await writeFile(source, 'no film any more');
    await releaseEncoders(state);
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/changed|cut short/);
    await expectTidy(state, outputs, [], children);
  });

  async function setUp(name: string): Promise<{ state: string; outputs: string; command: string[] }> {
    const outputs = join(folder.path, `out-${name}`);
    await mkdir(outputs);
    const command = [
      'submit',
      film,
      '-o',
      join(outputs, 'film.mkv'),
      ...FAST_FLAGS,
      '--slots',
      '1',
      '--json',
    ];
    return { state: join(folder.path, `state-${name}`), outputs, command };
  }
});

/** Waits for the first chunk to be committed, and gives the children that live then. */
async function untilEncoding(run: Run): Promise<number[]> {
  await untilSaid(run, (job) => job.progress.framesEncoded > 0);
  return descendantsOf(run.pid ?? 0);
}

/** No child after 5 s, no temporary file but the cache and what resume needs. */
async function expectTidy(state: string, outputs: string, left: string[], children: number[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += 100) {
    if (!(await Promise.all(children.map(isAlive))).includes(true)) break;
    await sleep(100);
  }
  expect((await Promise.all(children.map(isAlive))).includes(true), 'a child lives on').toBe(false);
  expect(await readdir(outputs)).toEqual(left);
  const kept = /^(identity\.key|peers\.json|builds\.json|daemon\.log|daemon\.printed|lock|jobs\/|cache\/)/;
  const strays = (await filesUnder(state)).filter((path) => !kept.test(path));
  expect(strays).toEqual([]);
}
