import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EndReport } from './transfer-end.ts';

/** What moving bulk data costs: CPU seconds per GB (1e9 bytes) and memory above idle, for each end. */
export interface TransferBench {
  readonly bytes: number;
  readonly megabytesPerSecond: number;
  readonly leaderCpuSecondsPerGb: number;
  readonly peerCpuSecondsPerGb: number;
  readonly leaderPeakAboveIdleMb: number;
  readonly peerPeakAboveIdleMb: number;
  readonly leaderIdleMb: number;
}

const END = fileURLToPath(new URL('transfer-end.ts', import.meta.url));
/** About ten seconds of a 1080p source. */
const SLICE_BYTES = 25e6;

/** Moves `totalBytes` in slices from one process to another on loopback, as a leader and a peer do. */
export async function benchTransfer(totalBytes = 1e9): Promise<TransferBench> {
  const directory = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  try {
    const slice = join(directory, 'slice');
    await writeFile(slice, randomBytes(SLICE_BYTES));
    const leader = startEnd(directory, ['serve', slice]);
    const address = await leader.next();
    const peer = startEnd(directory, ['fetch', address, String(Math.ceil(totalBytes / SLICE_BYTES))]);
    const peerReport: EndReport = JSON.parse(await peer.next());
    leader.child.kill('SIGTERM');
    const leaderReport: EndReport = JSON.parse(await leader.next());
    await Promise.all([leader, peer].map(({ child }) => child.exitCode ?? once(child, 'exit')));
    return summarise(leaderReport, peerReport);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function summarise(leader: EndReport, peer: EndReport): TransferBench {
  const gigabytes = peer.bytes / 1e9;
  const aboveIdle = (end: EndReport): number => (end.peakRssBytes - end.idleRssBytes) / 1e6;
  return {
    bytes: peer.bytes,
    megabytesPerSecond: peer.bytes / 1e6 / peer.seconds,
    leaderCpuSecondsPerGb: leader.cpuSeconds / gigabytes,
    peerCpuSecondsPerGb: peer.cpuSeconds / gigabytes,
    leaderPeakAboveIdleMb: aboveIdle(leader),
    peerPeakAboveIdleMb: aboveIdle(peer),
    leaderIdleMb: leader.idleRssBytes / 1e6,
  };
}

interface End {
  readonly child: ChildProcess;
  /** The next line that it prints; rejects when it ends first. */
  next(): Promise<string>;
}

function startEnd(directory: string, args: readonly string[]): End {
  const child = spawn(process.execPath, [END, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_DIRECTORY: directory },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    next: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`The ${args[0]} end of the transfer bench ended early`);
      return value;
    },
  };
}
