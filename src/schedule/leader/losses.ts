import { FORGIVEN_LOSSES, LOSSES_BY_CHANCE, MOST_LOSSES } from '../limits.ts';
import type { Attempt, Chunk, JobState, LeaderState, PeerOfLeader } from './state.ts';

/*
 * Peers come and go, and some chunks take them down. The two are told apart by time: a chunk that takes peers down loses
 * more of them than are lost in as long an encode of anything else of this job, by far.
 */

/** An attempt of a peer that is here is over. */
export function countRun(state: LeaderState, attempt: Attempt): void {
  if (!state.peers.has(attempt.peer)) return;
  const ranMs = runMsOf(attempt, state.nowMs);
  attempt.chunk.ranMs += ranMs;
  attempt.job.ranMs += ranMs;
}

/** A peer is gone, with everything that it encoded. */
export function countLost(peer: PeerOfLeader, nowMs: number): void {
  const running = [...peer.attempts].filter(({ state }) => state === 'started');
  for (const attempt of running) {
    const { chunk, job } = attempt;
    const together = running.filter((other) => other.job === job);
    const ranMs = runMsOf(attempt, nowMs);
    job.lostCount += 1;
    job.ranMs += ranMs;
    chunk.ranMs += ranMs;
    chunk.losses += 1;
    chunk.lostWith += together.length;
    chunk.lostWithMs += together.reduce((sum, other) => sum + runMsOf(other, nowMs), 0);
  }
  for (const { chunk, job } of running) chunk.isSuspect ||= isBeyondChance(job, chunk);
}

/** More than FORGIVEN_LOSSES beyond what would be lost in the same time without it. */
export function isBeyondChance(job: JobState, { losses, lostWith, lostWithMs, ranMs }: Chunk): boolean {
  const othersMs = job.ranMs - Math.max(ranMs, lostWithMs);
  const othersLost = job.lostCount - lostWith;
  const byChance = othersMs > 0 ? (othersLost / othersMs) * ranMs : 0;
  return losses > Math.min(MOST_LOSSES, FORGIVEN_LOSSES + LOSSES_BY_CHANCE * byChance);
}

/** Of one whose peer was away nobody knows how long it ran. */
function runMsOf({ hasBeenAway, startedMs }: Attempt, nowMs: number): number {
  return startedMs === null || hasBeenAway ? 0 : Math.max(0, nowMs - startedMs);
}
