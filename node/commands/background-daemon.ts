import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonApi, DaemonOptions } from '../daemon/daemon-api.ts';
import { makePrivateFolder } from '../storage/make-folder.ts';
import { statePaths } from '../storage/state-paths.ts';
import { daemonArguments } from './daemon-flags.ts';
import { awaitDaemon } from './host-daemon.ts';

/**
 * Starts a daemon that outlives this process and its terminal, and ends by itself after its last job. What it prints
 * goes to a file in its state folder. Throws its last words when it does not start.
 */
export async function startBackgroundDaemon(
  self: readonly string[],
  options: DaemonOptions,
): Promise<DaemonApi> {
  const { printed } = statePaths(options.stateDirectory);
  await makePrivateFolder(options.stateDirectory);
  const file = await open(printed, 'w', 0o600);
  const gone = new AbortController();
  try {
    const [program = process.execPath, ...first] = self;
    const child = spawn(program, [...first, 'up', '--until-idle', ...daemonArguments(options)], {
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
    });
    child.once('error', () => gone.abort());
    child.once('exit', () => gone.abort());
    child.unref();
    const daemon = await awaitDaemon(options.stateDirectory, gone.signal);
    if (daemon !== null) return daemon;
    // Its last words may still be on their way to the file.
    await sleep(100);
    const words = (await readFile(printed, 'utf8')).trim();
    throw new Error(
      words === ''
        ? `The daemon in the background did not start, and it printed nothing. To see why, run: vadeio-node up --state-dir ${options.stateDirectory}`
        : `The daemon in the background did not start. It said: ${words}`,
    );
  } finally {
    await file.close();
  }
}
