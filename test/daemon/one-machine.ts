import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../node/daemon/daemon.ts';
import type { Daemon, DaemonOptions } from '../../node/daemon/daemon-api.ts';
import { type Machine, thisMachine } from '../../node/daemon/machine.ts';
import { NO_WISHES } from '../../src/picture/plan-filters.ts';
import type { JobOptions, JobView } from '../../src/protocol/control-api.ts';
import { HOLDABLE } from './hold-encoders.ts';

/** Fast encodes of small pictures, in chunks of half a second to two. */
export const FAST: JobOptions = {
  encoder: 'svt-av1',
  preset: 12,
  crf: 35,
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
  minSceneSeconds: 0.5,
  maxSceneSeconds: 2,
  cuts: null,
  forcedKeyframes: [],
  zones: [],
  audioChoice: null,
  audio: 'copy',
  subtitles: 'copy',
  attachments: 'copy',
  chapters: true,
  overwrite: false,
  previews: false,
  isLocal: false,
  checksStored: false,
};

/** A folder for one test file's sources, outputs and state; the caller removes it. */
export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vadeio-daemon-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A daemon on loopback that looks for nobody. */
export function startLoneDaemon(
  stateDirectory: string,
  change: Partial<DaemonOptions> = {},
  machine: Machine = thisMachine(),
): Promise<Daemon> {
  // Its engines are children of the test's own process.
  Object.assign(process.env, HOLDABLE);
  const options: DaemonOptions = {
    name: 'lone',
    slots: 2,
    peers: [],
    swarm: 'test',
    port: 0,
    listen: ['127.0.0.1'],
    mdns: false,
    stateDirectory,
    niceness: 0,
    cacheLimitBytes: 1e9,
    schedule: null,
    maxLoad: null,
    worksOnBattery: true,
    inhibitsSleep: false,
    maxUpload: null,
    maxDownload: null,
    ...change,
  };
  return startDaemon(options, () => undefined, machine);
}

/** Follows a job to its end. */
export async function untilOver(daemon: Daemon, id: string): Promise<JobView> {
  let last: JobView | null = null;
  for await (const event of daemon.follow(id, new AbortController().signal)) {
    if (event.type === 'job') last = event.job;
  }
  if (last === null) throw new Error(`job ${id} was never shown`);
  return last;
}

/** The same; throws when the end is not a good one. */
export async function untilDone(daemon: Daemon, id: string): Promise<JobView> {
  const last = await untilOver(daemon, id);
  if (last.phase === 'done' && last.error === null) return last;
  throw new Error(`The job was to be done and is ${last.phase}: ${last.error}`);
}
