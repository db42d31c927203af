import { MEASURES_AT_ONCE } from '../limits.ts';
import type { PeerAction } from './actions.ts';
import { fitsMemory, type Load, loadOf, mostReady, roomFor } from './room.ts';
import { type HeldAttempt, isHeld, type PeerState } from './state.ts';
import { inTurn, turnsToFetch, turnsToStart } from './turns.ts';

/**
 * What a peer should do now, over all leaders it works for. The loop is the leader's (src/schedule/leader/plan.ts).
 * Room is told first, so that a leader that gets a lease back knows whether to send another.
 */
export function planPeer(state: PeerState, nowMs: number): PeerAction[] {
  const load = loadOf(state);
  return [
    ...planRoom(state, load),
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

function planAnswers(state: PeerState): PeerAction[] {
  const actions: PeerAction[] = [];
  for (const { name, steal, state: step } of state.attempts.values()) {
    if (steal === null || steal.isAnswered || step === 'over' || step === 'discarding') continue;
    actions.push({ type: 'answer-steal', name, answer: steal.answer });
  }
  return actions;
}

function planEndings(state: PeerState): PeerAction[] {
  const actions: PeerAction[] = [];
  for (const attempt of state.attempts.values()) {
    const { name } = attempt;
    const isOver = attempt.state === 'over';
    if (isOver && attempt.returnReason !== null) {
      actions.push({ type: 'return-lease', name, reason: attempt.returnReason });
    } else if (isOver) {
      actions.push({ type: 'discard-attempt', name });
    } else if (isHeld(attempt) && isToReturn(state, attempt)) {
      actions.push({ type: 'return-lease', name, reason: state.intakeReason });
    }
  }
  return actions;
}

function isToReturn({ intake }: PeerState, { hasChild }: HeldAttempt): boolean {
  return intake === 'emptying' || (intake === 'closed' && !hasChild);
}

/** Also where no work is taken: a leader needs its own machine's build, and whoever resumes is to start at once. */
function planMeasures(state: PeerState): PeerAction[] {
  const jobs = [...state.leaders.values()].flatMap(({ id, jobs }) =>
    [...jobs.values()].map((job) => ({ leader: id, job: job.id, build: job.build })),
  );
  const measuring = jobs.filter(({ build }) => build === 'measuring').length;
  return jobs
    .filter(({ build }) => build === 'unmeasured')
    .slice(0, Math.max(0, MEASURES_AT_ONCE - measuring))
    .map(({ leader, job }) => ({ type: 'measure-build', leader, job }));
}

/** The next in turn starts or nobody: a large picture must not starve behind small ones that always fit. */
function planStarts(state: PeerState, load: Load, nowMs: number): PeerAction[] {
  const actions: PeerAction[] = [];
  if (state.intake !== 'open') return actions;
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
  if (state.intake !== 'open') return actions;
  const most = Math.max(0, state.slots - load.slots) + mostReady(state, load);
  for (const attempt of inTurn(state, 'granted', turnsToFetch(state, nowMs))) {
    if (load.prepared + actions.length >= most) break;
    actions.push({ type: 'fetch-slice', name: attempt.name });
  }
  return actions;
}
