import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobProgress } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { childrenOf, until } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone, untilOver } from './one-machine.ts';
import { readFrameNumbers } from './read-video.ts';

// These are kept for the next chunk when they are through: one is always found.
test.each(['encode', 'prove'])('invariant 5: a killed %s process costs no job', (program) =>
  expectDoneDespite(() => async () => process.kill(await findChild(program), 'SIGKILL')),
);

test.each(['assemble', 'scan'])('invariant 5: a killed %s process costs no job', (program) =>
  expectDoneDespite((folder) => {
    const held = holdChildren(program, folder);
    return async () => {
      const pid = await held.child(1);
      held.letGo();
      process.kill(pid, 'SIGKILL');
    };
  }),
);

test('a scan that is killed in the middle is begun anew, and what it found stays as it was', async () => {
  const folder = await makeFolder();
  const state = join(folder.path, 'state');
  const daemon = await startLoneDaemon(state);
  try {
    const source = await makeSource('h264-open-mkv', folder.path, new Array(24).fill(40));
    const output = join(folder.path, 'out.mkv');
    const { job } = await daemon.submit({ input: source.path, output, options: FAST });
    const progress = async (): Promise<JobProgress> => (await daemon.job(job.id)).progress;
    const scan = await findChild('scan');
    await stepUntil(scan, async () => (await progress()).chunksFound >= 6);
    await until(async () => (await progress()).framesAssembled > 0);
    const { isFrameCountExact, chunksFound, chunksCommitted } = await progress();
    expect([isFrameCountExact, chunksFound < 20, chunksCommitted < chunksFound]).toEqual([false, true, true]);
    process.kill(scan, 'SIGKILL');

    // Before the new scan has read anything, the chunks of the killed one are sliced and proven.
    const second = await findChild('scan', new Set([scan]));
    process.kill(second, 'SIGSTOP');
    await until(async () => {
      const { phase, progress } = await daemon.job(job.id);
      return phase === 'failed' || progress.chunksCommitted === chunksFound;
    });
    process.kill(second, 'SIGCONT');

    const { notes, summary } = await untilDone(daemon, job.id);
    expect(notes.filter((note) => note.includes('begun anew'))).toHaveLength(1);
    // No chunk was given out twice.
    expect(summary?.attemptCount).toBe(summary?.chunkCount);
    expect(await readFrameNumbers(output)).toEqual(source.frameNumbers);
    expect((await verifyFiles(source.path, output, () => undefined)).differences).toEqual([]);
    // The killed scan's folder went with the job.
    expect(await readdir(join(state, 'cache', 'scans'))).toHaveLength(1);
  } finally {
    await daemon.shutDown('the test is over');
    await folder.remove();
  }
});

test('a scan that is killed again and again fails its job with a sentence', async () => {
  const folder = await makeFolder();
  const daemon = await startLoneDaemon(join(folder.path, 'state'));
  try {
    const { path: input } = await makeSource('h264-open-mkv', folder.path);
    const held = holdChildren('scan', folder.path);
    const { job } = await daemon.submit({ input, output: join(folder.path, 'out.mkv'), options: FAST });
    for (let count = 1; count <= 3; count += 1) process.kill(await held.child(count), 'SIGKILL');
    const { phase, error } = await untilOver(daemon, job.id);
    expect(phase).toBe('failed');
    expect(error).toMatch(/stopped early 3 times, .* killed by SIGKILL.* Run the command again\./);
  } finally {
    await daemon.shutDown('the test is over');
    await folder.remove();
  }
});

/** @param prepare before the job is there, and gives what strikes when it is. */
async function expectDoneDespite(prepare: (folder: string) => () => Promise<unknown>): Promise<void> {
  const folder = await makeFolder();
  const daemon = await startLoneDaemon(join(folder.path, 'state'));
  try {
    const { path: input } = await makeSource('h264-open-mkv', folder.path);
    const strike = prepare(folder.path);
    const { job } = await daemon.submit({ input, output: join(folder.path, 'out.mkv'), options: FAST });
    await strike();
    await untilDone(daemon, job.id);
  } finally {
    await daemon.shutDown('the test is over');
    await folder.remove();
  }
}

/**
 * From now on each child of this program waits to be killed when it is about to give its first answer: on a busy machine one may be
 * through before it is looked for. `letGo` holds no further one, the end of the test neither.
 */
function holdChildren(program: string, folder: string) {
  const before = process.env.NODE_OPTIONS ?? '';
  const mark = join(folder, 'held');
  const fixture = new URL('../fixtures/held-child.ts', import.meta.url);
  fixture.search = new URLSearchParams({ program, mark }).toString();
  process.env.NODE_OPTIONS = `${before} --import=${fixture.href}`;
  const letGo = (): void => {
    process.env.NODE_OPTIONS = before;
  };
  onTestFinished(letGo);
  return {
    letGo,
    /** The pid of the first that was held, the second, and so on. */
    async child(count: number): Promise<number> {
      let pids: string[] = [];
      await until(async () => {
        const lines = await readFile(mark, 'utf8').catch(() => '');
        pids = lines.split('\n').slice(0, -1);
        return pids.length >= count;
      });
      return Number(pids[count - 1]);
    },
  };
}

/** Waits for a child of this program. */
async function findChild(program: string, except: ReadonlySet<number> = new Set()): Promise<number> {
  let found: number | undefined;
  await until(async () => {
    found = (await childrenOf(process.pid, program)).findLast((pid) => !except.has(pid));
    return found !== undefined;
  });
  return found ?? 0;
}

/** Lets a process run in short steps until it is so, and leaves it stopped: however busy the machine, it is not far beyond. */
async function stepUntil(pid: number, isSo: () => Promise<boolean>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!(await isSo())) {
    process.kill(pid, 'SIGCONT');
    await sleep(5);
    process.kill(pid, 'SIGSTOP');
    // What it said is heard.
    await sleep(20);
  }
}
