import { mayHold } from './eligible.ts';
import { refreshShare, slotsFor } from './outlook.ts';
import type { JobPeer, LeaderState, PeerOfLeader } from './state.ts';

/** Whether a slot of it is free for a chunk of the job: it lives, has the build, and holds fewer leases than it has slots. */
export function isIdle({ job, peer, digest }: JobPeer): boolean {
  const isOfBuild = job.digest !== null && job.digest === digest;
  return isOfBuild && !peer.isSuspect && peer.heldAlone === 0 && peer.held < slotsFor(peer);
}

/**
 * Those that may take more before those that were left out or are held to one lease, who take nothing for long, and
 * before those that took a chunk without a word. Of them
 * a machine without any work before one with a slot left while their speeds are unknown: at a job's start chunks come one
 * by one, and every machine is to begin within seconds. Then the faster: what is too long for one is so for all behind.
 */
export function goesBefore(a: JobPeer, b: JobPeer): boolean {
  const [first, second] = [orderOf(a), orderOf(b)];
  if (first.rank !== second.rank) return first.rank < second.rank;
  return first.value === second.value ? a.peer.id < b.peer.id : first.value < second.value;
}

function orderOf(jobPeer: JobPeer): { readonly rank: number; readonly value: number } {
  const { costRate, held, job, peer } = jobPeer;
  // The next to be tried again is the one that was left out first.
  const blame = job.blames.get(peer.id);
  const isLast = !mayHold(jobPeer, held) || (blame !== undefined && blame.silences > 0);
  if (isLast) return { rank: 3, value: blame?.leftOutMs ?? Infinity };
  if (costRate !== null) return { rank: 2, value: -costRate };
  return { rank: peer.held === 0 ? 0 : 1, value: 0 };
}

/** Keeps the job's index of idle peers, and their order in it. */
export function refreshIdle(jobPeer: JobPeer): void {
  const { idle } = jobPeer.job;
  if (isIdle(jobPeer)) idle.put(jobPeer);
  else idle.delete(jobPeer);
}

/** What a peer holds has changed. */
export function refreshHeld(state: LeaderState, peer: PeerOfLeader): void {
  for (const jobPeer of inAllJobs(state, peer)) refreshIdle(jobPeer);
}

/** What a peer gives to all jobs has changed. */
export function refreshGiven(state: LeaderState, peer: PeerOfLeader): void {
  refreshHeld(state, peer);
  for (const jobPeer of inAllJobs(state, peer)) refreshShare(jobPeer);
}

function inAllJobs({ jobs }: LeaderState, { id }: PeerOfLeader): JobPeer[] {
  return [...jobs.values()].flatMap(({ peers }) => peers.get(id) ?? []);
}
