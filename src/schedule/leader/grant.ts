import {
  ENDINGS_PER_PLAN,
  FIRST_LOOKS,
  LOOKS_PER_SLOT,
  OWN_PREFETCH_LEAD_MS,
  PREFETCH_LEAD_MS,
  REFUSALS_PER_PLAN,
  TAIL_ROUNDS,
} from '../limits.ts';
import { moreUrgentFirst } from '../priority.ts';
import type { LeaderAction } from './actions.ts';
import { isAlone, isEligible, type Moment, mayTakeWork, mayTry } from './eligible.ts';
import { type Outlook, outlookOf, remainingMs, slotsFor } from './outlook.ts';
import { changeOf } from './pace.ts';
import type { Attempt, Chunk, JobPeer, JobState, LeaderState, PeerOfLeader } from './state.ts';
import { asksByThief, chooseSteal, type Stealable, stealableOf } from './steals.ts';
import { chooseStraggler, type Straggler, stragglersOf } from './stragglers.ts';
import { Untaken } from './untaken.ts';
import { waitingCount } from './waiting.ts';

/** What this plan has promised so far, on top of the state. */
interface Draft {
  readonly nowMs: number;
  readonly actions: LeaderAction[];
  readonly taken: Set<Chunk>;
  readonly heldByPeer: Map<PeerOfLeader, number>;
  /** Until a slot of the peer is free; idle slots are free now. */
  readonly delayMs: Map<PeerOfLeader, number>;
  /** Peers that were promised a chunk which must be alone. */
  readonly alone: Set<PeerOfLeader>;
  /** Steals that were asked for, by thief: their slots are not to begin backups meanwhile. */
  readonly asks: ReadonlyMap<string, number>;
  readonly jobs: readonly JobDraft[];
}

interface JobDraft {
  readonly job: JobState;
  readonly outlook: Outlook;
  /** The order is longest first, and stragglers may get backups. */
  readonly isTail: boolean;
  /** When first asked for; stragglers at the tail alone. */
  stealable: readonly Stealable[] | null;
  stragglers: readonly Straggler[] | null;
  /** Chunks any usable peer may take, in the order in which they should be taken, and by their length. */
  readonly inOrder: Untaken;
  readonly shortestFirst: Untaken;
  nextAttempt: number;
  takenCount: number;
  readonly heldByPeer: Map<PeerOfLeader, number>;
}

/**
 * Who gets which chunk: first every idle slot, one for each peer in turn, as the job's index of idle peers has them;
 * then a prefetched chunk for slots that will soon be idle. The most urgent job first, of equals the one submitted
 * first; a later one gets the slots that the former leaves, and so starts in its tail. An idle slot for which nothing waits steals
 * from the peer that would end last. Only where nothing is to be stolen, stragglers compete with what waits at a job's
 * tail: a slot gives a backup to one whose chunk costs more than what it would take instead.
 */
export function planGrants(state: LeaderState, nowMs: number): LeaderAction[] {
  const jobs = [...state.jobs.values()].filter(handsOut).sort(moreUrgentFirst);
  if (jobs.length === 0) return [];
  const changes = jobs.flatMap((job) => planForgetting(job, nowMs));
  // Who gets what follows from the new speeds.
  if (changes.length > 0) return changes;
  if (!jobs.some(hasTaker) && !isAnyEnding(state, nowMs)) return [];
  const taken = new Set<Chunk>();
  const draft: Draft = {
    nowMs,
    actions: [],
    taken,
    heldByPeer: new Map(),
    delayMs: new Map(),
    alone: new Set(),
    asks: asksByThief(state),
    jobs: jobs.map((job) => draftJob(job, taken, nowMs)),
  };
  for (const jobDraft of draft.jobs) grantYielded(draft, jobDraft);
  for (const jobDraft of draft.jobs) {
    grantInTurn(draft, jobDraft, jobDraft.job.idle.inOrder(), slotsFor, false);
  }
  planPrefetches(draft, state);
  return draft.actions;
}

