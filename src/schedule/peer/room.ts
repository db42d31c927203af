import { PREFETCH_PER_SLOT, UNSETTLED_PER_SLOT } from '../limits.ts';
import { type HeldAttempt, isHeld, type LeaderOfPeer, type PeerState } from './state.ts';

/** What the attempts of a peer amount to. */
export interface Load {
  /** Slots taken by children, those that are being stopped included. */
  slots: number;
  memoryBytes: number;
  held: number;
  /** Slices that lie here or are on their way, not begun. */
  prepared: number;
  readonly heldBy: Map<string, number>;
  readonly unsettledBy: Map<string, number>;
}

export function loadOf(state: PeerState): Load {
  const load: Load = {
    slots: 0,
    memoryBytes: 0,
    held: 0,
    prepared: 0,
    heldBy: new Map(),
    unsettledBy: new Map(),
  };
  for (const attempt of state.attempts.values()) addToLoad(load, attempt);
  return load;
}

/**
 * Leases a leader may have here at once: what the others leave free, and never less than its share among the
 * leaders that have jobs, nor than one to run and one to be ready behind it, or its turn would pass while its next slice
 * comes; so that one who comes late need not wait for another's film to end; the early one is then
 * offered less and shrinks to its own share. Results that a leader does not fetch take room from it.
 */
export function roomFor(state: PeerState, leader: LeaderOfPeer, load: Load): number {
  if (state.intake !== 'open' || leader.isAway || leader.jobs.size === 0) return 0;
  const capacity = slotsByMemory(state, leader) * (1 + PREFETCH_PER_SLOT);
  if (capacity === 0) return 0;
  const heldByOthers = load.held - (load.heldBy.get(leader.id) ?? 0);
  const share = Math.max(1 + PREFETCH_PER_SLOT, Math.floor(capacity / countActive(state)));
  const piledUp = (load.unsettledBy.get(leader.id) ?? 0) - UNSETTLED_PER_SLOT * state.slots;
  return Math.max(0, Math.max(share, capacity - heldByOthers) - Math.max(0, piledUp));
}

/** Slices that lie here for what comes next: PREFETCH_PER_SLOT for each slot, and one of each leader whatever the others do. */
export function mostReady(state: PeerState, load: Load): number {
  return Math.max(state.slots * PREFETCH_PER_SLOT, load.heldBy.size);
}

/** Whether one more encode of this size may run; the first always may. */
export function fitsMemory(state: PeerState, takenBytes: number, moreBytes: number): boolean {
  return takenBytes === 0 || takenBytes + moreBytes <= state.memoryBudgetBytes;
}

/** What the largest encode may need that any leader can ask for now; 0 without a job. */
export function largestJobBytes(state: PeerState): number {
  return Math.max(0, ...[...state.leaders.values()].map(largestOf));
}

/** Slots that this leader's largest job can really use at once. */
function slotsByMemory(state: PeerState, leader: LeaderOfPeer): number {
  const byMemory = Math.max(1, Math.floor(state.memoryBudgetBytes / Math.max(1, largestOf(leader))));
  return Math.min(state.slots, byMemory);
}

function largestOf({ jobs }: LeaderOfPeer): number {
  return Math.max(0, ...[...jobs.values()].flatMap((job) => [job.memoryBytes, ...job.variantBytes]));
}

function countActive(state: PeerState): number {
  let count = 0;
  for (const { jobs, isAway } of state.leaders.values()) count += jobs.size > 0 && !isAway ? 1 : 0;
  return Math.max(1, count);
}

function addToLoad(load: Load, attempt: HeldAttempt): void {
  const { leader } = attempt.name;
  if (attempt.hasChild) {
    load.slots += 1;
    load.memoryBytes += attempt.memoryBytes;
  }
  if (isHeld(attempt)) {
    load.held += 1;
    load.heldBy.set(leader, (load.heldBy.get(leader) ?? 0) + 1);
  }
  if (attempt.state === 'fetching' || attempt.state === 'ready') load.prepared += 1;
  if (attempt.state === 'encoded') load.unsettledBy.set(leader, (load.unsettledBy.get(leader) ?? 0) + 1);
}
