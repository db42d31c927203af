import { ATTEMPTS_PER_SLOT, PREFETCH_PER_SLOT, UNSETTLED_PER_SLOT } from '../limits.ts';
import type { LeaderOfPeer, PeerState } from './state.ts';

/** What the attempts of a peer, and those who want more of it, amount to. */
export interface Load {
  /** Slots taken by children, those that are being stopped included. */
  readonly slots: number;
  readonly memoryBytes: number;
  readonly held: number;
  /** Slices that lie here or are on their way, not begun. */
  readonly prepared: number;
  /** Leaders that hold leases here. */
  readonly holders: number;
  /** Leaders that have jobs and are not away. */
  readonly active: number;
}

export function loadOf({ places, leaders }: PeerState): Load {
  let memoryBytes = 0;
  for (const attempt of places.working) memoryBytes += attempt.memoryBytes;
  let holders = 0;
  let active = 0;
  for (const leader of leaders.values()) {
    if (leader.places.held.size > 0) holders += 1;
    if (leader.jobs.size > 0 && !leader.isAway) active += 1;
  }
  const [slots, held, prepared] = [places.working.size, places.held.size, places.prepared.size];
  return { slots, memoryBytes, held, prepared, holders, active };
}

/**
 * Leases a leader may have here at once: what the others leave free, and never less than its share among the
 * leaders that have jobs, nor than one to run and one to be ready behind it, or its turn would pass while its next slice
 * comes; so that one who comes late need not wait for another's film to end; the early one is then
 * offered less and shrinks to its own share. Results that a leader does not fetch take room from it, and so does what is
 * cleared away of its leases slower than it grants others.
 */
export function roomFor(state: PeerState, leader: LeaderOfPeer, load: Load): number {
  if (state.intake !== 'open' || leader.isAway || leader.jobs.size === 0) return 0;
  const capacity = slotsByMemory(state, leader) * (1 + PREFETCH_PER_SLOT);
  if (capacity === 0) return 0;
  const { attempts, places } = leader;
  const heldByOthers = load.held - places.held.size;
  const share = Math.max(1 + PREFETCH_PER_SLOT, Math.floor(capacity / Math.max(1, load.active)));
  const piledUp = attempts.size - places.held.size - UNSETTLED_PER_SLOT * state.slots;
  return Math.max(0, Math.max(share, capacity - heldByOthers) - Math.max(0, piledUp));
}

/** Leases that any leader may have here at once at most: one to run and PREFETCH_PER_SLOT to be ready behind it, for each slot. */
export function mostHeld({ slots }: PeerState): number {
  return slots * (1 + PREFETCH_PER_SLOT);
}

/** Attempts of one leader that are kept at most, whatever they are at. */
export function mostAttempts({ slots }: PeerState): number {
  return slots * ATTEMPTS_PER_SLOT;
}

/** Slices that lie here for what comes next: PREFETCH_PER_SLOT for each slot, and one of each leader whatever the others do. */
export function mostReady(state: PeerState, load: Load): number {
  return Math.max(state.slots * PREFETCH_PER_SLOT, load.holders);
}

/** Whether one more encode of this size may run; the first always may. */
export function fitsMemory(state: PeerState, takenBytes: number, moreBytes: number): boolean {
  return takenBytes === 0 || takenBytes + moreBytes <= state.memoryBudgetBytes;
}

/** What the largest encode may need that any leader can ask for now; 0 without a job. */
export function largestJobBytes(state: PeerState): number {
  return Math.max(0, ...[...state.leaders.values()].map(({ largestBytes }) => largestBytes));
}

/** Slots that this leader's largest job can really use at once. */
function slotsByMemory(state: PeerState, { largestBytes }: LeaderOfPeer): number {
  const byMemory = Math.max(1, Math.floor(state.memoryBudgetBytes / Math.max(1, largestBytes)));
  return Math.min(state.slots, byMemory);
}
