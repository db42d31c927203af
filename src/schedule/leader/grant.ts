import { LOOKS_PER_SLOT, PREFETCH_LEAD_MS, TAIL_ROUNDS } from '../limits.ts';
import type { LeaderAction } from './actions.ts';
import { isAlone, type Moment, mayTakeWork, mayTry } from './eligible.ts';
import { type Outlook, outlookOf, slotsFor } from './outlook.ts';
import type { Chunk, JobPeer, JobState, LeaderState, PeerOfLeader } from './state.ts';
import { waitingCount } from './waiting.ts';

/** What this plan has promised so far, on top of the state. */
interface Draft {
  readonly nowMs: number;
  readonly actions: LeaderAction[];
  readonly taken: Set<Chunk>;
  readonly heldByPeer: Map<PeerOfLeader, number>;
  /** Peers that were promised a chunk which must be alone. */
  readonly alone: Set<PeerOfLeader>;
  readonly jobs: readonly JobDraft[];
}

interface JobDraft {
  readonly job: JobState;
  readonly outlook: Outlook;
  /** Chunks any usable peer may take, in the order in which they should be taken, as far as they were looked at. */
  readonly seen: Chunk[];
  readonly unseen: Generator<Chunk, void, undefined>;
  /** Where in `seen` the first chunk stands that is not taken. */
  firstLeft: number;
  nextAttempt: number;
  takenCount: number;
  readonly heldByPeer: Map<PeerOfLeader, number>;
}

/**
 * Who gets which chunk: first every idle slot, one for each peer in turn, peers without work before others and faster
 * ones before slower; then a prefetched chunk for slots that will soon be idle. Jobs in the order of their submission;
 * a later one starts in the tail of the former.
 */
export function planGrants(state: LeaderState, nowMs: number): LeaderAction[] {
  const jobs = [...state.jobs.values()].filter(handsOut);
  if (jobs.length === 0) return [];
  const draft: Draft = {
    nowMs,
    actions: [],
    taken: new Set(),
    heldByPeer: new Map(),
    alone: new Set(),
    jobs: jobs.map(draftJob),
  };
  grantInTurn(draft, [...state.idle].sort(emptierFirst), slotsFor, false);
  if (draft.jobs.every(isTooLateToPrefetch)) return draft.actions;
  const ending = endingByPeer(state, nowMs);
  const limitOf = (peer: PeerOfLeader) => Math.min(peer.room, peer.held + (ending.get(peer) ?? 0));
  grantInTurn(draft, [...ending.keys()].sort(fasterFirst), limitOf, true);
  return draft.actions;
}

function handsOut(job: JobState): boolean {
  return job.digest !== null && !job.isFinishing && waitingCount(job) > 0;
}

function draftJob(job: JobState): JobDraft {
  const outlook = outlookOf(job);
  const isTail = job.chunkCount !== null && job.inFilmOrder.size <= TAIL_ROUNDS * outlook.slots;
  return {
    job,
    outlook,
    seen: [],
    unseen: (isTail ? job.longestFirst : job.inFilmOrder).inOrder(),
    firstLeft: 0,
    nextAttempt: job.nextAttempt,
    takenCount: 0,
    heldByPeer: new Map(),
  };
}

/** How many attempts of each peer will end within PREFETCH_LEAD_MS and nothing follows them. */
function endingByPeer(state: LeaderState, nowMs: number): Map<PeerOfLeader, number> {
  const ending = new Map<PeerOfLeader, number>();
  for (const attempt of state.ending.inOrder()) {
    if (attempt.expectedEndMs > nowMs + PREFETCH_LEAD_MS) break;
    const peer = state.peers.get(attempt.peer);
    if (peer !== undefined) ending.set(peer, (ending.get(peer) ?? 0) + 1);
  }
  return ending;
}

/** One chunk for each peer below its limit, again and again until none takes more. */
function grantInTurn(
  draft: Draft,
  peers: readonly PeerOfLeader[],
  limitOf: (peer: PeerOfLeader) => number,
  isPrefetch: boolean,
): void {
  let takers = peers;
  while (takers.length > 0) {
    takers = takers.filter((peer) => {
      const held = peer.held + (draft.heldByPeer.get(peer) ?? 0);
      return held < limitOf(peer) && grantOne(draft, peer, isPrefetch);
    });
  }
}

