import { BACKUP_MARGIN, STRAGGLERS_LOOKED_AT, STRAGGLING, UNKNOWN_BACKUP_MARGIN } from '../limits.ts';
import { longestMs, type Moment, mayBackUp } from './eligible.ts';
import { likelyCost, remainingMs } from './outlook.ts';
import type { Attempt, Chunk, JobPeer, JobState } from './state.ts';

/** A running attempt that ends late, and what its chunk would cost somewhere else. */
export interface Straggler {
  readonly attempt: Attempt;
  readonly remainingMs: number;
  readonly cost: number;
}

/** Attempts that would end after everything else that is left could be done, as far as they are looked at. */
export function stragglersOf(job: JobState, restMs: number, nowMs: number): Straggler[] {
  const stragglers: Straggler[] = [];
  let looks = 0;
  for (const attempt of job.latest.inOrder()) {
    if (looks === STRAGGLERS_LOOKED_AT) break;
    looks += 1;
    const jobPeer = job.peers.get(attempt.peer);
    if (jobPeer === undefined) continue;
    const isSuspect = jobPeer.peer.isSuspect;
    const leftMs = isSuspect ? Number.POSITIVE_INFINITY : remainingMs(attempt, nowMs);
    if (leftMs > STRAGGLING * restMs) {
      stragglers.push({ attempt, remainingMs: leftMs, cost: likelyCost(attempt, jobPeer) });
    }
  }
  return stragglers;
}

/** The first that this peer, of unknown rate an average one, is expected to end sooner, if its chunk is more than the one the peer would take instead. */
export function chooseStraggler(
  stragglers: readonly Straggler[],
  jobPeer: JobPeer,
  instead: Chunk | null,
  moment: Moment,
): Attempt | null {
  const { averageRate } = moment.outlook;
  const margin = jobPeer.costRate === null ? UNKNOWN_BACKUP_MARGIN : BACKUP_MARGIN;
  for (const { attempt, cost, remainingMs: leftMs } of stragglers) {
    const ownMs = cost / (jobPeer.costRate ?? averageRate);
    const isWorthwhile = margin * ownMs < leftMs && ownMs <= longestMs(cost, moment);
    if (!isWorthwhile || (instead !== null && instead.cost >= cost)) continue;
    if (mayBackUp(jobPeer, attempt.chunk, moment)) return attempt;
  }
  return null;
}
