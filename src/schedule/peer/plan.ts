import { MEASURES_AT_ONCE } from '../limits.ts';
import type { PeerAction } from './actions.ts';
import { fitsMemory, type Load, loadOf, mostReady, roomFor } from './room.ts';
import type { HeldAttempt, PeerState } from './state.ts';
import { inTurn, turnsToFetch, turnsToStart } from './turns.ts';

/**
 * What a peer should do now, over all leaders it works for. The loop is the leader's (src/schedule/leader/plan.ts).
 * To a leader a lease that comes back means that there is no room: the next plan tells it what there is. Walks what is to be
 * done and what fills the slots, never all attempts.
 */
export function planPeer(state: PeerState, nowMs: number): PeerAction[] {
  const load = loadOf(state);
  return [
    ...planRoom(state, load),
    ...planRefusals(state),
    ...planAnswers(state),
    ...planEndings(state),
    ...planMeasures(state),
    ...planStarts(state, load, nowMs),
    ...planFetches(state, load, nowMs),
  ];
}

function planRoom(state: PeerState, load: Load): PeerAction[] {
  const actions: PeerAction[] = [];
  for (const leader of state.leaders.values()) {
    const leases = roomFor(state, leader, load);
    if (leases !== leader.told) actions.push({ type: 'tell-room', leader: leader.id, leases });
  }
  return actions;
}

function planRefusals({ refusals }: PeerState): PeerAction[] {
  return [...refusals].map((refusal) => ({ type: 'tell-refusal', refusal }));
}

function planAnswers({ places }: PeerState): PeerAction[] {
  const actions: PeerAction[] = [];
  for (const { name, steal } of places.asked) {
    if (steal !== null) actions.push({ type: 'answer-steal', name, answer: steal.answer });
  }
  return actions;
}

function planEndings(state: PeerState): PeerAction[] {
  const actions: PeerAction[] = [];
  for (const { name, returnReason } of state.places.over) {
    if (returnReason === null) actions.push({ type: 'discard-attempt', name });
    else actions.push({ type: 'return-lease', name, reason: returnReason });
  }
  if (state.intake === 'open') return actions;
  for (const attempt of state.places.held) {
    if (!isToReturn(state, attempt)) continue;
    actions.push({ type: 'return-lease', name: attempt.name, reason: state.intakeReason });
  }
  return actions;
}

function isToReturn({ intake }: PeerState, { hasChild }: HeldAttempt): boolean {
  return intake === 'emptying' || (intake === 'closed' && !hasChild);
}

/**
 * Also where no work is taken: a leader needs its own machine's build, and whoever resumes is to start at once. Leaders take
 * turns, so that one with hundreds of jobs holds up no other.
 */
function planMeasures({ leaders, measuring }: PeerState): PeerAction[] {
  const most = Math.max(0, MEASURES_AT_ONCE - measuring.size);
  return [...leaders.values()]
    .filter(({ unmeasured }) => unmeasured.size > 0)
    .sort((a, b) => a.lastMeasure - b.lastMeasure)
    .slice(0, most)
    .flatMap(({ id: leader, unmeasured }) => {
      const [job] = unmeasured;
      return job === undefined ? [] : [{ type: 'measure-build', leader, job: job.id }];
    });
}

/** The next in turn starts or nobody: a large picture must not starve behind small ones that always fit. */
function planStarts(state: PeerState, load: Load, nowMs: number): PeerAction[] {
  const actions: PeerAction[] = [];
  if (state.intake !== 'open' || load.slots >= state.slots || state.places.ready.size === 0) return actions;
  let { memoryBytes } = load;
  for (const attempt of inTurn(state, 'ready', turnsToStart(state, load, nowMs))) {
    if (load.slots + actions.length >= state.slots) break;
    if (!fitsMemory(state, memoryBytes, attempt.memoryBytes)) break;
    memoryBytes += attempt.memoryBytes;
    actions.push({ type: 'start-encode', name: attempt.name });
  }
  return actions;
}

/** A slice for every idle slot, and PREFETCH_PER_SLOT ready behind each; one of every leader at least. */
function planFetches(state: PeerState, load: Load, nowMs: number): PeerAction[] {
  const actions: PeerAction[] = [];
  const most = Math.max(0, state.slots - load.slots) + mostReady(state, load);
  if (state.intake !== 'open' || load.prepared >= most) return actions;
  for (const attempt of inTurn(state, 'granted', turnsToFetch(state, nowMs))) {
    if (load.prepared + actions.length >= most) break;
    actions.push({ type: 'fetch-slice', name: attempt.name });
  }
  return actions;
}
