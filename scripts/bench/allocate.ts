import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { findVmaf } from '../../node/engine/score/find-vmaf.ts';
import { scoreFiles } from '../../node/engine/score-files.ts';
import type { AllocationOutcome, JobOptions } from '../../src/protocol/control-api.ts';
import { bdRate, type RatePoint } from '../../src/quality/bd-rate.ts';
import { MEAN, poolScores } from '../../src/quality/pool-scores.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { submitTo, withDaemon } from './lone-daemon.ts';
import { makeRealFilms, type RealFilm } from './real-films.ts';

/** Mean VMAF that is aimed at. */
const AIMS = [90, 93, 95];

/** Chunks are shots, as far as these bounds let them. */
const CHUNKS = { minSceneSeconds: 0.5, maxSceneSeconds: 2.5 };

/** A whole file, scored by a run of its own. */
interface FilmPoint extends RatePoint {
  /** The worst twentieth of its frames does not reach it. */
  readonly p5: number;
  readonly worstChunk: number;
}

interface AllocatedPoint extends FilmPoint {
  readonly aim: number;
  readonly crfs: readonly [number, number];
  /** Encodes for this aim: what lower aims, or one CRF, had tried before is not tried again. */
  readonly triesPerChunk: number;
  /** One CRF for all at the same mean score: measured at the two whole CRFs around it, and interpolated between them. */
  readonly oneCrf: FilmPoint & { readonly crf: number };
  /** Share of its bytes that one CRF takes more. */
  readonly saved: number;
  readonly p5Lost: number;
  readonly worstChunkLost: number;
}

/** One film: bits allocated at equal slope against one CRF for all. */
export interface AllocateBench {
  readonly film: string;
  readonly from: string;
  readonly preset: number;
  readonly frames: number;
  readonly chunkCount: number;
  readonly bdRate: number | null;
  readonly points: readonly AllocatedPoint[];
  /** By CRF. */
  readonly oneCrf: readonly (FilmPoint & { readonly crf: number })[];
  readonly chunks: AllocationOutcome['chunks'];
}

/** Sizes and scores alone: they are the same on a busy machine. */
export async function benchAllocate(clips: string | null, preset: number): Promise<AllocateBench[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  const benches: AllocateBench[] = [];
  try {
    for (const film of await makeRealFilms(clips, folder)) {
      benches.push(await withDaemon({ niceness: 15 }, (daemon) => benchFilm(daemon, folder, film, preset)));
      console.error(summaryOf(benches.at(-1) as AllocateBench));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return benches;
}

async function benchFilm(
  daemon: Daemon,
  folder: string,
  film: RealFilm,
  preset: number,
): Promise<AllocateBench> {
  const ffmpeg = (await findVmaf())?.path ?? '';
  if (ffmpeg === '') throw new Error('This bench needs an FFmpeg with libvmaf.');
  const points: AllocatedPoint[] = [];
  const flat = new Map<number, FilmPoint>();
  let last: AllocationOutcome | null = null;
  let frames = 0;
  const output = join(folder, 'out.mkv');

  /** Of the file that was just written. */
  async function measure(chunkScores: readonly number[], bytes: number): Promise<FilmPoint> {
    const scores = await scoreFiles(
      film.path,
      output,
      { metric: 'vmaf', model: 'hd', ffmpeg },
      () => undefined,
    );
    frames = scores.length;
    return {
      bytes,
      score: poolScores(scores, MEAN),
      p5: poolScores(scores, { type: 'percentile', percent: 5 }),
      worstChunk: Math.min(...chunkScores),
    };
  }

  async function atOneCrf(crf: number): Promise<FilmPoint> {
    const known = flat.get(crf);
    if (known !== undefined) return known;
    const target = { ...parseScoreTarget('vmaf=50'), model: 'hd', minCrf: crf, maxCrf: crf } as const;
    const { quality, outputBytes } = await submitTo(daemon, film.path, output, { ...CHUNKS, preset, target });
    const point = await measure(quality?.chunks.map(({ score }) => score) ?? [], outputBytes);
    flat.set(crf, point);
    return point;
  }

  for (const aim of AIMS) {
    const allocation: JobOptions['allocation'] = {
      rule: { type: 'slope' },
      goal: { type: 'score', aim },
      ...{ metric: 'vmaf', model: 'hd', minCrf: null, maxCrf: null },
    };
    const summary = await submitTo(daemon, film.path, output, { ...CHUNKS, preset, allocation });
    const outcome = summary.allocation;
    if (outcome === null) throw new Error('The job says nothing of its allocation.');
    const own = await measure(
      outcome.chunks.map(({ score }) => score),
      summary.outputBytes,
    );
    const same = await sameScore(own.score, outcome.oneCrf?.crf ?? 35, atOneCrf);
    const crfs = outcome.chunks.map(({ crf }) => crf);
    points.push({
      aim,
      ...own,
      crfs: [Math.min(...crfs), Math.max(...crfs)],
      triesPerChunk: summary.attemptCount / crfs.length,
      oneCrf: same,
      saved: 1 - own.bytes / same.bytes,
      p5Lost: same.p5 - own.p5,
      worstChunkLost: same.worstChunk - own.worstChunk,
    });
    last = outcome;
  }
  const oneCrf = [...flat].sort(([a], [b]) => a - b).map(([crf, point]) => ({ crf, ...point }));
  return {
    film: film.name,
    from: film.from,
    ...{ preset, frames },
    chunkCount: last?.chunks.length ?? 0,
    bdRate: bdRate(oneCrf, points),
    points,
    oneCrf,
    chunks: last?.chunks ?? [],
  };
}

/** The two whole CRFs on both sides of a score, and what lies between them at just that score. */
async function sameScore(
  score: number,
  start: number,
  at: (crf: number) => Promise<FilmPoint>,
): Promise<FilmPoint & { readonly crf: number }> {
  let crf = Math.round(start);
  while ((await at(crf)).score < score && crf > 1) crf -= 1;
  while ((await at(crf + 1)).score >= score && crf < 62) crf += 1;
  const [better, worse] = [await at(crf), await at(crf + 1)];
  const share = (better.score - score) / (better.score - worse.score);
  const between = (a: number, b: number) => a * (1 - share) + b * share;
  return {
    crf: crf + share,
    bytes: Math.exp(between(Math.log(better.bytes), Math.log(worse.bytes))),
    score,
    p5: between(better.p5, worse.p5),
    worstChunk: between(better.worstChunk, worse.worstChunk),
  };
}

function summaryOf({ film, chunkCount, points, bdRate: delta }: AllocateBench): string {
  const rows = points.map(
    ({ aim, score, saved, p5Lost, worstChunkLost, triesPerChunk, oneCrf }) =>
      `  VMAF ${aim}: ${score.toFixed(2)}, ${(100 * saved).toFixed(1)} % saved against CRF ${oneCrf.crf.toFixed(2)}, ` +
      `p5 ${(-p5Lost).toFixed(2)}, worst chunk ${(-worstChunkLost).toFixed(2)}, ${triesPerChunk.toFixed(2)} tries a chunk`,
  );
  return [`${film}, ${chunkCount} chunks, BD-rate ${((delta ?? 0) * 100).toFixed(1)} %`, ...rows].join('\n');
}
