import { mayHold } from './eligible.ts';
import { slotsFor } from './outlook.ts';
import type { LeaderState } from './state.ts';
import { waitingCount } from './waiting.ts';

/**
 * Slots of machines for which this leader has nothing at all to do and will not soon: none while the scan may find more;
 * a waiting chunk of any job may take a whole machine, and so may another try after a result that is on its way. They are
 * taken only by what is of use without being needed. Other slots of a machine that encodes are none: its encoders have
 * more threads than it has cores, and would be slowed by what nobody needs.
 */
export function spareSlots(state: LeaderState, id: string): number {
  const job = state.jobs.get(id);
  if (job === undefined || job.chunkCount === null) return 0;
  const slots: number[] = [];
  for (const jobPeer of job.idle.inOrder()) {
    if (jobPeer.peer.held === 0 && mayHold(jobPeer, 0)) slots.push(slotsFor(jobPeer.peer));
  }
  let wanted = state.encoded.size + state.fetching.size + state.fetched.size + state.proving.size;
  for (const other of state.jobs.values()) wanted += waitingCount(other);
  return slots
    .sort((a, b) => b - a)
    .slice(wanted)
    .reduce((sum, count) => sum + count, 0);
}