function planPrefetches(draft: Draft, state: LeaderState): void {
  if (draft.jobs.every(isTooLateToPrefetch)) return;
  const ending = endingByPeer(state, draft.nowMs);
  for (const [peer, { delayMs }] of ending) draft.delayMs.set(peer, delayMs);
  const limitOf = (peer: PeerOfLeader) => Math.min(peer.room, peer.held + (ending.get(peer)?.count ?? 0));
  for (const jobDraft of draft.jobs) {
    const jobPeers = [...ending.keys()].flatMap(({ id }) => jobDraft.job.peers.get(id) ?? []);
    grantInTurn(draft, jobDraft, jobPeers.sort(fasterFirst), limitOf, true);
  }
}

function handsOut(job: JobState): boolean {
  if (job.digest === null || job.isFinishing) return false;
  return waitingCount(job) > 0 || (job.idle.size > 0 && job.latest.size + job.unstarted.size > 0);
}

/** Whether a slot is free, or was when something was given up for it. */
function hasTaker({ handovers, idle }: JobState): boolean {
  return idle.size > 0 || handovers.size > 0;
}

function planForgetting(job: JobState, nowMs: number): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const jobPeer of job.changing.inOrder()) {
    if (jobPeer.changeMs > nowMs) break;
    const { id } = jobPeer.peer;
    if (!job.usable.has(id) || changeOf(jobPeer, nowMs) === null) continue;
    actions.push({ type: 'forget-pace', job: job.id, peer: id });
  }
  return actions;
}

function draftJob(job: JobState, taken: ReadonlySet<Chunk>, nowMs: number): JobDraft {
  const outlook = outlookOf(job, nowMs);
  const isTail = job.chunkCount !== null && job.inFilmOrder.size <= TAIL_ROUNDS * outlook.slots;
  return {
    job,
    outlook,
    isTail,
    stealable: null,
    stragglers: null,
    inOrder: new Untaken(isTail ? job.longestFirst : job.inFilmOrder, taken),
    shortestFirst: new Untaken(job.shortestFirst, taken),
    nextAttempt: job.nextAttempt,
    takenCount: 0,
    heldByPeer: new Map(),
  };
}

function isAnyEnding({ ending }: LeaderState, nowMs: number): boolean {
  const first = ending.first();
  return first !== undefined && first.expectedEndMs <= nowMs + PREFETCH_LEAD_MS;
}

/** How many attempts of each peer will end so soon that a slice should be on its way, and when the last does. */
function endingByPeer(
  state: LeaderState,
  nowMs: number,
): Map<PeerOfLeader, { count: number; delayMs: number }> {
  const ending = new Map<PeerOfLeader, { count: number; delayMs: number }>();
  let looks = 0;
  for (const attempt of state.ending.inOrder()) {
    if (attempt.expectedEndMs > nowMs + PREFETCH_LEAD_MS || looks === ENDINGS_PER_PLAN) break;
    looks += 1;
    const peer = state.peers.get(attempt.peer);
    if (peer === undefined) continue;
    const delayMs = Math.max(0, remainingMs(attempt, nowMs));
    if (delayMs > (peer.isOwn ? OWN_PREFETCH_LEAD_MS : PREFETCH_LEAD_MS)) continue;
    ending.set(peer, { count: (ending.get(peer)?.count ?? 0) + 1, delayMs });
  }
  return ending;
}

/** One chunk for each peer below its limit, again and again until none takes more. */
function grantInTurn(
  draft: Draft,
  jobDraft: JobDraft,
  jobPeers: Iterable<JobPeer>,
  limitOf: (peer: PeerOfLeader) => number,
  isPrefetch: boolean,
): void {
  const takes = (jobPeer: JobPeer) =>
    heldInDraft(draft, jobPeer.peer) < limitOf(jobPeer.peer) &&
    grantOne(draft, jobDraft, jobPeer, isPrefetch);
  let takers: JobPeer[] = [];
  let refusals = 0;
  for (const jobPeer of jobPeers) {
    if (refusals === REFUSALS_PER_PLAN || hasNothingLeft(jobDraft)) break;
    if (takes(jobPeer)) takers.push(jobPeer);
    refusals = takers.at(-1) === jobPeer ? 0 : refusals + 1;
  }
  while (takers.length > 0) takers = takers.filter(takes);
}

