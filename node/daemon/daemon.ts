import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSlotControl } from '../../src/schedule/peer/slot-control.ts';
import { EnginePool } from '../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest, ScanMessage, ScanRequest } from '../engine/messages.ts';
import { withLoopback } from '../mesh/loopback.ts';
import type { MeshHandlers } from '../mesh/mesh.ts';
import { type RunningSwarm, startMesh } from '../mesh/swarm.ts';
import { sentenceOf } from '../sentence.ts';
import { openBuildBook } from '../storage/build-book.ts';
import { type DaemonLog, openDaemonLog } from '../storage/daemon-log.ts';
import { openStateDirectory, type StateDirectory } from '../storage/state-directory.ts';
import type { StatePaths } from '../storage/state-paths.ts';
import { readWish } from '../storage/wish-file.ts';
import { ownVersion } from '../version.ts';
import type { Daemon, DaemonOptions } from './daemon-api.ts';
import { DaemonFace } from './daemon-face.ts';
import { EncoderBuilds } from './encoder-builds.ts';
import { JobBook } from './job-book.ts';
import { Jobs } from './jobs.ts';
import { Leader } from './leader.ts';
import { type Machine, thisMachine } from './machine.ts';
import { PeerBook } from './peer-book.ts';
import { openPinnedCache } from './pinned-cache.ts';
import { SleepGuard } from './sleep-guard.ts';
import { SlotWatch } from './slot-watch.ts';
import { Switchboard } from './switchboard.ts';
import { WorkGate, type WorkGateParts } from './work-gate.ts';
import { Worker } from './worker.ts';

/** Says a sentence to whoever watches the daemon, and keeps it in its log. */
export type Log = (line: string) => void;

/** Builds the parts of a daemon and lets them run. Throws a sentence when it cannot start. */
export async function startDaemon(
  options: DaemonOptions,
  log: Log,
  machine: Machine = thisMachine(),
): Promise<Daemon> {
  const state = await openStateDirectory(options.stateDirectory);
  const kept = openDaemonLog(state.paths.log);
  kept.keep(`vadeio-node ${await ownVersion()} starts as ${options.name}.`);
  try {
    const tellAndKeep: Log = (line) => {
      kept.keep(line);
      log(line);
    };
    return await build(options, state, kept, tellAndKeep, machine);
  } catch (error) {
    kept.keep(`It does not start: ${sentenceOf(error)}`);
    await kept.close();
    await state.release();
    throw error;
  }
}

async function build(
  options: DaemonOptions,
  state: StateDirectory,
  kept: DaemonLog,
  log: Log,
  machine: Machine,
): Promise<Daemon> {
  const { paths } = state;
  const control = createSlotControl(machine.cores, await machine.availableBytes());
  // The most it will ever run at once: the room that is offered says how many it is now.
  const slots = options.slots ?? machine.cores;
  const { book, remembered } = await openBook(paths, log);
  const cache = await openPinnedCache(paths, options.cacheLimitBytes, remembered, log);
  // The limit may be lower than the last daemon's.
  await cache.prune();

  const instance = randomBytes(8).toString('hex');
  const peers = new PeerBook();
  const switchboard = new Switchboard(peers, log);
  const swarm = await joinSwarm(options, paths, { instance, slots }, switchboard.handlers);
  const mesh = withLoopback(swarm, switchboard.handlers);
  peers.setName(mesh.id, options.name);
  const niceness = feedingNiceness(options.niceness);
  // A folder of its own for each run: what cleans up after a killed daemon never meets the next one's files.
  const workDirectory = join(paths.work, instance);
  await mkdir(workDirectory, { mode: 0o700 });
  const provers = new EnginePool<ProveRequest, ProveMessage>('prove', {
    niceness,
    orphanedFolder: workDirectory,
  });
  const scanners = new EnginePool<ScanRequest, ScanMessage>('scan', { niceness });
  const leader = new Leader(mesh);
  const buildBook = await openBuildBook(paths.builds);
  const builds = new EncoderBuilds(buildBook);
  const worker = new Worker({
    mesh,
    builds,
    slots,
    workDirectory,
    memoryBytes: control.memoryBudgetBytes,
    niceness: options.niceness,
  });
  const slotWatch = options.slots === null ? new SlotWatch(machine, worker, control) : null;
  const gate = await openGate(options, paths, { worker, machine, log });
  const jobs = new Jobs({
    mesh,
    leader,
    cache,
    book,
    provers,
    scanners,
    workDirectory,
    niceness,
    viewer: {
      state: leader.state,
      self: mesh.id,
      nameOf: (peer) => peers.nameOf(peer),
      hold: () => gate.hold,
    },
    log,
    kept,
  });
  switchboard.connect(leader, worker);
  // This machine is one more peer to its own leader, and a leader to its own worker.
  worker.onLeaderJoined(mesh.id);
  leader.onPeerJoined(mesh.id, slots);
  await jobs.restore(remembered);
  return new DaemonFace({
    builds,
    buildBook,
    options,
    state,
    kept,
    workDirectory,
    slotWatch,
    swarm,
    mesh,
    leader,
    worker,
    gate,
    sleepGuard: guardSleep(options, worker, jobs),
    jobs,
    peers,
    cache,
    provers,
    scanners,
  });
}

async function openBook(paths: StatePaths, log: Log) {
  const book = new JobBook(paths);
  const { jobs, problems } = await book.load();
  for (const problem of problems) log(problem);
  await book.forgetOld(jobs);
  return { book, remembered: jobs };
}

async function openGate(
  { schedule, maxLoad, worksOnBattery }: DaemonOptions,
  { wish }: StatePaths,
  parts: Pick<WorkGateParts, 'worker' | 'machine' | 'log'>,
): Promise<WorkGate> {
  const gateParts = { ...parts, schedule, maxLoad, worksOnBattery, wishPath: wish };
  return new WorkGate(gateParts, await readWish(wish));
}

function guardSleep(options: DaemonOptions, worker: Worker, jobs: Jobs): SleepGuard {
  const isWorking = (): boolean => worker.running > 0 || jobs.all().some((job) => !job.isOver);
  return new SleepGuard(options.inhibitsSleep, isWorking);
}

async function joinSwarm(
  options: DaemonOptions,
  paths: StatePaths,
  self: { readonly instance: string; readonly slots: number },
  handlers: MeshHandlers,
): Promise<RunningSwarm> {
  const { name, port, listen, swarm, peers, mdns, maxUpload, maxDownload } = options;
  return startMesh(
    {
      ...self,
      ...{ name, port, listen, swarm, peers, mdns, maxUpload, maxDownload },
      identityPath: paths.identityKey,
      rememberedPath: paths.peers,
      version: await ownVersion(),
    },
    handlers,
  );
}

/**
 * Scan, proof and assembly keep the encoders busy or the results safe, and are short: they go before the encoders, and
 * still after everything that a person does at this machine.
 */
function feedingNiceness(niceness: number): number {
  return Math.max(0, niceness - 5);
}
