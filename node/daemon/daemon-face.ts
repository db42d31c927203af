import { rm } from 'node:fs/promises';
import type {
  CacheView,
  IntakeView,
  JobEvent,
  JobView,
  PeerView,
  StatusView,
  SubmitRequest,
} from '../../src/protocol/control-api.ts';
import { type PeerView as ScheduledPeer, viewPeers } from '../../src/schedule/view.ts';
import type { EnginePool } from '../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest, ScanMessage, ScanRequest } from '../engine/messages.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { RunningSwarm } from '../mesh/swarm.ts';
import type { BuildBook } from '../storage/build-book.ts';
import type { Cache } from '../storage/cache.ts';
import type { DaemonLog } from '../storage/daemon-log.ts';
import type { StateDirectory } from '../storage/state-directory.ts';
import { ownVersion } from '../version.ts';
import type { Daemon, DaemonOptions } from './daemon-api.ts';
import type { EncoderBuilds } from './encoder-builds.ts';
import { type FoundEncoder, findEncoders } from './find-encoders.ts';
import type { Job } from './job.ts';
import { viewJob } from './job-view.ts';
import type { Jobs } from './jobs.ts';
import type { Leader } from './leader.ts';
import type { PeerBook } from './peer-book.ts';
import type { SleepGuard } from './sleep-guard.ts';
import type { SlotWatch } from './slot-watch.ts';
import type { WorkGate } from './work-gate.ts';
import type { Worker } from './worker.ts';

export interface DaemonParts {
  readonly options: DaemonOptions;
  readonly state: StateDirectory;
  readonly kept: DaemonLog;
  readonly workDirectory: string;
  /** null: the slots are fixed. */
  readonly slotWatch: SlotWatch | null;
  readonly swarm: RunningSwarm;
  readonly mesh: Mesh;
  readonly leader: Leader;
  readonly worker: Worker;
  readonly gate: WorkGate;
  readonly sleepGuard: SleepGuard;
  readonly jobs: Jobs;
  readonly peers: PeerBook;
  readonly cache: Cache;
  readonly provers: EnginePool<ProveRequest, ProveMessage>;
  readonly scanners: EnginePool<ScanRequest, ScanMessage>;
  readonly builds: EncoderBuilds;
  readonly buildBook: BuildBook;
}

/** What the world sees of a running daemon. */
export class DaemonFace implements Daemon {
  readonly #parts: DaemonParts;
  readonly #startedMs = performance.now();
  readonly #encoders: Promise<readonly FoundEncoder[]>;
  readonly #closing = new AbortController();

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#encoders = findEncoders(parts.builds, parts.workDirectory, this.#closing.signal);
  }

  async submit(request: SubmitRequest): Promise<{ readonly job: JobView; readonly isAttached: boolean }> {
    const { job, isAttached } = await this.#parts.jobs.submit(request);
    return { job: this.#view(job), isAttached };
  }

  async status(): Promise<StatusView> {
    const { options, state, swarm, worker, gate, sleepGuard } = this.#parts;
    return {
      name: options.name,
      id: swarm.id,
      version: await ownVersion(),
      addresses: swarm.addresses,
      swarm: options.swarm,
      slots: worker.slots,
      areSlotsAuto: options.slots === null,
      slotsRunning: worker.running,
      work: gate.view(),
      leftOut: this.#scheduledPeers().get(swarm.id)?.leftOut ?? [],
      sleep: sleepGuard.view(),
      encoders: (await this.#encoders).map(({ words }) => words),
      stateDirectory: state.paths.directory,
      uptimeSeconds: (performance.now() - this.#startedMs) / 1000,
      peers: await this.peers(),
      jobs: await this.jobs(),
    };
  }

  async peers(): Promise<readonly PeerView[]> {
    const scheduled = this.#scheduledPeers();
    return this.#parts.peers.views((peer) => scheduled.get(peer));
  }

  async jobs(): Promise<readonly JobView[]> {
    return this.#parts.jobs.all().map((job) => this.#view(job));
  }

  async job(id: string): Promise<JobView> {
    return this.#view(this.#parts.jobs.find(id));
  }

  follow(id: string, signal: AbortSignal): AsyncIterable<JobEvent> {
    return this.#parts.jobs.follow(id, signal);
  }

  async cancel(id: string): Promise<JobView> {
    return this.#view(await this.#parts.jobs.cancel(id));
  }

  async stop(id: string): Promise<JobView> {
    return this.#view(await this.#parts.jobs.stop(id));
  }

  async prioritise(id: string, priority: number): Promise<JobView> {
    return this.#view(await this.#parts.jobs.prioritise(id, priority));
  }

  pause(): Promise<IntakeView> {
    return this.#parts.gate.ask('pause');
  }

  pauseNow(): Promise<IntakeView> {
    return this.#parts.gate.ask('pause-now');
  }

  drain(): Promise<IntakeView> {
    return this.#parts.gate.ask('drain');
  }

  resume(): Promise<IntakeView> {
    return this.#parts.gate.ask('work');
  }

  async cache(): Promise<CacheView> {
    return this.#parts.cache.view();
  }

  async clearCache(): Promise<CacheView> {
    await this.#parts.cache.clear();
    return this.#parts.cache.view();
  }

  async shutDown(reason: string): Promise<void> {
    const {
      leader,
      worker,
      gate,
      sleepGuard,
      slotWatch,
      jobs,
      provers,
      scanners,
      buildBook,
      mesh,
      state,
      kept,
      workDirectory,
    } = this.#parts;
    kept.keep(`It stops: ${reason}.`);
    this.#closing.abort(new Error('the daemon stops'));
    gate.stop();
    slotWatch?.stop();
    await jobs.shutDown();
    leader.stop();
    await worker.shutDown();
    await this.#encoders;
    await provers.close();
    await scanners.close();
    await buildBook.flush();
    await mesh.stop();
    await sleepGuard.stop();
    await rm(workDirectory, { recursive: true, force: true });
    await kept.close();
    await state.release();
  }

  /** Connected peers as this daemon's jobs see them, itself among them. */
  #scheduledPeers(): ReadonlyMap<string, ScheduledPeer> {
    return new Map(viewPeers(this.#parts.leader.state).map((peer) => [peer.peer, peer]));
  }

  #view(job: Job): JobView {
    return viewJob(job, this.#parts.jobs.viewer);
  }
}
