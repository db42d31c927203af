import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../node/daemon/daemon.ts';
import type { Daemon, DaemonOptions } from '../../node/daemon/daemon-api.ts';
import { NO_WISHES } from '../../src/picture/plan-filters.ts';
import type { JobOptions, JobSummary } from '../../src/protocol/control-api.ts';

/** What a submit without flags asks for, but for what a bench sets. */
export const JOB: JobOptions = {
  encoder: 'svt-av1',
  preset: null,
  crf: null,
  target: null,
  budget: null,
  ladder: null,
  allocation: null,
  autoparam: null,
  passes: 1,
  grain: 0,
  encoderParams: {},
  bitDepth: 10,
  picture: NO_WISHES,
  minSceneSeconds: 1,
  maxSceneSeconds: 10,
  cuts: null,
  forcedKeyframes: [],
  zones: [],
  audioChoice: null,
  audio: 'copy',
  subtitles: 'copy',
  attachments: 'copy',
  chapters: true,
  overwrite: true,
  previews: false,
  isLocal: false,
  checksStored: false,
};

/** Runs `use` with a daemon on loopback and an empty state folder, both gone afterwards. */
export async function withDaemon<T>(
  change: Partial<DaemonOptions>,
  use: (daemon: Daemon, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
  const options: DaemonOptions = {
    name: 'bench',
    slots: null,
    peers: [],
    swarm: 'bench',
    port: 0,
    listen: ['127.0.0.1'],
    mdns: false,
    stateDirectory: join(folder, 'state'),
    niceness: 0,
    cacheLimitBytes: 10e9,
    schedule: null,
    maxLoad: null,
    worksOnBattery: true,
    inhibitsSleep: false,
    maxUpload: null,
    maxDownload: null,
    ...change,
  };
  const daemon = await startDaemon(options, () => undefined);
  try {
    return await use(daemon, folder);
  } finally {
    await daemon.shutDown('the bench is over');
    await rm(folder, { recursive: true, force: true });
  }
}

/** Submits and waits for the end. */
export async function submitTo(
  daemon: Daemon,
  input: string,
  output: string,
  change: Partial<JobOptions>,
): Promise<JobSummary> {
  const { job } = await daemon.submit({ input, output, options: { ...JOB, ...change } });
  for await (const event of daemon.follow(job.id, new AbortController().signal)) {
    if (event.type !== 'job' || event.job.error === null) continue;
    throw new Error(event.job.error);
  }
  const { summary } = await daemon.job(job.id);
  if (summary === null) throw new Error('the job ended without a summary');
  return summary;
}

/** The same, and sees to it that every encode was one of this run's. */
export async function encode(
  daemon: Daemon,
  input: string,
  output: string,
  change: Partial<JobOptions>,
): Promise<JobSummary> {
  const summary = await submitTo(daemon, input, output, change);
  if (summary.attemptCount !== summary.chunkCount) {
    throw new Error(
      `${summary.attemptCount} encodes were run for ${summary.chunkCount} chunks; a bench wants as many.`,
    );
  }
  return summary;
}
