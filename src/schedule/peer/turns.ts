import type { Places } from './places.ts';
import type { Load } from './room.ts';
import type { HeldAttempt, LeaderOfPeer, PeerState } from './state.ts';
import { workMsOf } from './work-time.ts';

/** How many attempts each leader has under way, and who of two should get the next. */
export interface Turns {
  underWay(places: Places): number;
  /** Negative when the first goes first, zero when they are equal. */
  compare(first: Standing, second: Standing): number;
}

export interface Standing {
  readonly leader: LeaderOfPeer;
  readonly underWay: number;
}

/**
 * Starts: a leader that runs less than its whole share of the slots goes first, of others the one that had least of the
 * machine so far. With one slot, long chunks of the one alternate with several short ones of the other.
 */
export function turnsToStart(state: PeerState, load: Load, nowMs: number): Turns {
  const share = Math.floor(state.slots / Math.max(1, load.holders));
  const workMs = workOf(state, nowMs);
  return {
    underWay: ({ running }) => running.size,
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
    underWay: ({ prepared }) => prepared.size,
    compare: (a, b) => a.underWay - b.underWay || workMs(a.leader) - workMs(b.leader),
  };
}

/** Attempts in the given state, in the order in which they should go on: of each leader the oldest. */
export function* inTurn(
  state: PeerState,
  from: 'granted' | 'ready',
  turns: Turns,
): Generator<HeldAttempt, void, undefined> {
  const queues = new Map<LeaderOfPeer, HeldAttempt[]>();
  const underWay = new Map<LeaderOfPeer, number>();
  for (const attempt of state.places[from]) {
    const { leader } = attempt;
    const queue = queues.get(leader);
    if (queue === undefined) queues.set(leader, [attempt]);
    else queue.push(attempt);
  }
  for (const [leader, queue] of queues) {
    queue.sort((a, b) => b.turn - a.turn);
    underWay.set(leader, turns.underWay(leader.places));
  }
  while (queues.size > 0) {
    const standings = [...queues.keys()].map((leader) => ({ leader, underWay: underWay.get(leader) ?? 0 }));
    const [next] = standings.sort((a, b) => turns.compare(a, b) || waitsLonger(a, b));
    if (next === undefined) return;
    const { leader } = next;
    const queue = queues.get(leader) ?? [];
    const attempt = queue.pop();
    if (queue.length === 0) queues.delete(leader);
    if (attempt === undefined) continue;
    underWay.set(leader, (underWay.get(leader) ?? 0) + 1);
    yield attempt;
  }
}

/** For a start. */
function waitsLonger({ leader: a }: Standing, { leader: b }: Standing): number {
  return a.lastTurn - b.lastTurn || (a.id < b.id ? -1 : 1);
}

function workOf(state: PeerState, nowMs: number): (leader: LeaderOfPeer) => number {
  const work = new Map([...state.leaders.values()].map((one) => [one, workMsOf(one, nowMs)]));
  return (leader) => work.get(leader) ?? 0;
}