function grantOne(draft: Draft, peer: PeerOfLeader, isPrefetch: boolean): boolean {
  for (const jobDraft of draft.jobs) {
    const { job, heldByPeer } = jobDraft;
    const jobPeer = job.peers.get(peer.id);
    if (jobPeer === undefined || (isPrefetch && isTooLateToPrefetch(jobDraft))) continue;
    const chunk = takeChunk(draft, jobDraft, jobPeer);
    if (chunk === null) continue;
    draft.actions.push({
      type: 'grant-lease',
      job: job.id,
      chunk: chunk.number,
      attempt: jobDraft.nextAttempt,
      peer: peer.id,
      leadIn: chunk.leadIn,
    });
    draft.taken.add(chunk);
    if (isAlone(chunk)) draft.alone.add(peer);
    draft.heldByPeer.set(peer, (draft.heldByPeer.get(peer) ?? 0) + 1);
    heldByPeer.set(peer, (heldByPeer.get(peer) ?? 0) + 1);
    jobDraft.takenCount += 1;
    jobDraft.nextAttempt += 1;
    return true;
  }
  return false;
}

/** With fewer chunks left than slots, each is worth more to the slot that falls idle next than behind another. */
function isTooLateToPrefetch({ job, outlook, takenCount }: JobDraft): boolean {
  return job.chunkCount !== null && waitingCount(job) - takenCount <= outlook.slots;
}

/** Troubled chunks first: they are the oldest, and few peers may take them. */
function takeChunk(draft: Draft, jobDraft: JobDraft, jobPeer: JobPeer): Chunk | null {
  const moment = momentOf(draft, jobDraft, jobPeer);
  if (!mayTakeWork(jobPeer, moment)) return null;
  for (const chunk of jobDraft.job.troubled) {
    if (!draft.taken.has(chunk) && mayTry(jobPeer, chunk, moment)) return chunk;
  }
  return takeInOrder(draft, jobDraft, jobPeer, moment);
}

/** The first in order that is not too long; after LOOKS_PER_SLOT the shortest one, or none when that is too long. */
function takeInOrder(draft: Draft, jobDraft: JobDraft, jobPeer: JobPeer, moment: Moment): Chunk | null {
  const { seen } = jobDraft;
  for (let place = jobDraft.firstLeft, looks = 0; looks < LOOKS_PER_SLOT; place += 1) {
    const chunk = seen[place] ?? see(jobDraft);
    if (chunk === undefined) break;
    if (draft.taken.has(chunk)) {
      if (place === jobDraft.firstLeft) jobDraft.firstLeft += 1;
      continue;
    }
    if (mayTry(jobPeer, chunk, moment)) return chunk;
    looks += 1;
  }
  for (const chunk of jobDraft.job.shortestFirst.inOrder()) {
    if (draft.taken.has(chunk)) continue;
    return mayTry(jobPeer, chunk, moment) ? chunk : null;
  }
  return null;
}

function see({ seen, unseen }: JobDraft): Chunk | undefined {
  const next = unseen.next();
  if (next.done === true) return undefined;
  seen.push(next.value);
  return next.value;
}

function momentOf(draft: Draft, { heldByPeer, outlook }: JobDraft, { peer, held }: JobPeer): Moment {
  return {
    held: {
      ofJob: held + (heldByPeer.get(peer) ?? 0),
      ofAllJobs: peer.held + (draft.heldByPeer.get(peer) ?? 0),
      alone: peer.heldAlone + (draft.alone.has(peer) ? 1 : 0),
    },
    outlook,
    nowMs: draft.nowMs,
  };
}

/**
 * A machine without any work before one with a slot left, whatever their speeds: at a job's start chunks come one by
 * one, and every machine is to begin within seconds.
 */
function emptierFirst(a: PeerOfLeader, b: PeerOfLeader): number {
  const isEmptyA = a.held === 0;
  return isEmptyA === (b.held === 0) ? fasterFirst(a, b) : isEmptyA ? -1 : 1;
}

function fasterFirst(a: PeerOfLeader, b: PeerOfLeader): number {
  if (a.frameRate !== b.frameRate) return b.frameRate - a.frameRate;
  return a.id < b.id ? -1 : 1;
}
