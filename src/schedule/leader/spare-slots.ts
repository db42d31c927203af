import { mayHold } from './eligible.ts';
import { slotsFor } from './outlook.ts';
import type { LeaderState } from './state.ts';
import { waitingCount } from './waiting.ts';

/**
 * Slots for which this leader has nothing to do and will not soon: none while the scan may find more, none that a waiting
 * chunk of any job will take, and none for which a result on its way may want another try. They are taken only by what is
 * of use without being needed.
 */
export function spareSlots(state: LeaderState, id: string): number {
  const job = state.jobs.get(id);
  if (job === undefined || job.chunkCount === null) return 0;
  let spare = 0;
  for (const jobPeer of job.idle.inOrder()) {
    if (mayHold(jobPeer, jobPeer.held)) spare += slotsFor(jobPeer.peer) - jobPeer.peer.held;
  }
  for (const other of state.jobs.values()) spare -= waitingCount(other);
  spare -= state.encoded.size + state.fetching.size + state.fetched.size + state.proving.size;
  return Math.max(0, spare);
}
