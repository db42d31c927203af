import { slotsFor } from './outlook.ts';
import type { JobPeer, LeaderState, SlotTimes } from './state.ts';

/** To be called before the leases or the running attempts of a peer change: counts what its slots did until now. */
export function countSlotTimes(state: LeaderState, jobPeer: JobPeer): void {
  const { job, peer } = jobPeer;
  job.tally.slotTimes.set(peer.id, slotTimesOf(state, jobPeer, state.nowMs));
}

/** What a connected peer's slots have done for the job by now. */
export function slotTimesOf(state: LeaderState, jobPeer: JobPeer, nowMs: number): SlotTimes {
  const { job, peer, held, pace } = jobPeer;
  const { atMs, encodingMs, waitingMs } = job.tally.slotTimes.get(peer.id) ?? nothingBefore(nowMs);
  const passedMs = Math.max(0, nowMs - atMs);
  const free = Math.max(0, slotsFor(peer) - busySlotsOf(state, peer.id));
  return {
    atMs: nowMs,
    encodingMs: encodingMs + passedMs * pace.busySlots,
    waitingMs: waitingMs + passedMs * Math.min(free, held - pace.busySlots),
  };
}

/** Over all jobs. */
function busySlotsOf(state: LeaderState, peer: string): number {
  let count = 0;
  for (const job of state.jobs.values()) count += job.peers.get(peer)?.pace.busySlots ?? 0;
  return count;
}

function nothingBefore(atMs: number): SlotTimes {
  return { atMs, encodingMs: 0, waitingMs: 0 };
}
