import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { findVmaf } from '../../node/engine/score/find-vmaf.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { submitTo, withDaemon } from './lone-daemon.ts';
import { median } from './median.ts';
import { makeRealFilms, type RealFilm } from './real-films.ts';

/** VMAF that every chunk is to have. */
const AIMS = [90, 93, 96];

const CHUNKS = { minSceneSeconds: 0.5, maxSceneSeconds: 2.5 };

/** One film at one target, against a plain encode at the median of the CRFs that were found. */
export interface TargetBench {
  readonly film: string;
  readonly aim: number;
  readonly preset: number;
  readonly chunkCount: number;
  /** Of the finished file, by a run of its own. */
  readonly score: number;
  readonly fileError: number;
  readonly meanChunkError: number;
  readonly worstChunkError: number;
  /** Chunks that no CRF brings nearer. */
  readonly missedCount: number;
  readonly probesPerChunk: number;
  /** Tries that idle machines began beside these. */
  readonly besideCount: number;
  /** CPU seconds of encoding and scoring, and wall seconds: only a machine with nothing else to do tells these. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
}

/** How near targets land and what they cost; every film and target begins with an empty cache. */
export async function benchTargets(clips: string | null, preset: number): Promise<TargetBench[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  const benches: TargetBench[] = [];
  try {
    for (const film of await makeRealFilms(clips, folder)) {
      for (const aim of AIMS) {
        benches.push(
          await withDaemon({ niceness: 15 }, (daemon) => benchTarget(daemon, folder, film, aim, preset)),
        );
        console.error(rowOf(benches.at(-1) as TargetBench));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return benches;
}

async function benchTarget(
  daemon: Daemon,
  folder: string,
  film: RealFilm,
  aim: number,
  preset: number,
): Promise<TargetBench> {
  const ffmpeg = (await findVmaf())?.path ?? '';
  if (ffmpeg === '') throw new Error('This bench needs an FFmpeg with libvmaf.');
  const target = { ...parseScoreTarget(`vmaf=${aim}`), model: 'hd', minCrf: null, maxCrf: null } as const;
  const output = join(folder, 'out.mkv');
  const summary = await submitTo(daemon, film.path, output, { ...CHUNKS, preset, target });
  const { quality } = await daemon.job((await daemon.jobs()).at(-1)?.id ?? '');
  const chunks = summary.quality?.chunks ?? [];
  const scores = await scoreFiles(
    film.path,
    output,
    { metric: 'vmaf', model: 'hd', ffmpeg },
    () => undefined,
  );
  const score = poolScores(scores, MEAN);
  const errors = chunks.map((chunk) => Math.abs(chunk.score - aim));
  const crf = Math.round(median(chunks.map((chunk) => chunk.crf)));
  const plain = await withDaemon({ niceness: 15 }, (other) =>
    submitTo(other, film.path, output, { ...CHUNKS, preset, crf }),
  );
  return {
    ...{ film: film.name, aim, preset, score, chunkCount: chunks.length },
    fileError: Math.abs(score - aim),
    meanChunkError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worstChunkError: Math.max(...errors),
    missedCount: quality?.missedCount ?? 0,
    probesPerChunk: (quality?.probeCount ?? 0) / chunks.length,
    besideCount: quality?.besideCount ?? 0,
    cpuRatio: summary.cpuSeconds.encode / plain.cpuSeconds.encode,
    wallRatio: summary.wallSeconds / plain.wallSeconds,
  };
}

function rowOf(bench: TargetBench): string {
  const { film, aim, chunkCount, fileError, meanChunkError, worstChunkError, probesPerChunk } = bench;
  return (
    `${film}, ${chunkCount} chunks, VMAF ${aim}: off by ${fileError.toFixed(2)} (file), ${meanChunkError.toFixed(2)} ` +
    `(mean chunk), ${worstChunkError.toFixed(2)} (worst chunk, ${bench.missedCount} missed); ${probesPerChunk.toFixed(2)} probes ` +
    `a chunk and ${bench.besideCount} beside; ${bench.cpuRatio.toFixed(2)} times the CPU of one plain encode`
  );
}
