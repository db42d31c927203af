import type { HeldAttempt, PeerState } from './state.ts';

/**
 * What of a peer's attempts is where, so that no plan walks them all. Kept by `refile` for the peer and for each of its
 * leaders.
 */
export interface Places {
  /** Leases in their leaders' count: not yet encoded, not given up. */
  readonly held: Set<HeldAttempt>;
  readonly granted: Set<HeldAttempt>;
  /** Slices that lie here or are on their way, not begun. */
  readonly prepared: Set<HeldAttempt>;
  readonly ready: Set<HeldAttempt>;
  readonly running: Set<HeldAttempt>;
  /** They take a slot and memory: what runs, and what is being stopped. */
  readonly working: Set<HeldAttempt>;
  /** To be returned or thrown away. */
  readonly over: Set<HeldAttempt>;
  /** Their leaders wait to hear whether they are given up. */
  readonly asked: Set<HeldAttempt>;
}

export function createPlaces(): Places {
  return {
    held: new Set(),
    granted: new Set(),
    prepared: new Set(),
    ready: new Set(),
    running: new Set(),
    working: new Set(),
    over: new Set(),
    asked: new Set(),
  };
}

/** After every change of an attempt. */
export function refile({ places }: PeerState, attempt: HeldAttempt): void {
  file(places, attempt);
  file(attempt.leader.places, attempt);
}

/** Whether the attempt is a lease in its leader's count: not yet encoded, not given up. */
export function isHeld({ state }: HeldAttempt): boolean {
  return state === 'granted' || state === 'fetching' || state === 'ready' || state === 'running';
}

function file(places: Places, attempt: HeldAttempt): void {
  const { state, steal, hasChild } = attempt;
  const isGone = state === 'over' || state === 'discarding';
  put(places.held, attempt, isHeld(attempt));
  put(places.granted, attempt, state === 'granted');
  put(places.prepared, attempt, state === 'fetching' || state === 'ready');
  put(places.ready, attempt, state === 'ready');
  put(places.running, attempt, state === 'running');
  put(places.working, attempt, hasChild);
  put(places.over, attempt, state === 'over');
  put(places.asked, attempt, steal !== null && !steal.isAnswered && !isGone);
}

function put(place: Set<HeldAttempt>, attempt: HeldAttempt, isHere: boolean): void {
  if (isHere) place.add(attempt);
  else place.delete(attempt);
}
