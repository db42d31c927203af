import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeaderMessage, isPeerMessage } from '../../src/protocol/message-kinds.ts';
import type { BulkRequest } from '../../src/protocol/messages.ts';
import { defaultSlots, memoryBudget } from '../../src/schedule/default-slots.ts';
import { EnginePool } from '../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest } from '../engine/messages.ts';
import { withLoopback } from '../mesh/loopback.ts';
import type { BulkAnswer, MeshEvent, MeshHandlers } from '../mesh/mesh.ts';
import { startMesh } from '../mesh/swarm.ts';
import { type Cache, openCache } from '../storage/cache.ts';
import { openStateDirectory, type StateDirectory } from '../storage/state-directory.ts';
import type { StatePaths } from '../storage/state-paths.ts';
import { readWish } from '../storage/wish-file.ts';
import { ownVersion } from '../version.ts';
import type { Daemon, DaemonOptions } from './daemon-api.ts';
import { DaemonFace } from './daemon-face.ts';
import { JobBook, type RememberedJob } from './job-book.ts';
import { Jobs } from './jobs.ts';
import { Leader } from './leader.ts';
import { readMachine } from './machine.ts';
import { PeerBook } from './peer-book.ts';
import { WorkGate } from './work-gate.ts';
import { Worker } from './worker.ts';

/** Says a sentence to whoever watches the daemon: its terminal, or its log. */
export type Log = (line: string) => void;

/** Builds the parts of a daemon and lets them run. Throws a sentence when it cannot start. */
export async function startDaemon(options: DaemonOptions, log: Log): Promise<Daemon> {
  const state = await openStateDirectory(options.stateDirectory);
  try {
    return await build(options, state, log);
  } catch (error) {
    await state.release();
    throw error;
  }
}

async function build(options: DaemonOptions, state: StateDirectory, log: Log): Promise<Daemon> {
  const { paths } = state;
  const machine = await readMachine();
  const slots = options.slots ?? defaultSlots(machine.cores, machine.availableBytes);
  const book = new JobBook(paths);
  const remembered = await book.load();
  for (const problem of remembered.problems) log(problem);
  const cache = await openPinnedCache(paths, options.cacheLimitBytes, remembered.jobs, log);

  const instance = randomBytes(8).toString('hex');
  const peers = new PeerBook();
  const switchboard = new Switchboard(peers, log);
  const swarm = await startMesh(
    {
      identityPath: paths.identityKey,
      rememberedPath: paths.peers,
      name: options.name,
      version: await ownVersion(),
      instance,
      slots,
      port: options.port,
      listen: options.listen,
      swarm: options.swarm,
      peers: options.peers,
      mdns: options.mdns,
    },
    switchboard.handlers,
  );
  const mesh = withLoopback(swarm, switchboard.handlers);
  peers.setName(mesh.id, options.name);
  const niceness = feedingNiceness(options.niceness);
  // A folder of its own for each run: what cleans up after a killed daemon never meets the next one's files.
  const workDirectory = join(paths.work, instance);
  await mkdir(workDirectory, { mode: 0o700 });
  const orphanedFolder = workDirectory;
  const provers = new EnginePool<ProveRequest, ProveMessage>('prove', { niceness, orphanedFolder });
  const leader = new Leader(mesh);
  const worker = new Worker({
    mesh,
    slots,
    workDirectory,
    memoryBytes: memoryBudget(machine.availableBytes),
    niceness: options.niceness,
  });
  const gate = new WorkGate({ worker, wishPath: paths.wish, log }, await readWish(paths.wish));
  const jobs = new Jobs({
    mesh,
    leader,
    cache,
    book,
    provers,
    workDirectory,
    niceness,
    viewer: {
      state: leader.state,
      self: mesh.id,
      nameOf: (peer) => peers.nameOf(peer),
      hold: () => gate.hold,
    },
    log,
  });
  switchboard.connect(leader, worker);
  // This machine is one more peer to its own leader, and a leader to its own worker.
  worker.onLeaderJoined(mesh.id);
  leader.onPeerJoined(mesh.id, slots);
  await jobs.restore(remembered.jobs);
  return new DaemonFace({
    options,
    state,
    workDirectory,
    slots,
    swarm,
    mesh,
    leader,
    worker,
    gate,
    jobs,
    peers,
    cache,
    provers,
  });
}

/**
 * Scan, proof and assembly keep the encoders busy or the results safe, and are short: they go before the encoders, and
 * still after everything that a person does at this machine.
 */
function feedingNiceness(niceness: number): number {
  return Math.max(0, niceness - 5);
}

/** What unfinished jobs committed is pinned before anything can be pruned. */
async function openPinnedCache(
  paths: StatePaths,
  limitBytes: number,
  jobs: readonly RememberedJob[],
  log: Log,
): Promise<Cache> {
  const cache = await openCache(paths, {
    limitBytes,
    now: () => Date.now(),
    onError: (error) => log(`The cache could not be pruned: ${String(error)}`),
  });
  for (const { id, keys, last } of jobs) {
    if (last === 'active' || last === 'stopped') for (const key of keys) cache.chunks.pin(id, key);
  }
  return cache;
}

/** Brings what the mesh says to the half it concerns. What comes before both halves stand waits for them. */
class Switchboard {
  readonly handlers: MeshHandlers;
  readonly #peers: PeerBook;
  readonly #log: Log;
  #early: MeshEvent[] = [];
  #halves: { readonly leader: Leader; readonly worker: Worker } | null = null;

  constructor(peers: PeerBook, log: Log) {
    this.#peers = peers;
    this.#log = log;
    this.handlers = {
      onEvent: (event) => this.#onEvent(event),
      serve: (peer, request) => this.#serve(peer, request),
    };
  }

  connect(leader: Leader, worker: Worker): void {
    this.#halves = { leader, worker };
    for (const event of this.#early.splice(0)) this.#onEvent(event);
  }

  #onEvent(event: MeshEvent): void {
    if (this.#halves === null) {
      this.#early.push(event);
      return;
    }
    const { leader, worker } = this.#halves;
    this.#peers.note(event);
    switch (event.type) {
      case 'peer-joined':
        this.#log(`${event.peer.name} joined (${event.peer.slots} slots, met by ${event.peer.metBy})`);
        worker.onLeaderJoined(event.peer.id);
        return leader.onPeerJoined(event.peer.id, event.peer.slots);
      case 'peer-left':
        this.#log(`${this.#peers.nameOf(event.peer)} left: ${event.reason}`);
        worker.onLeaderLeft(event.peer);
        return leader.onPeerLeft(event.peer);
      case 'peer-refused':
      case 'peer-unreachable':
        return this.#log(event.reason);
      case 'message':
        if (isLeaderMessage(event.message)) worker.onMessage(event.peer, event.message);
        else if (isPeerMessage(event.message)) leader.onMessage(event.peer, event.message);
        return;
      case 'peer-suspect':
      case 'peer-alive':
        return;
    }
  }

  async #serve(peer: string, request: BulkRequest): Promise<BulkAnswer> {
    if (this.#halves === null) return { refused: 'the daemon is still starting' };
    const { leader, worker } = this.#halves;
    return request.kind === 'slice' ? leader.serveSlice(peer, request) : worker.serveResult(peer, request);
  }
}
