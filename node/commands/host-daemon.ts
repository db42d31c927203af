import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl } from '../control/client.ts';
import type { DaemonApi, DaemonAtRest, DaemonOptions } from '../daemon/daemon-api.ts';
import { keepHeapSmall } from '../platform/small-heap.ts';
import { StateInUseError } from '../storage/state-directory.ts';
import { statePaths } from '../storage/state-paths.ts';
import { DEFAULT_CACHE_BYTES } from './daemon-flags.ts';
import type { Shell } from './shell.ts';

/** A daemon in this process, with its control socket. */
export interface HostedDaemon {
  readonly api: DaemonApi;
  close(reason: string): Promise<void>;
}

/** How long a daemon that has just taken the state folder may need until it answers. */
const START_PATIENCE_MS = 10_000;

/** Starts a daemon in this process and lets the command line reach it. */
export async function hostDaemon(options: DaemonOptions, log: (line: string) => void): Promise<HostedDaemon> {
  keepHeapSmall();
  // Only the commands that run a daemon load it, and libp2p with it.
  const [{ startDaemon }, { serveControl }] = await Promise.all([
    import('../daemon/daemon.ts'),
    import('../control/server.ts'),
  ]);
  const daemon = await startDaemon(options, log);
  try {
    const server = await serveControl(daemon, statePaths(options.stateDirectory).controlSocket);
    return {
      api: daemon,
      close: async (reason) => {
        await server.close();
        await daemon.shutDown(reason);
      },
    };
  } catch (error) {
    await daemon.shutDown('its control socket could not be opened');
    throw error;
  }
}

/** The daemon of a state folder, or null when none runs. */
export function findDaemon(stateDirectory: string): Promise<DaemonApi | null> {
  return connectControl(statePaths(stateDirectory).controlSocket);
}

/** The daemon of a state folder; a sentence when none runs. */
export async function needDaemon(stateDirectory: string): Promise<DaemonApi> {
  const daemon = await findDaemon(stateDirectory);
  if (daemon !== null) return daemon;
  throw new Error(`No daemon runs with the state folder ${stateDirectory}. Start one with: vadeio-node up`);
}

/** Asks the daemon of a state folder, or where none runs the folder itself. */
export async function withDaemonOrState<Answer>(
  stateDirectory: string,
  shell: Pick<Shell, 'say'>,
  ask: (daemon: DaemonAtRest) => Promise<Answer>,
): Promise<Answer> {
  const daemon = await findDaemon(stateDirectory);
  if (daemon !== null) return ask(daemon);
  const { openStateAtRest } = await import('../daemon/state-at-rest.ts');
  return ask(await openStateAtRest(stateDirectory, DEFAULT_CACHE_BYTES, (line) => shell.say(line)));
}

/** Waits until a daemon that is being started answers; null when it does not in time, or `signal` aborts. */
export async function awaitDaemon(stateDirectory: string, signal: AbortSignal): Promise<DaemonApi | null> {
  const giveUpAt = performance.now() + START_PATIENCE_MS;
  while (performance.now() < giveUpAt && !signal.aborted) {
    const daemon = await findDaemon(stateDirectory);
    if (daemon !== null) return daemon;
    await sleep(50);
  }
  return null;
}

/** The running daemon, or one in this process: two commands that start at the same time end up with one. */
export async function findOrHostDaemon(
  options: DaemonOptions,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<HostedDaemon & { readonly isHere: boolean }> {
  const running = await findDaemon(options.stateDirectory);
  if (running !== null) return { api: running, isHere: false, close: async () => undefined };
  try {
    return { ...(await hostDaemon(options, log)), isHere: true };
  } catch (error) {
    const other = error instanceof StateInUseError ? await awaitDaemon(options.stateDirectory, signal) : null;
    if (other === null) throw error;
    return { api: other, isHere: false, close: async () => undefined };
  }
}