function hasNothingLeft({ isTail, job, takenCount }: JobDraft): boolean {
  return !isTail && takenCount >= waitingCount(job) && job.unstarted.size === 0;
}

/** What was given up for a thief goes there before anything else does, if its slot is still idle. */
function grantYielded(draft: Draft, jobDraft: JobDraft): void {
  for (const chunk of jobDraft.job.handovers) {
    const jobPeer = jobDraft.job.peers.get(chunk.yielded?.thief ?? '');
    if (jobPeer === undefined || heldInDraft(draft, jobPeer.peer) >= slotsFor(jobPeer.peer)) continue;
    const moment = momentOf(draft, jobDraft, jobPeer);
    if (isEligible(jobPeer, chunk, moment)) promise(draft, jobDraft, jobPeer, chunk);
  }
}

function grantOne(draft: Draft, jobDraft: JobDraft, jobPeer: JobPeer, isPrefetch: boolean): boolean {
  const { peer } = jobPeer;
  if (isPrefetch && isTooLateToPrefetch(jobDraft)) return false;
  const waiting = takeChunk(draft, jobDraft, jobPeer);
  const isIdle = !isPrefetch && heldInDraft(draft, peer) + (draft.asks.get(peer.id) ?? 0) < slotsFor(peer);
  const steal = isIdle && waiting === null ? stealFor(draft, jobDraft, jobPeer) : null;
  // A steal takes nothing away, a backup is work done twice.
  const backup = isIdle && steal === null ? backUpInstead(draft, jobDraft, jobPeer, waiting) : null;
  const chunk = backup ?? waiting;
  if (chunk !== null) promise(draft, jobDraft, jobPeer, chunk);
  else if (steal !== null) ask(draft, jobDraft, jobPeer, steal);
  return chunk !== null || steal !== null;
}

function promise(draft: Draft, jobDraft: JobDraft, { job, peer }: JobPeer, chunk: Chunk): void {
  const { yielded } = chunk;
  draft.actions.push({
    type: 'grant-lease',
    job: job.id,
    chunk: chunk.number,
    trial: chunk.trial,
    attempt: jobDraft.nextAttempt,
    peer: peer.id,
    leadIn: chunk.leadIn,
    stolenFrom:
      yielded?.keepsSlice === true && yielded.thief === peer.id && yielded.leadIn === chunk.leadIn
        ? { peer: yielded.peer, attempt: yielded.number }
        : null,
  });
  if (isAlone(chunk)) draft.alone.add(peer);
  take(draft, jobDraft, peer, chunk);
  jobDraft.takenCount += 1;
  jobDraft.nextAttempt += 1;
}

function ask(draft: Draft, jobDraft: JobDraft, { job, peer }: JobPeer, steal: Attempt): void {
  const { number: attempt, peer: victim, chunk } = steal;
  draft.actions.push({ type: 'ask-steal', job: job.id, attempt, peer: victim, thief: peer.id });
  take(draft, jobDraft, peer, chunk);
}

function take(draft: Draft, { heldByPeer }: JobDraft, peer: PeerOfLeader, chunk: Chunk): void {
  draft.taken.add(chunk);
  draft.heldByPeer.set(peer, (draft.heldByPeer.get(peer) ?? 0) + 1);
  heldByPeer.set(peer, (heldByPeer.get(peer) ?? 0) + 1);
}

function heldInDraft({ heldByPeer }: Draft, peer: PeerOfLeader): number {
  return peer.held + (heldByPeer.get(peer) ?? 0);
}

function stealFor(draft: Draft, jobDraft: JobDraft, jobPeer: JobPeer): Attempt | null {
  jobDraft.stealable ??= stealableOf(jobDraft.job, jobDraft.outlook.averageRate, draft.nowMs);
  const open = jobDraft.stealable.filter(({ attempt }) => !draft.taken.has(attempt.chunk));
  return chooseSteal(open, jobPeer, momentOf(draft, jobDraft, jobPeer));
}

