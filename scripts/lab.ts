/**
 * Swarms of hosts with a share of the CPU each, on a LAN of network namespaces: a report, not a test, as other work on
 * the machine moves every number. Needs root on Linux, and control groups.
 *
 *     scripts/lab                                   one host, four, eight and unequal ones, of one core in all
 *     scripts/lab --only one,eight --presets 4,8
 *     scripts/lab --only uplink --megabits 20,100   a leader whose link carries so much, and a film of high rate; 100
 *                                                   Mbit/s are scarce to hosts of two cores and more in all
 *     scripts/lab --cpu 1.6 --rounds 4 --height 360 --reports FOLDER   keeps the report of each job, as JSON
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuGroupsUnavailable } from '../test/lab/cpu-group.ts';
import { labUnavailable } from '../test/lab/hosts.ts';
import { benchFarm, type FarmReport } from './bench/lab-farm.ts';
import { makeLabFilm } from './bench/lab-film.ts';

/** How the CPU is divided. */
const FARMS: Readonly<Record<string, readonly number[]>> = {
  one: [1],
  four: new Array(4).fill(1 / 4),
  eight: new Array(8).fill(1 / 8),
  unequal: [0.4, 0.3, 0.2, 0.1],
};

/**
 * Slices of a lossless film are large: at 100 Mbit/s link and encoders are both short. Near the end somebody plays on the
 * second host, which then holds a chunk that it will not begin for long; the fastest has nothing left to do.
 */
const UPLINK = {
  preset: 4,
  rounds: 2,
  shares: [0.25, 0.25, 0.4, 0.1],
  slowing: { host: 1, to: 0.05, atShare: 0.75 },
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'one,four,eight,unequal,uplink' },
    presets: { type: 'string', default: '4,8' },
    cpu: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    height: { type: 'string', default: '360' },
    megabits: { type: 'string', default: '20,100' },
    reports: { type: 'string' },
  },
});
const cpu = Number(values.cpu);
const height = Number(values.height);
const size = { width: Math.round((height * 16) / 9 / 2) * 2, height };
const only = values.only.split(',');
const strange = only.filter((name) => name !== 'uplink' && FARMS[name] === undefined);

const interrupted = new AbortController();
const reason =
  strange.length > 0
    ? `--only holds names of ${[...Object.keys(FARMS), 'uplink'].join(', ')}, not ${strange.join(', ')}`
    : (labUnavailable() ?? (await cpuGroupsUnavailable()));
if (reason === null) {
  await measure().catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = 130;
  });
} else {
  console.error(`Nothing is measured: ${reason}.`);
  process.exitCode = 1;
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-lab-'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  if (values.reports !== undefined) await mkdir(values.reports, { recursive: true });
  try {
    const farms = only.filter((name) => name !== 'uplink');
    const film =
      farms.length === 0
        ? ''
        : await makeLabFilm(folder, 'film', { ...size, rounds: Number(values.rounds), crf: 20 });
    for (const preset of values.presets.split(',').map(Number)) {
      for (const name of farms) {
        const shares = (FARMS[name] ?? []).map((share) => share * cpu);
        await measureOne(`${name}, preset ${preset}`, folder, {
          film,
          shares,
          preset,
          leaderMegabits: null,
          slowing: null,
        });
      }
    }
    if (!only.includes('uplink')) return;
    const { preset, rounds, slowing } = UPLINK;
    const uplinks = values.megabits.split(',').map(Number);
    const lossless = await makeLabFilm(folder, 'lossless', { ...size, rounds, crf: 0 });
    const shares = UPLINK.shares.map((share) => share * cpu);
    for (const leaderMegabits of [null, ...uplinks]) {
      const words = leaderMegabits === null ? 'free uplink' : `uplink of ${leaderMegabits} Mbit/s`;
      await measureOne(`${words}, preset ${preset}`, folder, {
        film: lossless,
        shares,
        preset,
        leaderMegabits,
        slowing,
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureOne(
  label: string,
  folder: string,
  options: Pick<Parameters<typeof benchFarm>[0], 'film' | 'shares' | 'preset' | 'leaderMegabits' | 'slowing'>,
): Promise<void> {
  const own = await mkdtemp(join(folder, 'run-'));
  const reportPath =
    values.reports === undefined ? null : join(values.reports, `${label.replace(/[^a-z0-9]+/gi, '-')}.json`);
  const report = await benchFarm({ ...options, folder: own, reportPath, signal: interrupted.signal });
  await rm(own, { recursive: true });
  for (const line of describe(label, report)) console.log(line);
}

function describe(label: string, report: FarmReport): string[] {
  const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const { scan, encode, proof } = report.cpuSeconds;
  const { fromLeader, direct } = report.sliceBytes;
  const shares = report.shares.map((share) => share.toFixed(3));
  return [
    `${label}: E ${report.efficiency.toFixed(3)}, ${report.makespanSeconds.toFixed(1)} s of at least ${report.boundSeconds.toFixed(1)} s, ${report.chunks} chunks`,
    `  CPU of ${shares.join(', ')}: scan ${scan.toFixed(1)} s, proof ${proof.toFixed(1)} s, encode ${encode.toFixed(1)} s, beside them ${percent(report.overheadShare)}`,
    `  scan and proof take ${percent(report.leaderFeedingShare)} of the leader's CPU; hosts were busy ${report.busyShares.map(percent).join(', ')}`,
    `  bottleneck: ${report.bottleneck}`,
    `  chunks by host ${report.chunksByHost.join(', ')}; ${report.attempts} attempts, ${report.retries} retries, ${report.stolenCount} stolen`,
    `  slots waited for their chunks ${percent(report.slotsWaitedShare)}; the leader sent ${megabytes(fromLeader)} of slices, ${report.directSliceCount} of ${megabytes(direct)} went straight between others`,
    `  load of the machine at the end: ${loadavg()[0]?.toFixed(2)}`,
  ];
}
