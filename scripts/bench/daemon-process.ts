import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectControl } from '../../node/control/client.ts';
import type { DaemonApi } from '../../node/daemon/daemon-api.ts';
import { statePaths } from '../../node/storage/state-paths.ts';

const BIN = fileURLToPath(new URL('../../bin/vadeio-node.js', import.meta.url));

/** A real daemon in a process of its own, as a user starts it, on loopback. */
export interface DaemonProcess {
  readonly pid: number;
  readonly api: DaemonApi;
  readonly address: string;
  stop(): Promise<void>;
}

export async function startDaemonProcess(
  folder: string,
  name: string,
  flags: readonly string[],
): Promise<DaemonProcess> {
  const stateDirectory = join(folder, name);
  const lone = ['--no-mdns', '--listen', '127.0.0.1', '--port', '0', '--state-dir', stateDirectory];
  const child = spawn(process.execPath, [BIN, 'up', '--name', name, ...lone, ...flags], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the daemon ${name} ended at start`);
    const api = await connectControl(statePaths(stateDirectory).controlSocket);
    const address = (await api?.status())?.addresses[0];
    if (api !== null && address !== undefined) {
      const stop = async (): Promise<void> => {
        child.kill('SIGTERM');
        await ended;
      };
      return { pid: child.pid ?? 0, api, address, stop };
    }
    await sleep(50);
  }
}

/** Waits until this daemon has met as many peers. */
export async function untilMet(daemon: DaemonProcess, count: number): Promise<void> {
  while ((await daemon.api.peers()).filter(({ state }) => state === 'alive').length < count) await sleep(50);
}

/** Resident memory of a process, in bytes. Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** CPU seconds a process has used. Linux only. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  const TICKS_PER_SECOND = 100;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
