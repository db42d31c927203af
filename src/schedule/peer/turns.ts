import type { Load } from './room.ts';
import { type HeldAttempt, isHeld, type PeerState } from './state.ts';
import { workMsOf } from './work-time.ts';

/** How many attempts each leader has under way, and who of two should get the next. */
export interface Turns {
  isUnderWay(attempt: HeldAttempt): boolean;
  /** Negative when the first goes first, zero when they are equal. */
  compare(first: Standing, second: Standing): number;
}

export interface Standing {
  readonly leader: string;
  readonly underWay: number;
}

/**
 * Starts: a leader that runs less than its whole share of the slots goes first, of others the one that had least of the
 * machine so far. With one slot, long chunks of the one alternate with several short ones of the other.
 */
export function turnsToStart(state: PeerState, load: Load, nowMs: number): Turns {
  const share = Math.floor(state.slots / Math.max(1, load.heldBy.size));
  const workMs = workOf(state, nowMs);
  return {
    isUnderWay: ({ hasChild }) => hasChild,
    compare: (a, b) =>
      Math.min(a.underWay, share) - Math.min(b.underWay, share) ||
      workMs(a.leader) - workMs(b.leader) ||
      a.underWay - b.underWay,
  };
}

/** Slices: one of each leader first, so that whose turn it is has one. */
export function turnsToFetch(state: PeerState, nowMs: number): Turns {
  const workMs = workOf(state, nowMs);
  return {
    isUnderWay: ({ state: step }) => step === 'fetching' || step === 'ready',
    compare: (a, b) => a.underWay - b.underWay || workMs(a.leader) - workMs(b.leader),
  };
}

/** Attempts in the given state, in the order in which they should go on: of each leader the oldest. */
export function* inTurn(
  state: PeerState,
  from: 'granted' | 'ready',
  turns: Turns,
): Generator<HeldAttempt, void, undefined> {
  const queues = new Map<string, HeldAttempt[]>();
  const underWay = new Map<string, number>();
  for (const attempt of state.attempts.values()) {
    const { leader } = attempt.name;
    if (attempt.state === from) queues.set(leader, [...(queues.get(leader) ?? []), attempt]);
    if (isHeld(attempt) && turns.isUnderWay(attempt)) underWay.set(leader, (underWay.get(leader) ?? 0) + 1);
  }
  for (const queue of queues.values()) queue.sort((a, b) => a.turn - b.turn);
  while (queues.size > 0) {
    const standings = [...queues.keys()].map((leader) => ({ leader, underWay: underWay.get(leader) ?? 0 }));
    const leader = nextLeader(state, standings, turns);
    const queue = queues.get(leader) ?? [];
    const attempt = queue.shift();
    if (queue.length === 0) queues.delete(leader);
    if (attempt === undefined) continue;
    underWay.set(leader, (underWay.get(leader) ?? 0) + 1);
    yield attempt;
  }
}

/** Of equals the one that has waited longest for a start. */
function nextLeader(state: PeerState, standings: Standing[], { compare }: Turns): string {
  const turnOf = ({ leader }: Standing) => state.leaders.get(leader)?.lastTurn ?? 0;
  const [first] = standings.sort(
    (a, b) => compare(a, b) || turnOf(a) - turnOf(b) || (a.leader < b.leader ? -1 : 1),
  );
  return first?.leader ?? '';
}

function workOf(state: PeerState, nowMs: number): (leader: string) => number {
  const work = new Map([...state.leaders.values()].map((one) => [one.id, workMsOf(state, one, nowMs)]));
  return (leader) => work.get(leader) ?? 0;
}