/** With fewer chunks left than slots, each is worth more to the slot that falls idle next than behind another. */
function isTooLateToPrefetch({ job, outlook, takenCount }: JobDraft): boolean {
  return job.chunkCount !== null && waitingCount(job) - takenCount <= outlook.slots;
}

/** The chunk of a straggler that this slot should begin as well, rather than the waiting one it would take. */
function backUpInstead(
  draft: Draft,
  jobDraft: JobDraft,
  jobPeer: JobPeer,
  waiting: Chunk | null,
): Chunk | null {
  if (!jobDraft.isTail) return null;
  const { job, outlook } = jobDraft;
  jobDraft.stragglers ??= stragglersOf(job, outlook.restMs, draft.nowMs);
  const open = jobDraft.stragglers.filter(({ attempt }) => !draft.taken.has(attempt.chunk));
  return chooseStraggler(open, jobPeer, waiting, momentOf(draft, jobDraft, jobPeer))?.chunk ?? null;
}

/** Troubled chunks first: they are the oldest, and few peers may take them. */
function takeChunk(draft: Draft, jobDraft: JobDraft, jobPeer: JobPeer): Chunk | null {
  const moment = momentOf(draft, jobDraft, jobPeer);
  if (!mayTakeWork(jobPeer, moment)) return null;
  for (const chunk of jobDraft.job.troubled) {
    if (!draft.taken.has(chunk) && mayTry(jobPeer, chunk, moment)) return chunk;
  }
  return takeInOrder(jobDraft, jobPeer, moment);
}

/**
 * The first in order that is not too long; after LOOKS_PER_SLOT the shortest one, or none when that is too long. A peer
 * of unknown rate gets the cheapest of the next few, or of all at the tail, while others can do the long ones meanwhile.
 */
function takeInOrder(jobDraft: JobDraft, jobPeer: JobPeer, moment: Moment): Chunk | null {
  const isUnknown = jobPeer.costRate === null;
  if (isUnknown && !jobDraft.isTail) return takeCheapest(jobDraft, jobPeer, moment);
  const shortest = takeShortest(jobDraft, jobPeer, moment);
  const left = waitingCount(jobDraft.job) - jobDraft.takenCount;
  if (isUnknown && left > 2 * jobDraft.outlook.slots) return shortest;
  // Longer ones are then too long as well.
  if (shortest === null) return null;
  let looks = 0;
  for (const chunk of jobDraft.inOrder.inOrder()) {
    if (looks === LOOKS_PER_SLOT) break;
    looks += 1;
    if (mayTry(jobPeer, chunk, moment)) return chunk;
  }
  return shortest;
}

function takeShortest({ shortestFirst }: JobDraft, jobPeer: JobPeer, moment: Moment): Chunk | null {
  for (const chunk of shortestFirst.inOrder()) return mayTry(jobPeer, chunk, moment) ? chunk : null;
  return null;
}

function takeCheapest({ inOrder }: JobDraft, jobPeer: JobPeer, moment: Moment): Chunk | null {
  let cheapest: Chunk | null = null;
  let looks = 0;
  for (const chunk of inOrder.inOrder()) {
    if (looks === FIRST_LOOKS) break;
    looks += 1;
    const isCheaper = cheapest === null || chunk.cost < cheapest.cost;
    if (isCheaper && mayTry(jobPeer, chunk, moment)) cheapest = chunk;
  }
  return cheapest;
}

function momentOf(draft: Draft, { heldByPeer, outlook }: JobDraft, { peer, held }: JobPeer): Moment {
  return {
    held: {
      ofJob: held + (heldByPeer.get(peer) ?? 0),
      ofAllJobs: heldInDraft(draft, peer),
      alone: peer.heldAlone + (draft.alone.has(peer) ? 1 : 0),
    },
    outlook,
    delayMs: draft.delayMs.get(peer) ?? 0,
    nowMs: draft.nowMs,
  };
}

function fasterFirst(a: JobPeer, b: JobPeer): number {
  const difference = (b.costRate ?? 0) - (a.costRate ?? 0);
  if (difference !== 0) return difference;
  return a.peer.id < b.peer.id ? -1 : 1;
}
