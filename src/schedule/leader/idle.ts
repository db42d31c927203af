import { refreshShare, slotsFor } from './outlook.ts';
import type { LeaderState, PeerOfLeader } from './state.ts';

/** Whether it may be granted more: it holds fewer leases than it has slots, lives, and has the build of some job. */
export function isIdle(peer: PeerOfLeader): boolean {
  return peer.held < slotsFor(peer) && !peer.isSuspect && peer.jobsOfBuild > 0;
}

/** Keeps the index of peers with idle slots, and their order in it. */
export function refreshIdle(state: LeaderState, peer: PeerOfLeader): void {
  if (isIdle(peer) && state.peers.get(peer.id) === peer) state.idle.put(peer);
  else state.idle.delete(peer);
}

/** What a peer gives to all jobs has changed. */
export function refreshGiven(state: LeaderState, peer: PeerOfLeader): void {
  refreshIdle(state, peer);
  for (const job of state.jobs.values()) {
    const jobPeer = job.peers.get(peer.id);
    if (jobPeer !== undefined) refreshShare(jobPeer);
  }
}
