import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openChunkStore } from '../../node/storage/chunk-store.ts';
import { readJournal } from '../../node/storage/journal.ts';
import { openStateDirectory } from '../../node/storage/state-directory.ts';

const COMMITTER = new URL('../fixtures/commit-until-killed.ts', import.meta.url).pathname;
const FORMAT = {
  version: 1,
  oldestReadable: 1,
  parse: (value: unknown) => value as { number: number; key: string },
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-killed-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs the committer until it has said `count` numbers, and a little further; gives the last number it said. */
async function killAfter(count: number, state: string): Promise<number> {
  const committer = execaNode({ reject: false })`${COMMITTER} ${state}`;
  let said = '';
  committer.stdout.on('data', (text) => {
    said += String(text);
    if (said.split('\n').length > count) setTimeout(() => committer.kill('SIGKILL'), count % 7);
  });
  const { stdout } = await committer;
  return Number(stdout.split('\n').at(-1));
}

test.each([1, 5, 16, 33])(
  'what was committed when the process was killed after %d commits is all there',
  async (count) => {
    const state = join(directory, 'state');
    const last = await killAfter(count, state);
    const { paths, release } = await openStateDirectory(state);
    const { events } = await readJournal(paths.job('1').journal, FORMAT);
    expect(events.length).toBeGreaterThan(last);
    expect(events.map(({ number }) => number)).toEqual(events.map((_, i) => i));
    const store = await openChunkStore(paths.chunks, { now: () => 0, onGrown: () => undefined });
    for (const { key } of events) expect(await store.verify(key)).toBe(true);
    await release();
  },
);
