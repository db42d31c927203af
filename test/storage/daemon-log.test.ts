import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followDaemonLog, openDaemonLog, readDaemonLog } from '../../node/storage/daemon-log.ts';
import type { LogEntry } from '../../src/storage/log-lines.ts';

/** Whatever is written to it fails as on a disk that is full. */
const FULL = '/dev/full';
const hasFull = existsSync(FULL);
if (!hasFull) console.log(`Skipped: a log on a full disk, as this system has no ${FULL}`);

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vadeio-log-'));
  path = join(folder, 'daemon.log');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('what is kept is read again, the last entries alone, and gone on with by the next daemon', async () => {
  const first = openDaemonLog(path);
  first.keep('nas joined');
  first.keep('two\nlines, and an ü');
  await first.close();
  const second = openDaemonLog(path);
  second.keep('nas left');
  await second.close();

  const texts = (entries: readonly LogEntry[]) => entries.map(({ text }) => text);
  expect(texts(await readDaemonLog(path, 10))).toEqual(['nas joined', 'two / lines, and an ü', 'nas left']);
  expect(texts(await readDaemonLog(path, 1))).toEqual(['nas left']);
  expect(await readDaemonLog(path, 0)).toEqual([]);
  expect(await readDaemonLog(join(folder, 'none.log'), 10)).toEqual([]);
});

test('a log that is full is begun anew: who follows misses nothing, and no more than two files stay', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const count = 1000;
  const following = (async () => {
    for await (const { text } of followDaemonLog(path, count, stop.signal)) {
      seen.push(text);
      if (seen.length === count) stop.abort();
    }
  })();
  // 3 KB each: three times the size at which a log is begun anew.
  const texts = Array.from({ length: count }, (_, n) => `${n} ${'ü'.repeat(1500)}`);
  const log = openDaemonLog(path);
  for (const [n, text] of texts.entries()) {
    log.keep(text);
    // A daemon's sentences have time between them: a follower looks a few times a second.
    while (seen.length < n - 100) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await log.close();
  await following;

  expect(seen).toEqual(texts);
  expect((await readdir(folder)).sort()).toEqual(['daemon.log', 'daemon.log.1']);
  const kept = await readDaemonLog(path, count);
  expect(kept.at(-1)?.text).toBe(texts.at(-1));
  expect(kept.length).toBeLessThan(count);
});

test.skipIf(!hasFull)(
  'on a full disk a log loses lines and nothing else: it ends, and goes on once there is room',
  async () => {
    await symlink(FULL, path);
    const log = openDaemonLog(path);
    log.keep('nobody reads this');
    await log.close();

    const other = openDaemonLog(path);
    other.keep('nor this');
    await rm(path);
    // When a failed write is known is the system's matter.
    while ((await readDaemonLog(path, 1)).length === 0) {
      other.keep('there is room');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await other.close();
    expect((await readDaemonLog(path, 1)).at(-1)?.text).toBe('there is room');
  },
);
