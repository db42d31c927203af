/** Heartbeats become alive, suspect, gone. Times are a monotonic clock's milliseconds, given as arguments. */

/** How often each of two that work together says that it lives. Twice as often doubles what that costs, and tells no more. */
export const HEARTBEAT_MS = 1000;
/**
 * The same of two without a job between them, of whom nobody waits for the other. With seven peers a daemon takes 0.65 % of a
 * core so, and 1.7 % with a heartbeat a second.
 */
export const IDLE_HEARTBEAT_MS = 5000;
/** A peer heard of within so many heartbeats is surely there. */
const LIVELY_BEATS = 2.5;
/** A suspect missed so many. On a saturated link with a saturated CPU they were at most 0.6 s late. */
const SUSPECT_BEATS = 3;
/** When a peer that we work with is suspect. */
export const SUSPECT_AFTER_MS = SUSPECT_BEATS * HEARTBEAT_MS;
/**
 * A loose cable, a sleeping radio or a swapping machine comes back in this time; work is given away only after it. As long as three
 * heartbeats of an idle peer, which is gone without being suspect before.
 */
export const GONE_AFTER_MS = 15_000;
/**
 * So long the link of a peer that is gone is kept, and what it encodes goes on: a router that restarts, a laptop that is
 * carried to another room. What it brings then still counts; a leader that died for good keeps slots no longer.
 */
export const FORGOTTEN_AFTER_MS = 60_000;
/**
 * Our own timer this late means that this process, not the others, was stopped (SIGSTOP, suspend, swapping):
 * what the others sent meanwhile still waits in the socket.
 */
export const FORGIVE_LATE_TIMER_MS = 1500;

export type Liveness = 'alive' | 'suspect' | 'gone';

interface Member {
  heardMs: number;
  /** The longest time between two of its heartbeats. */
  everyMs: number;
  liveness: Liveness;
}

export interface Membership {
  readonly members: Map<string, Member>;
  tickedMs: number | null;
}

export function emptyMembership(): Membership {
  return { members: new Map(), tickedMs: null };
}

/** Begins to watch a member, or begins anew. */
export function watch(membership: Membership, member: string, nowMs: number): void {
  membership.members.set(member, { heardMs: nowMs, everyMs: HEARTBEAT_MS, liveness: 'alive' });
}

export function unwatch(membership: Membership, member: string): void {
  membership.members.delete(member);
}

/** Anything arrived from the member. Returns true when it was suspect until now. */
export function heard(membership: Membership, member: string, nowMs: number): boolean {
  const known = membership.members.get(member);
  if (known === undefined) return false;
  known.heardMs = nowMs;
  const wasSuspect = known.liveness === 'suspect';
  known.liveness = 'alive';
  return wasSuspect;
}

/** The member said how often it says from now on that it lives. */
export function expectEvery(membership: Membership, member: string, everyMs: number): void {
  const known = membership.members.get(member);
  if (known !== undefined) known.everyMs = everyMs;
}

/** Whether the member was heard of so lately that it is surely there. */
export function isLively(membership: Membership, member: string, nowMs: number): boolean {
  const known = membership.members.get(member);
  return known?.liveness === 'alive' && nowMs - known.heardMs < LIVELY_BEATS * known.everyMs;
}

export function liveness(membership: Membership, member: string): Liveness {
  return membership.members.get(member)?.liveness ?? 'gone';
}

/**
 * To be called every HEARTBEAT_MS. Returns the members whose liveness fell, each with its new one; a member that
 * is gone is no longer watched.
 */
export function tick(membership: Membership, nowMs: number): { member: string; liveness: Liveness }[] {
  const lateMs = membership.tickedMs === null ? 0 : nowMs - membership.tickedMs - HEARTBEAT_MS;
  membership.tickedMs = nowMs;
  if (lateMs > FORGIVE_LATE_TIMER_MS) {
    for (const member of membership.members.values()) member.heardMs += lateMs;
  }
  const fallen: { member: string; liveness: Liveness }[] = [];
  for (const [name, member] of membership.members) {
    const next = judge(nowMs - member.heardMs, member.everyMs);
    if (next === member.liveness) continue;
    member.liveness = next;
    if (next === 'gone') membership.members.delete(name);
    if (next !== 'alive') fallen.push({ member: name, liveness: next });
  }
  return fallen;
}

function judge(silentMs: number, everyMs: number): Liveness {
  if (silentMs >= GONE_AFTER_MS) return 'gone';
  return silentMs >= SUSPECT_BEATS * everyMs ? 'suspect' : 'alive';
}
