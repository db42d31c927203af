import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobProgress } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { childrenOf, until } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';
import { readFrameNumbers } from './read-video.ts';

test.each(['encode', 'prove', 'assemble', 'scan'])(
  'invariant 5: a killed %s process costs no job',
  async (program) => {
    const folder = await makeFolder();
    const daemon = await startLoneDaemon(join(folder.path, 'state'));
    try {
      const { path: input } = await makeSource('h264-open-mkv', folder.path);
      const output = join(folder.path, 'out.mkv');
      const letGo = program === 'scan' ? holdScans() : () => undefined;
      // A busy machine may look for it only when it is through: it stops where it is found.
      const child = findChild(program).then((pid) => {
        process.kill(pid, 'SIGSTOP');
        return pid;
      });
      const { job } = await daemon.submit({ input, output, options: FAST });
      const pid = await child;
      letGo();
      process.kill(pid, 'SIGKILL');
      const { phase, error } = await untilOver(daemon, job.id);
      expect([phase, error]).toEqual(['done', null]);
    } finally {
      await daemon.shutDown('the test is over');
      await folder.remove();
    }
  },
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

    const { phase, error, notes, summary } = await untilOver(daemon, job.id);
    expect([phase, error]).toEqual(['done', null]);
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
    onTestFinished(holdScans());
    const { job } = await daemon.submit({ input, output: join(folder.path, 'out.mkv'), options: FAST });
    const killed = new Set<number>();
    while (killed.size < 3) {
      const scan = await findChild('scan', killed);
      process.kill(scan, 'SIGKILL');
      killed.add(scan);
    }
    const { phase, error } = await untilOver(daemon, job.id);
    expect(phase).toBe('failed');
    expect(error).toMatch(/stopped early 3 times, .* killed by SIGKILL.* Run the command again\./);
  } finally {
    await daemon.shutDown('the test is over');
    await folder.remove();
  }
});

/** From now on each scan waits to be killed, until the function given is called: one is through before it is looked for. */
function holdScans(): () => void {
  const before = process.env.NODE_OPTIONS ?? '';
  const held = new URL('../fixtures/held-scan.ts', import.meta.url).href;
  process.env.NODE_OPTIONS = `${before} --import=${held}`;
  return () => {
    process.env.NODE_OPTIONS = before;
  };
}

/** Waits for a child of this program. The first encode child that a job starts measures the build. */
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
