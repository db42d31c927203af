import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cpuSecondsOf,
  type DaemonProcess,
  residentBytes,
  startDaemonProcess,
  untilMet,
} from './daemon-process.ts';

/** What a daemon costs that has nothing to do. */
export interface IdleBench {
  readonly peers: number;
  readonly seconds: number;
  readonly residentMb: number;
  readonly coreShare: number;
}

/** Children of the start are gone by then. */
const SETTLE_MS = 20_000;

/** A daemon that has met `peers` others, looked at for a minute. */
export async function benchIdle(peers = 4, seconds = 60): Promise<IdleBench> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  const daemons: DaemonProcess[] = [];
  try {
    const watched = await startDaemonProcess(folder, 'watched', []);
    daemons.push(watched);
    for (let i = 0; i < peers; i++) {
      daemons.push(await startDaemonProcess(folder, `peer-${i}`, ['--peer', watched.address]));
    }
    await untilMet(watched, peers);
    await sleep(SETTLE_MS);
    const before = await cpuSecondsOf(watched.pid);
    await sleep(seconds * 1000);
    const used = (await cpuSecondsOf(watched.pid)) - before;
    const residentMb = (await residentBytes(watched.pid)) / 1e6;
    return { peers, seconds, residentMb, coreShare: used / seconds };
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}
