import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSummary, JobView } from '../../src/protocol/control-api.ts';
import { HostDaemon, summaryOf } from '../../test/lab/host-daemon.ts';
import { type Host, makeLab } from '../../test/lab/hosts.ts';

/** Machines of unequal speed, and how one job fared on them. */
export interface FarmOptions {
  readonly film: string;
  readonly folder: string;
  /** CPU seconds a second of each host; the first one leads. */
  readonly shares: readonly number[];
  readonly preset: number;
  /** Of the leader's link, both ways; null: as fast as the machine. */
  readonly leaderMegabits: number | null;
  /** A host that is needed for something else on the way; null: none is. */
  readonly slowing: Slowing | null;
  /** Where the job's own report is written, as JSON; null: nowhere. */
  readonly reportPath: string | null;
  /** Ends the lab before its time. */
  readonly signal: AbortSignal;
}

export interface Slowing {
  /** Position in `shares`. */
  readonly host: number;
  /** What is left of its share. */
  readonly to: number;
  /** When so much of the film is encoded and proven. */
  readonly atShare: number;
}

export interface FarmReport {
  readonly shares: readonly number[];
  readonly preset: number;
  readonly chunks: number;
  /** From submit to the finished file. */
  readonly makespanSeconds: number;
  /** CPU seconds of scan, committed encodes and proofs, at the CPU that all hosts together had. */
  readonly boundSeconds: number;
  /** Bound by makespan. */
  readonly efficiency: number;
  readonly cpuSeconds: JobSummary['cpuSeconds'];
  /** Of the leader's CPU time from submit to end, what scan and proof take. */
  readonly leaderFeedingShare: number;
  /** Of each host's CPU time from submit to end, what it used; of one that was slowed, as if it had not been. */
  readonly busyShares: readonly number[];
  /** Of the CPU time used, what is no scan, committed encode or proof: the daemons themselves, children that start. */
  readonly overheadShare: number;
  readonly bottleneck: string;
  readonly attempts: number;
  readonly retries: number;
  readonly chunksByHost: readonly number[];
  readonly stolenCount: number;
  readonly slotsWaitedShare: number | null;
  readonly sliceBytes: JobSummary['sliceBytes'];
  readonly directSliceCount: number;
}

/** Hosts whose CPU is used up so far are not waiting for anything. */
const SATURATED = 0.9;

/** Encodes the film once on such hosts; every host runs one encode at a time. */
export async function benchFarm(options: FarmOptions): Promise<FarmReport> {
  const { film, folder, shares, preset, leaderMegabits, slowing, reportPath, signal } = options;
  const lab = await makeLab(shares.length);
  // Whatever is waited for then ends with an error.
  signal.addEventListener('abort', () => void lab.stop());
  try {
    const daemons = lab.hosts.map(
      (host, i) => new HostDaemon(host, `host-${i}`, join(folder, `host-${i}`), {}),
    );
    // They start with the machine's whole CPU: what is measured begins with the submit. With the usual niceness, as a
    // leader's scan, proofs and words to others go before its own encode by that.
    await Promise.all(daemons.map((daemon) => daemon.start('--swarm', 'lab')));
    for (const { name } of daemons.slice(1)) {
      await (daemons[0] as HostDaemon).untilPeer(name, (peer) => peer?.state === 'alive');
    }
    if (leaderMegabits !== null) await (lab.hosts[0] as Host).shape(leaderMegabits);
    for (const [i, host] of lab.hosts.entries()) await host.limitCpu(shares[i] as number);
    const usedBefore = await Promise.all(lab.hosts.map(cpuSecondsOf));
    const output = join(folder, 'out.mkv');
    const flags = ['--preset', String(preset), '--min-scene-length', '0.5', '--max-scene-length', '1'];
    const leader = daemons[0] as HostDaemon;
    const run = leader.submit(film, output, [...flags, '--overwrite']);
    const beganMs = performance.now();
    let slowedMs: number | null = null;
    if (slowing !== null) {
      await leader.untilJob(output, ({ progress }) => shareDone(progress) >= slowing.atShare);
      await lab.hosts[slowing.host]?.limitCpu(slowing.to * (shares[slowing.host] as number));
      slowedMs = performance.now() - beganMs;
    }
    const summary = await summaryOf(run);
    const usedAfter = await Promise.all(lab.hosts.map(cpuSecondsOf));
    const used = usedAfter.map((seconds, i) => seconds - (usedBefore[i] as number));
    if (reportPath !== null) {
      const { id } = await leader.untilJob(output, () => true);
      const code = await leader.command('job', id, '--report', reportPath).exited;
      if (code !== 0) throw new Error(`the report of job ${id} could not be written to ${reportPath}`);
    }
    return reportOf(options, summary, used, slowedMs);
  } finally {
    await lab.stop();
  }
}

function shareDone({ framesCommitted, frameCount, isFrameCountExact }: JobView['progress']): number {
  return isFrameCountExact && frameCount !== null ? framesCommitted / frameCount : 0;
}

function reportOf(
  { shares, preset, slowing }: FarmOptions,
  summary: JobSummary,
  used: readonly number[],
  slowedMs: number | null,
): FarmReport {
  const { scan, encode, proof } = summary.cpuSeconds;
  const makespan = summary.wallSeconds;
  const [leader = 1] = shares;
  const lost = slowing === null ? 0 : (1 - slowing.to) * (shares[slowing.host] as number);
  const together = sum(shares);
  const work = scan + encode + proof;
  const before = Math.min(work, together * ((slowedMs ?? 0) / 1000));
  // Scan and proof are the leader's, encodes anybody's.
  const bound = Math.max(before / together + (work - before) / (together - lost), (scan + proof) / leader);
  const busyShares = used.map((seconds, i) => seconds / (makespan * (shares[i] as number)));
  const byName = new Map(summary.peers.map(({ name, chunksDone }) => [name, chunksDone]));
  const feeding = (scan + proof) / (makespan * leader);
  return {
    shares,
    preset,
    chunks: summary.chunkCount,
    makespanSeconds: makespan,
    boundSeconds: bound,
    efficiency: bound / makespan,
    cpuSeconds: summary.cpuSeconds,
    leaderFeedingShare: feeding,
    busyShares,
    overheadShare: 1 - (scan + encode + proof) / sum(used),
    bottleneck: bottleneckOf(busyShares, feeding),
    attempts: summary.attemptCount,
    retries: summary.retries.length,
    chunksByHost: shares.map((_, i) => byName.get(`host-${i}`) ?? 0),
    stolenCount: summary.stolenCount,
    slotsWaitedShare: summary.slotsWaitedShare,
    sliceBytes: summary.sliceBytes,
    directSliceCount: summary.directSliceCount,
  };
}

function bottleneckOf(busyShares: readonly number[], feeding: number): string {
  if (busyShares.every((share) => share >= SATURATED)) return 'CPU of all hosts';
  const [leader = 0] = busyShares;
  if (leader < SATURATED)
    return 'no CPU of a host: other work on this machine, links, or too few chunks at the end';
  return `CPU of the leader, of which scan and proof take ${Math.round(100 * feeding)} %`;
}

/** CPU seconds of everything that runs in a host, and of its children that have ended. */
async function cpuSecondsOf(host: Host): Promise<number> {
  const TICKS_PER_SECOND = 100;
  let ticks = 0;
  for (const pid of await host.pids()) {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = line.slice(line.lastIndexOf(') ') + 2).split(' ');
    // utime, stime, cutime, cstime
    if (line !== '') ticks += sum(fields.slice(11, 15).map(Number));
  }
  return ticks / TICKS_PER_SECOND;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
