import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EngineCrash, EnginePool } from '../../node/engine/engine-pool.ts';
import { descendantsOf, until, untilGone } from '../daemon/cli-process.ts';

test('a child that was killed while it was idle is a crash, which is tried again, whatever the channel says', async () => {
  const pool = new EnginePool<object, object>('prove', { niceness: 0 });
  pool.warm();
  let child = 0;
  await until(async () => {
    child = (await descendantsOf(process.pid)).find(isAtWork) ?? 0;
    return child !== 0;
  });
  process.kill(child, 'SIGKILL');
  // Dead, and nobody here has heard of it: nothing else runs in between.
  while (!isDead(child));
  const run = pool.run({}, () => true, new AbortController().signal);
  await expect(run).rejects.toThrow(EngineCrash);
  await pool.close();
});

test('a child that hangs is ended, which is a crash and tried again', async () => {
  const pool = new EnginePool<object, object>('prove', { niceness: 0, silenceMs: 300 });
  pool.warm();
  const found = async (): Promise<number | undefined> => (await descendantsOf(process.pid)).find(isAtWork);
  await until(async () => (await found()) !== undefined);
  const child = (await found()) ?? 0;
  process.kill(child, 'SIGSTOP');
  const run = pool.run({}, () => true, new AbortController().signal);
  await expect(run).rejects.toThrow(EngineCrash);
  await expect(run).rejects.toThrow('the prove process said nothing for 0.3 s and was ended');
  await untilGone([child]);
  await pool.close();
});

function isAtWork(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0prove\0');
}

function isDead(pid: number): boolean {
  return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
