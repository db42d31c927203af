import { FETCHES_AT_ONCE, PROOFS_AT_ONCE } from '../limits.ts';
import type { LeaderAction } from './actions.ts';
import { planEnd } from './ending.ts';
import { planExpiries } from './expiry.ts';
import { planGrants } from './grant.ts';
import { planAppend } from './prefix.ts';
import type { Attempt, Chunk, LeaderState } from './state.ts';

/**
 * What a leader should do now, over all its jobs. It decides from the whole state by its indexes and changes
 * nothing; the daemon's loop is
 *
 *     for (const event of inbox) applyLeader(state, event);
 *     for (const action of planLeader(state, nowMs)) perform(action);
 *
 * where `perform` first applies the event that records the action (see actions.ts), synchronously, then begins the
 * work, whose outcome comes back through the inbox. The loop runs after every batch of events and at least once a
 * second, for what only time brings about: an action may make another one possible (an expired lease is granted
 * again), and the next round finds it.
 */
export function planLeader(state: LeaderState, nowMs: number): LeaderAction[] {
  // What follows from an expired lease is decided when it is recorded.
  const expiries = planExpiries(state, nowMs);
  if (expiries.length > 0) return expiries;
  const jobs = [...state.jobs.values()];
  return [
    ...planWordsToPeers(state),
    ...planResults(state),
    ...planGrants(state, nowMs),
    ...jobs.flatMap((job) => planAppend(job) ?? []),
    // Last, so that no action of this plan is about a job that is over.
    ...jobs.flatMap((job) => planEnd(job, nowMs) ?? []),
  ];
}

function planWordsToPeers(state: LeaderState): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const { job, peer } of state.unannounced) {
    actions.push({ type: 'announce-job', job: job.id, peer: peer.id });
  }
  for (const attempt of state.closing) actions.push(closingWords(attempt));
  return actions;
}

function closingWords(attempt: Attempt): LeaderAction {
  const names = { job: attempt.job.id, attempt: attempt.number, peer: attempt.peer };
  if (attempt.verdict === 'cancelled') return { type: 'cancel-attempt', ...names, reason: attempt.reason };
  return { type: 'settle-result', ...names, accepted: attempt.verdict === 'accepted' };
}

function planResults(state: LeaderState): LeaderAction[] {
  const actions: LeaderAction[] = [];
  for (const attempt of firstOf(state.encoded, FETCHES_AT_ONCE - state.fetching.size)) {
    actions.push({
      type: 'fetch-result',
      job: attempt.job.id,
      attempt: attempt.number,
      peer: attempt.peer,
    });
  }
  for (const attempt of firstOf(provable(state), PROOFS_AT_ONCE - state.proving.size)) {
    actions.push({
      type: 'prove-result',
      job: attempt.job.id,
      attempt: attempt.number,
      chunk: attempt.chunk.number,
    });
  }
  return actions;
}

/** Of a chunk's two results the second is proven only if the first is refused. */
function* provable({ fetched }: LeaderState): Generator<Attempt, void, undefined> {
  const chunks = new Set<Chunk>();
  for (const attempt of fetched) {
    if ([...attempt.chunk.attempts].some(({ state }) => state === 'proving')) continue;
    if (chunks.has(attempt.chunk)) continue;
    chunks.add(attempt.chunk);
    yield attempt;
  }
}

function firstOf(attempts: Iterable<Attempt>, count: number): Attempt[] {
  const first: Attempt[] = [];
  for (const attempt of attempts) {
    if (first.length >= count) break;
    first.push(attempt);
  }
  return first;
}
