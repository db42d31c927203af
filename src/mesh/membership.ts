/** Heartbeats become alive, suspect, gone. Times are a monotonic clock's milliseconds, given as arguments. */

/** How often each end says that it lives. Twice as often doubles what an idle daemon costs, and tells no more. */
export const HEARTBEAT_MS = 1000;
/** Two heartbeats and a half: a peer heard of since then is surely there. */
export const LIVELY_MS = 2500;
/** Three heartbeats missed. On a saturated link with a saturated CPU they were at most 0.6 s late. */
export const SUSPECT_AFTER_MS = 3000;
/** A loose cable, a sleeping radio or a swapping machine comes back in this time; work is given away only after it. */
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
  membership.members.set(member, { heardMs: nowMs, liveness: 'alive' });
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

/** How long the member has been silent, or null when it is not watched. */
export function silenceMs(membership: Membership, member: string, nowMs: number): number | null {
  const known = membership.members.get(member);
  return known === undefined ? null : nowMs - known.heardMs;
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
    const next = judge(nowMs - member.heardMs);
    if (next === member.liveness) continue;
    member.liveness = next;
    if (next === 'gone') membership.members.delete(name);
    if (next !== 'alive') fallen.push({ member: name, liveness: next });
  }
  return fallen;
}

function judge(silentMs: number): Liveness {
  if (silentMs >= GONE_AFTER_MS) return 'gone';
  return silentMs >= SUSPECT_AFTER_MS ? 'suspect' : 'alive';
}
