import { costRateOf } from '../estimate.ts';
import { PEERS_REMEMBERED } from '../limits.ts';
import { dropAway, reviewAway, sendAway, waitForAway } from './away.ts';
import { refreshUsable } from './blame.ts';
import type { LeaderEvent } from './events.ts';
import { loseAttempt } from './failing.ts';
import { refreshGiven } from './idle.ts';
import { forgetAttempt } from './leases.ts';
import { countLost } from './losses.ts';
import { refreshShare } from './outlook.ts';
import { countSlotTimes } from './slot-times.ts';
import type { JobPeer, JobState, LeaderState, PeerOfLeader } from './state.ts';
import { awaitAnswer } from './steals.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

export function joinPeer(state: LeaderState, event: EventOf<'peer-joined'>): void {
  const known = state.peers.get(event.peer);
  if (known !== undefined) {
    known.slots = event.slots;
    known.isSuspect = false;
    refreshGiven(state, known);
    return;
  }
  const peer: PeerOfLeader = {
    id: event.peer,
    slots: event.slots,
    isOwn: event.isOwn,
    room: 0,
    held: 0,
    heldAlone: 0,
    isSuspect: false,
    attempts: new Set(),
  };
  state.peers.set(peer.id, peer);
  for (const job of state.jobs.values()) if (job.isBegun) meetPeer(state, job, peer);
}

/** A job that is begun and a connected peer meet: the peer is to be told of the job, unless that stays on the leader's machine. */
export function meetPeer(state: LeaderState, job: JobState, peer: PeerOfLeader): void {
  if (job.isLocal && !peer.isOwn) return;
  const rates = job.rates.get(peer.id) ?? [];
  job.rates.set(peer.id, rates);
  const jobPeer: JobPeer = {
    job,
    peer,
    announcedMs: null,
    digest: null,
    unavailable: null,
    held: 0,
    rates,
    pace: { busySlots: 0, atMs: 0, busyMs: 0, done: 0, marks: [] },
    costRate: costRateOf(rates),
    share: { slots: 0, costRate: null },
    changeMs: Number.POSITIVE_INFINITY,
    beginMs: 0,
  };
  job.peers.set(peer.id, jobPeer);
  state.unannounced.add(jobPeer);
  job.unanswered.add(jobPeer);
}

/** Who was away is met like a new one, but for what it has begun. */
export function takeBackPeer(state: LeaderState, event: EventOf<'peer-back'>): void {
  joinPeer(state, { ...event, type: 'peer-joined', isOwn: false });
  const peer = state.peers.get(event.peer);
  if (peer !== undefined) reviewAway(state, peer, event.nowMs);
}

/** Its leases are free at once; results that already lie here are still proven. */
export function losePeer(state: LeaderState, id: string, mayReturn: boolean): void {
  if (mayReturn) waitForAway(state, id);
  else dropAway(state, id);
  const peer = state.peers.get(id);
  if (peer === undefined) return;
  for (const job of state.jobs.values()) {
    const jobPeer = job.peers.get(id);
    if (jobPeer !== undefined) countSlotTimes(state, jobPeer);
  }
  state.peers.delete(id);
  for (const job of state.jobs.values()) partFromPeer(state, job, id);
  countLost(peer, state.nowMs);
  for (const attempt of [...peer.attempts]) {
    const isHere = attempt.state === 'fetched' || attempt.state === 'proving';
    if (isHere || (mayReturn && attempt.state === 'over')) attempt.isOrphaned = !mayReturn;
    else if (attempt.state === 'over') forgetAttempt(state, attempt);
    else if (mayReturn) sendAway(state, attempt);
    else loseAttempt(state, attempt);
  }
}

export function suspectPeer(state: LeaderState, id: string): void {
  const peer = state.peers.get(id);
  if (peer === undefined || peer.isSuspect) return;
  peer.isSuspect = true;
  refreshGiven(state, peer);
}

/** A suspect was heard again; what it is asked it hears only now. */
export function hearPeer(state: LeaderState, { peer: id, nowMs }: EventOf<'peer-heard'>): void {
  const peer = state.peers.get(id);
  if (peer === undefined || !peer.isSuspect) return;
  peer.isSuspect = false;
  refreshGiven(state, peer);
  for (const attempt of peer.attempts) if (state.asked.has(attempt)) awaitAnswer(state, attempt, nowMs);
}

export function offerRoom(state: LeaderState, id: string, leases: number): void {
  const peer = state.peers.get(id);
  if (peer === undefined) return;
  peer.room = leases;
  refreshGiven(state, peer);
}

export function noteAnnounced(state: LeaderState, jobPeer: JobPeer, nowMs: number): void {
  state.unannounced.delete(jobPeer);
  jobPeer.announcedMs = nowMs;
}

export function learnPeerBuild(jobPeer: JobPeer, answer: { digest: string } | { unavailable: string }): void {
  jobPeer.job.unanswered.delete(jobPeer);
  jobPeer.digest = 'digest' in answer ? answer.digest : null;
  jobPeer.unavailable = 'unavailable' in answer ? answer.unavailable : null;
  refreshUsable(jobPeer.job, jobPeer.peer.id);
}

function partFromPeer(state: LeaderState, job: JobState, id: string): void {
  const jobPeer = job.peers.get(id);
  if (jobPeer === undefined) return;
  state.unannounced.delete(jobPeer);
  job.unanswered.delete(jobPeer);
  job.peers.delete(id);
  job.changing.delete(jobPeer);
  job.idle.delete(jobPeer);
  refreshUsable(job, id);
  refreshShare(jobPeer);
  if (jobPeer.rates.length === 0) job.rates.delete(id);
  const { blames, rates, tally } = job;
  for (const kept of [blames, rates, tally.slotTimes, tally.encodedBy, tally.byPeer]) forgetOldest(job, kept);
}

/** Of those that left PEERS_REMEMBERED are known: whoever comes under ever new names fills no memory. */
function forgetOldest({ peers }: JobState, kept: Map<string, unknown>): void {
  if (kept.size <= PEERS_REMEMBERED + peers.size) return;
  for (const id of kept.keys()) {
    if (peers.has(id)) continue;
    kept.delete(id);
    return;
  }
}
