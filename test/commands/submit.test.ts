import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaNode } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CacheView, JobEvent, JobView } from '../../src/protocol/control-api.ts';
import { until } from '../daemon/cli-process.ts';
import { DaemonProcess } from '../daemon/daemon-process.ts';
import { HOLDABLE, holdEncoders, releaseEncoders } from '../daemon/hold-encoders.ts';
import { makeSource } from '../sources/make-source.ts';

const CLI = new URL('../../node/cli.ts', import.meta.url).pathname;

/** In the environment of every process that a test starts, so that any that stays is found. */
const MARK = randomUUID();

let folder: string;
let source: string;
let states = 0;
let state: string;
const started: { kill(signal: NodeJS.Signals): boolean }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vadeio submit – ü '));
  source = (await makeSource('h264-open-mkv', folder)).path;
});
afterEach(async () => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  await untilNoneSurvives();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ALONE = ['--no-mdns', '--listen', '127.0.0.1', '--port', '0', '--slots', '1', '--name', 'lone'];
const FAST = ['--preset', '12', '--max-scene-length', '2'];
/** Some chunks more, for a job that is held in the middle. */
const SHORT = ['--preset', '12', '--max-scene-length', '0.5', '--min-scene-length', '0.2'];

/** Escape sequences of ECMA-48: those that colour, and those that move the cursor. */
const ESCAPE = String.fromCharCode(27);
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`);
const CURSOR_MOVE = new RegExp(`[\r\n]|${ESCAPE}\\[[0-9?]*[A-Za-ln-z]`);

const newState = (): string => {
  states += 1;
  state = join(folder, `state-${states}`);
  return state;
};
const outputPath = (): string => join(folder, `output-${states}.mkv`);

function start(...words: string[]) {
  const process = execaNode(CLI, [...words, '--state-dir', state], {
    reject: false,
    cwd: folder,
    env: { VADEIO_TEST: MARK, ...HOLDABLE },
  });
  started.push(process);
  return process;
}

const submit = (...flags: string[]) => start('submit', source, '-o', outputPath(), ...ALONE, ...flags);

async function answer<Answer>(...words: string[]): Promise<Answer> {
  return JSON.parse((await start(...words, '--json')).stdout) as Answer;
}

const daemon = (): DaemonProcess => new DaemonProcess('lone', state);

async function jobs(): Promise<readonly JobView[]> {
  return (await daemon().status()).jobs;
}

/** Starts the command and waits until its daemon's first job has committed a chunk; it gets no further until released. */
async function startHeld(command: () => ReturnType<typeof start>) {
  await holdEncoders(state, 1);
  const run = command();
  await daemon().untilAnswering(run);
  await until(async () => ((await jobs())[0]?.progress.chunksCommitted ?? 0) > 0);
  const [job] = await jobs();
  // A run can be awaited itself, so it is not given bare.
  return { run, job: job as JobView };
}

function lastJob(stdout: string): JobView {
  const last = JSON.parse(stdout.split('\n').at(-1) ?? '') as JobEvent;
  if (last.type !== 'job') throw new Error(`the last line is a ${last.type}`);
  return last.job;
}

/** Processes of this test file that still run, by what they run. */
async function survivors(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.includes(MARK))
      found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  }
  return found.filter((line) => line !== '');
}

async function untilNoneSurvives(): Promise<void> {
  await until(async () => (await survivors()).length === 0);
}

async function expectNothingLeft(): Promise<void> {
  await untilNoneSurvives();
  expect(await readdir(join(state, 'work'))).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.endsWith('.part') || name.endsWith('.tmp'))).toEqual(
    [],
  );
}

test('one machine without a daemon encodes, says what it did, and reuses all of it for --overwrite', async () => {
  newState();
  const first = await submit(...FAST);
  expect(first.stderr).not.toContain('vadeio-node:');
  expect(first.stdout).toMatch(/^Done: .*output-\d+\.mkv\n {2}frames +120 in \d+ chunks\n/);
  expect(first.exitCode).toBe(0);
  await expectNothingLeft();

  const again = await submit(...FAST);
  expect([again.exitCode, again.stderr]).toEqual([
    1,
    expect.stringMatching(/exists\. Replace it with --overwrite/),
  ]);

  const third = await submit(...FAST, '--overwrite', '--json');
  const { summary } = lastJob(third.stdout);
  expect(summary).toMatchObject({ frameCount: 120, attemptCount: 0 });
  expect(summary?.chunksReused).toBe(summary?.chunkCount);
  await expectNothingLeft();
});

test('what a daemon said is told after it ended', async () => {
  const { stdout } = await start('logs');
  const [begun, ended] = [
    / Job [0-9a-z]+ begins: .*open\.mkv to .*output-1\.mkv$/m,
    / Job [0-9a-z]+ is done\.$/m,
  ];
  for (const sentence of [
    / vadeio-node \S+ starts as \S/,
    begun,
    ended,
    / It stops: its last job ended\.$/m,
  ]) {
    expect(stdout).toMatch(sentence);
  }
});

test('a dry run says every choice and leaves nothing behind', async () => {
  newState();
  const flags = ['--scale', '160x-2', '--encoder-params', 'tune=0', '--crf', '41', '--preset', '9'];
  const { stdout, exitCode } = await start('submit', source, '-o', outputPath(), '--dry', ...flags);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/goes through scale=w=160:h=\d+/);
  expect(stdout).toMatch(/Each chunk: libsvtav1 preset=9 crf=41 svtav1-params=tune=0:/);
  expect([existsSync(outputPath()), existsSync(state)]).toEqual([false, false]);

  const zones = join(folder, 'dry-zones.txt');
  await writeFile(zones, '0 30 svt-av1 --crf 40 --preset 8\n60 90 svt-av1 --film-grain 12\n');
  const aimed = await start(
    ...['submit', source, '-o', outputPath(), '--dry', '--vmaf', '95-97', '--zones', zones],
  );
  expect(aimed.stdout).toMatch(/Aimed at is VMAF 96 in every chunk \(95 to 97\), by the model hd\./);
  expect(aimed.stdout).toMatch(/Each chunk of zone 1: libsvtav1 preset=8 crf=40 /);
  expect(aimed.stdout).toMatch(/Each chunk of zone 2, at a CRF of its own: libsvtav1 .*film-grain=12/);

  const refused = async (...words: string[]) => {
    const dry = await start('submit', source, '-o', outputPath(), '--dry', ...words);
    expect([dry.exitCode, dry.stdout]).toEqual([1, '']);
    return dry.stderr;
  };
  expect(await refused('--crop-override', 'crop=9000:90')).toMatch(/reaches beyond the picture/);
  expect(await refused('--scale', '32x-2', '--vmaf', '90')).toMatch(/VMAF says nothing of a picture of 32x/);
});

test('Ctrl-C keeps what is encoded, and the same command goes on from there', async () => {
  newState();
  const { run, job } = await startHeld(() => submit(...SHORT));
  run.kill('SIGINT');
  const stopped = await run;
  expect([stopped.exitCode, stopped.stdout]).toEqual([
    130,
    expect.stringMatching(/^Stopped with \d+ of .* kept\./),
  ]);
  await expect(stat(outputPath())).rejects.toThrow('ENOENT');
  await expectNothingLeft();
  // Without a daemon, too: what the job needs is not cleared.
  expect(await answer<JobView[]>('jobs')).toMatchObject([{ phase: 'stopped' }]);
  expect((await answer<CacheView>('cache', 'clear')).chunkCount).toBeGreaterThan(0);
  await releaseEncoders(state);

  const { summary } = lastJob((await submit(...SHORT, '--json')).stdout);
  expect(summary?.frameCount).toBe(120);
  expect(summary?.chunksReused).toBeGreaterThanOrEqual(job.progress.chunksCommitted);
  await expectNothingLeft();
});

test('a job that was stopped is given up without a daemon, too', async () => {
  newState();
  const { run, job } = await startHeld(() => submit(...SHORT));
  run.kill('SIGINT');
  await run;
  expect((await start('jobs')).stdout).toMatch(/ stopped +normal +– /);
  expect(await answer<JobView>('cancel', job.id)).toMatchObject({ id: job.id, phase: 'cancelled' });
  expect(await answer<JobView[]>('jobs')).toMatchObject([{ phase: 'cancelled' }]);
  expect((await answer<CacheView>('cache', 'clear')).chunkCount).toBe(0);
});

test('a job of a daemon outlives the command that handed it in; the same command attaches to it', async () => {
  newState();
  const up = start('up', ...ALONE);
  await daemon().untilAnswering(up);
  const { run, job } = await startHeld(() => submit(...SHORT));
  run.kill('SIGKILL');
  await run;
  const again = submit(...SHORT, '--json');
  await once(again.stdout, 'data');
  await releaseEncoders(state);
  const attached = await again;
  expect(lastJob(attached.stdout)).toMatchObject({ id: job.id, phase: 'done', summary: { chunksReused: 0 } });
  up.kill('SIGTERM');
  expect((await up).exitCode).toBe(0);
  await expectNothingLeft();
});

test('cancel gives up a job that was stopped: what is kept for it may go', async () => {
  newState();
  const up = start('up', ...ALONE);
  await daemon().untilAnswering(up);
  const { run, job } = await startHeld(() => submit(...SHORT));
  run.kill('SIGINT');
  await run;
  expect(await answer<JobView>('job', job.id)).toMatchObject({ phase: 'stopped' });
  expect(await answer<JobView>('cancel', job.id)).toMatchObject({ id: job.id, phase: 'cancelled' });
  expect(await answer<CacheView>('cache', 'clear')).toMatchObject({ chunkCount: 0 });
  up.kill('SIGTERM');
  await up;
  expect(await answer<JobView[]>('jobs')).toMatchObject([{ phase: 'cancelled' }]);
});

test('cancel ends a job and leaves no output', async () => {
  newState();
  const { run, job } = await startHeld(() => submit(...SHORT));
  const { id } = job;
  expect(await answer<JobView>('cancel', id.slice(0, 6))).toMatchObject({ id, phase: 'cancelled' });
  expect((await run).exitCode).toBe(1);
  await expect(stat(outputPath())).rejects.toThrow('ENOENT');
  await expectNothingLeft();
});

test('--detach without a daemon leaves one behind that ends after its job', async () => {
  newState();
  await holdEncoders(state);
  const { stdout, stderr, exitCode } = await submit(...FAST, '--detach');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^[0-9a-f]+$/);
  expect(await answer<JobView>('job', stdout)).toMatchObject({ id: stdout, output: outputPath() });
  await releaseEncoders(state);
  await expectNothingLeft();
  expect(existsSync(outputPath())).toBe(true);
});

/** A folder with two films, one in a folder below, what is left of a third, and two files that are none. */
async function makeFilms(): Promise<{ films: string; out: string }> {
  newState();
  const films = join(folder, `films-${states}`);
  await mkdir(join(films, 'below'), { recursive: true });
  await copyFile(source, join(films, 'a.mkv'));
  await copyFile(source, join(films, 'below', 'b.mkv'));
  await writeFile(join(films, 'broken.mkv'), Buffer.from('1a45dfa3ffff', 'hex'));
  await writeFile(join(films, 'code.ts'), 'const film = null;\n'.repeat(40));
  await writeFile(join(films, 'notes.txt'), 'no film');
  return { films, out: join(folder, `out-${states}`) };
}

test('a folder is encoded file by file; a bad one stops no other, and again only what is missing is done', async () => {
  const { films, out } = await makeFilms();
  const submitFolder = (...flags: string[]) => start('submit', films, '-o', out, ...ALONE, ...FAST, ...flags);
  const first = await submitFolder();
  expect(first.stdout.split('\n').sort()).toEqual([
    '2 done, 1 failed, 2 skipped.',
    expect.stringMatching(/^Done: .*\/a\.mkv → .*\/a\.av1\.mkv \(.* → .*\)$/),
    expect.stringMatching(/^Done: .*\/b\.mkv → .*\/below\/b\.av1\.mkv/),
    expect.stringMatching(/^Failed: .*\/broken\.mkv: /),
    expect.stringMatching(/^Skipped: .*\/code\.ts: no video: .*its format is unknown/),
    expect.stringMatching(/^Skipped: .*films-\d+: No videos by their names: notes\.txt\.$/),
  ]);
  expect(first.exitCode).toBe(1);
  expect((await readdir(out, { recursive: true })).sort()).toEqual(['a.av1.mkv', 'below', 'below/b.av1.mkv']);

  await rm(join(films, 'broken.mkv'));
  await rm(join(out, 'a.av1.mkv'));
  const again = await submitFolder('--json');
  const lines = again.stdout.split('\n').map((line) => JSON.parse(line));
  expect(lines.at(-1)).toEqual({ type: 'files', done: 1, failed: 0, skipped: 3, stopped: 0 });
  expect(lines.filter(({ type }) => type === 'file').map(({ input }) => input)).toContain(
    join(films, 'below', 'b.mkv'),
  );
  expect(lines.findLast(({ type }) => type === 'job').job).toMatchObject({
    phase: 'done',
    input: join(films, 'a.mkv'),
  });
  expect(again.exitCode).toBe(0);
  await expectNothingLeft();
});

test('a file that is no video is a failure where it was named, and none where it lay in a folder', async () => {
  const { films, out } = await makeFilms();
  const code = join(films, 'code.ts');
  await rm(join(films, 'broken.mkv'));
  await rm(join(films, 'below'), { recursive: true });
  await rm(join(films, 'a.mkv'));
  const up = start('up', ...ALONE);
  await daemon().untilAnswering(up);
  const submitAll = (...words: string[]) => start('submit', ...words, '-o', `${out}/`);
  const ends = async (run: ReturnType<typeof start>): Promise<unknown[]> => {
    const { exitCode, stdout, stderr } = await run;
    return [exitCode, `${stdout}\n${stderr}`.trim()];
  };
  expect(await ends(submitAll(films))).toEqual([0, expect.stringMatching(/^0 done, 2 skipped\.$/m)]);
  expect(await ends(submitAll(films, '--detach'))).toEqual([
    0,
    expect.stringMatching(/code\.ts: no video: /),
  ]);
  expect(await ends(submitAll(code))).toEqual([1, expect.stringMatching(/its format is unknown/)]);
  expect(await ends(submitAll(code, films))).toEqual([1, expect.stringMatching(/^Failed: .*code\.ts/m)]);
  up.kill('SIGTERM');
  await up;
});

test('Ctrl-C stops every job of a folder, and the same command goes on with each', async () => {
  const { films, out } = await makeFilms();
  await rm(join(films, 'broken.mkv'));
  const submitFolder = () => start('submit', films, '-o', out, ...ALONE, ...SHORT);
  const { run } = await startHeld(submitFolder);
  run.kill('SIGINT');
  const stopped = await run;
  expect(stopped.stdout).toMatch(
    /^0 done, [12] skipped, 2 stopped or not begun: the same command goes on\.$/m,
  );
  expect(stopped.exitCode).toBe(130);
  await expectNothingLeft();
  await releaseEncoders(state);
  const again = await submitFolder();
  expect(again.stdout).toMatch(/^2 done, 2 skipped\.$/m);
  expect(again.exitCode).toBe(0);
});

test('a lost terminal ends nothing', async () => {
  newState();
  const { run } = await startHeld(() => submit(...SHORT, '--json'));
  run.kill('SIGHUP');
  await releaseEncoders(state);
  expect(lastJob((await run).stdout)).toMatchObject({ phase: 'done', summary: { retries: [] } });
});

test('Ctrl-C of the command whose process is the daemon says which jobs of others it ends', async () => {
  newState();
  const { run: host, job } = await startHeld(() => submit(...SHORT));
  const other = start('submit', source, '-o', join(folder, 'other.mkv'), ...ALONE, ...SHORT, '--json');
  // It was told of its job, so it listens.
  await once(other.stdout, 'data');
  const theirs = (await jobs()).find(({ id }) => id !== job.id)?.id;
  host.kill('SIGINT');
  const [mine, its] = await Promise.all([host, other]);
  expect([mine.exitCode, its.exitCode]).toEqual([130, 1]);
  expect(mine.stderr).toContain(`The jobs of other commands that ran here (${theirs}) end, too`);
  expect(its.stderr).toContain('The daemon ended while the job was running.');
  await rm(join(folder, 'other.mkv'), { force: true });
});

test('two commands that start at the same time share one daemon', async () => {
  newState();
  const [one, other] = await Promise.all([
    submit(...FAST, '--json'),
    start('submit', source, '-o', join(folder, 'other.mkv'), ...ALONE, ...FAST, '--json'),
  ]);
  expect([lastJob(one.stdout).phase, lastJob(other.stdout).phase]).toEqual(['done', 'done']);
  await expectNothingLeft();
});

// util-linux's `script` gives a program a terminal; other systems' take other flags.
const hasScript = process.platform === 'linux' && existsSync('/usr/bin/script');
if (!hasScript) console.log('Skipped: what a terminal shows, for want of the script command of util-linux.');

test.skipIf(!hasScript)(
  'a terminal shows a block that fits it, and plain words without colours',
  async () => {
    newState();
    const command = [
      process.execPath,
      CLI,
      'submit',
      source,
      '-o',
      outputPath(),
      ...ALONE,
      ...FAST,
      '--state-dir',
      state,
    ];
    const quoted = `stty rows 24 cols 60; ${command.map((word) => `'${word}'`).join(' ')}`;
    const { stdout } = await execa('script', ['-qec', quoted, '/dev/null'], {
      env: { VADEIO_TEST: MARK, TERM: 'xterm-256color', NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/[█░]{10,40} \d+\.\d %/);
    expect(stdout).not.toMatch(COLOUR);
    const blockLines = stdout.split(CURSOR_MOVE).filter((line) => /[█░]|·| running/.test(line));
    expect(Math.max(...blockLines.map((line) => [...line].length))).toBeLessThan(60);
  },
);
