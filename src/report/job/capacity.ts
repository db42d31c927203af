import { type AttemptHistory, attemptsByPeer, type History, type PeerHistory } from './read-history.ts';

/** Slots of a peer from a moment on. */
export interface SlotStep {
  readonly fromMs: number;
  readonly slots: number;
}

/** When an attempt had a slot; null when it never began. */
export function slotTimeOf({
  startedMs,
  encodedMs,
  endedMs,
}: AttemptHistory): { readonly fromMs: number; readonly untilMs: number } | null {
  return startedMs === null ? null : { fromMs: startedMs, untilMs: encodedMs ?? endedMs };
}

/**
 * Slots with which each peer worked or could have: those that it gave, and while it takes no more work those that
 * still finish what they have.
 */
export function slotsOverTime({ peers, attempts }: History): Map<string, SlotStep[]> {
  const byPeer = attemptsByPeer(attempts);
  return new Map([...peers.values()].map((peer) => [peer.id, slotsOf(peer, byPeer.get(peer.id) ?? [])]));
}

function slotsOf({ steps }: PeerHistory, attempts: readonly AttemptHistory[]): SlotStep[] {
  const changes: { atMs: number; given?: number; running?: 1 | -1 }[] = steps.map(({ fromMs, slots }) => ({
    atMs: fromMs,
    given: slots,
  }));
  for (const attempt of attempts) {
    const time = slotTimeOf(attempt);
    if (time === null) continue;
    changes.push({ atMs: time.fromMs, running: 1 }, { atMs: time.untilMs, running: -1 });
  }
  // What ends frees its slot for what begins at the same moment.
  changes.sort((a, b) => a.atMs - b.atMs || (a.running ?? 0) - (b.running ?? 0));
  const slots: SlotStep[] = [];
  let given = 0;
  let running = 0;
  for (const change of changes) {
    given = change.given ?? given;
    running += change.running ?? 0;
    const now = Math.max(given, running);
    if (slots.at(-1)?.fromMs === change.atMs) slots.pop();
    if ((slots.at(-1)?.slots ?? 0) !== now) slots.push({ fromMs: change.atMs, slots: now });
  }
  return slots;
}
