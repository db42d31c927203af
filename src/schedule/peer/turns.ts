import { type HeldAttempt, isHeld, type PeerState } from './state.ts';

/**
 * Attempts in the given state, in the order in which they should go on: always the oldest of the leader that has the
 * fewest under way, of equals the one that has waited longest for a start. Leaders with few slots' worth of work thus
 * alternate, however many leases one of them has.
 */
export function* inTurn(
  state: PeerState,
  from: 'granted' | 'ready',
  isUnderWay: (attempt: HeldAttempt) => boolean,
): Generator<HeldAttempt, void, undefined> {
  const queues = new Map<string, HeldAttempt[]>();
  const underWay = new Map<string, number>();
  for (const attempt of state.attempts.values()) {
    const { leader } = attempt.name;
    if (attempt.state === from) queues.set(leader, [...(queues.get(leader) ?? []), attempt]);
    if (isHeld(attempt) && isUnderWay(attempt)) underWay.set(leader, (underWay.get(leader) ?? 0) + 1);
  }
  for (const queue of queues.values()) queue.sort((a, b) => a.turn - b.turn);
  while (queues.size > 0) {
    const leader = nextLeader(state, [...queues.keys()], underWay);
    const queue = queues.get(leader) ?? [];
    const attempt = queue.shift();
    if (queue.length === 0) queues.delete(leader);
    if (attempt === undefined) continue;
    underWay.set(leader, (underWay.get(leader) ?? 0) + 1);
    yield attempt;
  }
}

function nextLeader(state: PeerState, leaders: string[], underWay: ReadonlyMap<string, number>): string {
  const turnOf = (id: string) => state.leaders.get(id)?.lastTurn ?? 0;
  const [first] = leaders.sort((a, b) => {
    const difference = (underWay.get(a) ?? 0) - (underWay.get(b) ?? 0) || turnOf(a) - turnOf(b);
    return difference === 0 ? (a < b ? -1 : 1) : difference;
  });
  return first ?? '';
}
