import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSource } from '../sources/make-source.ts';
import { descendantsOf, until } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

test.each(['encode', 'prove', 'assemble'])(
  'invariant 5: a killed %s process costs no job',
  async (program) => {
    const folder = await makeFolder();
    const daemon = await startLoneDaemon(join(folder.path, 'state'));
    try {
      const { path: input } = await makeSource('h264-open-mkv', folder.path);
      const output = join(folder.path, 'out.mkv');
      const { job } = await daemon.submit({ input, output, options: FAST });
      await until(() => killFirst(program));
      const { phase, error } = await untilOver(daemon, job.id);
      expect([phase, error]).toEqual(['done', null]);
    } finally {
      await daemon.shutDown('the test is over');
      await folder.remove();
    }
  },
);

/** The first encode child that a job starts measures the build. */
async function killFirst(program: string): Promise<boolean> {
  for (const pid of await descendantsOf(process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes(`\0${program}\0`)) continue;
    process.kill(pid, 'SIGKILL');
    return true;
  }
  return false;
}
