import { POISON_PEERS, REST_MS, STRIKES_TO_SLOW, TOO_LONG, TRIES_PER_PEER } from '../limits.ts';
import type { Outlook } from './outlook.ts';
import type { Attempt, Chunk, JobPeer, JobState } from './state.ts';

/** The slot that would end a chunk soonest is never too slow for it, however its time is computed. */
const ROUNDING = 1.000001;

/** Leases at a peer, those that a plan is about to grant included. */
export interface Held {
  readonly ofJob: number;
  readonly ofAllJobs: number;
  /** Of these, leases of chunks that must be encoded alone. */
  readonly alone: number;
}

/** What eligibility depends on besides the peer and the chunk. */
export interface Moment {
  readonly held: Held;
  readonly outlook: Outlook;
  /** Until the slot in question is free. */
  readonly delayMs: number;
  readonly nowMs: number;
}

/**
 * May this peer take this chunk now? The one rule, used by `planLeader` and by the simulator's invariant: the job
 * hands out work, the peer has its build and is not held back, the chunk waits, is not too long for it, and has not
 * failed there before, unless nobody else is left to try.
 */
export function isEligible(jobPeer: JobPeer, chunk: Chunk, moment: Moment): boolean {
  return mayTakeWork(jobPeer, moment) && mayTry(jobPeer, chunk, moment);
}

/** The peer's half of `isEligible`. */
export function mayTakeWork(jobPeer: JobPeer, { held, nowMs }: Moment): boolean {
  const { job, peer } = jobPeer;
  if (held.alone > 0 || peer.isSuspect) return false;
  if (job.digest === null || job.isFinishing || jobPeer.digest !== job.digest) return false;
  if (mayHold(jobPeer, held.ofJob)) return true;
  const leftOutMs = job.blames.get(peer.id)?.leftOutMs ?? Number.POSITIVE_INFINITY;
  return !job.usable.has(peer.id) && held.ofJob === 0 && nowMs >= leftOutMs + REST_MS;
}

/** Whether its failures leave it one more lease of the job than it holds, a trial after a rest not counted. */
export function mayHold({ job, peer }: JobPeer, heldOfJob: number): boolean {
  if (!job.usable.has(peer.id)) return false;
  const blame = job.blames.get(peer.id);
  if (heldOfJob === 0 || blame === undefined) return true;
  return blame.strikes.size + blame.doubts.size < STRIKES_TO_SLOW;
}

/** The chunk's half of `isEligible`. */
export function mayTry(jobPeer: JobPeer, chunk: Chunk, moment: Moment): boolean {
  const { job, peer } = jobPeer;
  const { held } = moment;
  if (chunk.state !== 'waiting' || isPoison(job, chunk)) return false;
  if (chunk.failures.length === 0 && !isAlone(chunk)) return !isTooLong(jobPeer, chunk, moment);
  if (isAlone(chunk) && held.ofAllJobs > 0) return false;
  // Where it did not fail, the fastest peer gets to it as soon as it has nothing else.
  if (chunk.failures.length === 0) return !isTooLong(jobPeer, chunk, moment);
  if (triesOn(chunk, peer.id) === 0) return true;
  return countedTries(chunk, peer.id) < TRIES_PER_PEER && isNobodyElseLeft(job, chunk);
}

/**
 * May this peer try a chunk that another one has begun? One backup at most, on a peer which did not fail this chunk
 * before; whether it is worth while is decided by `planLeader`.
 */
export function mayBackUp(jobPeer: JobPeer, chunk: Chunk, moment: Moment): boolean {
  if (!mayTakeWork(jobPeer, moment)) return false;
  if (isAlone(chunk) && moment.held.ofAllJobs > 0) return false;
  const [attempt, second] = chunk.attempts;
  if (chunk.state !== 'leased' || attempt === undefined || second !== undefined) return false;
  return (
    attempt.state === 'started' && attempt.peer !== jobPeer.peer.id && triesOn(chunk, jobPeer.peer.id) === 0
  );
}

/** May this peer take over what another one has not begun? Whether it is worth while is decided by `planLeader`. */
export function maySteal(jobPeer: JobPeer, attempt: Attempt, moment: Moment): boolean {
  const { chunk } = attempt;
  if (!mayAskFor(jobPeer, attempt, moment) || chunk.attempts.size !== 1) return false;
  return triesOn(chunk, jobPeer.peer.id) === 0 && !isTooLong(jobPeer, chunk, moment);
}

/**
 * May another one be asked in this peer's name for what it has not begun? What is given up goes to whoever may try it, if
 * this peer may not; a backup that is given up makes room for another one.
 */
export function mayAskFor(jobPeer: JobPeer, { chunk, peer, state, thief }: Attempt, moment: Moment): boolean {
  if (state !== 'granted' || thief !== null || peer === jobPeer.peer.id) return false;
  if (isAlone(chunk) && moment.held.ofAllJobs > 0) return false;
  return mayTakeWork(jobPeer, moment);
}

/**
 * Near the end a slow slot must not begin what all others together would wait for, unless none of the fast ones would end
 * it sooner, busy as they are. Of two chunks the longer one is too long first.
 */
function isTooLong({ costRate }: JobPeer, chunk: Chunk, moment: Moment): boolean {
  return costRate !== null && chunk.cost / costRate > longestMs(chunk.cost, moment);
}

/** So long may a chunk of this cost take at most. */
export function longestMs(cost: number, { outlook, delayMs }: Moment): number {
  if (outlook.fastSlots.length === 0) return Number.POSITIVE_INFINITY;
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { costRate, freeMs } of outlook.fastSlots) {
    soonestMs = Math.min(soonestMs, freeMs + cost / costRate);
  }
  return Math.max(TOO_LONG * (outlook.restMs - delayMs), ROUNDING * (soonestMs - delayMs));
}

/**
 * Failed on POISON_PEERS different peers, or as often as makes sense on one with nobody else to try. The second
 * kind is forgiven when a peer joins that has not tried yet.
 */
export function isPoison(job: JobState, chunk: Chunk): boolean {
  if (chunk.failures.length < TRIES_PER_PEER) return false;
  const failedOn = peersThatFailed(chunk);
  if (failedOn.size >= POISON_PEERS) return true;
  if (!isNobodyElseLeft(job, chunk)) return false;
  return [...failedOn].some((peer) => countedTries(chunk, peer) >= TRIES_PER_PEER);
}

/**
 * Peers were lost on it time after time. It may be what takes them down, or it was near another chunk that did: it is
 * encoded alone, so that the next loss tells which.
 */
export function isAlone({ isSuspect }: Chunk): boolean {
  return isSuspect;
}

/** Different peers on which the chunk failed. */
export function peersThatFailed(chunk: Chunk): ReadonlySet<string> {
  return new Set(chunk.failures.map((failure) => failure.peer));
}

/** Whether every usable peer has failed this chunk; also when there is none. */
function isNobodyElseLeft(job: JobState, chunk: Chunk): boolean {
  let failedAndUsable = 0;
  for (const peer of peersThatFailed(chunk)) {
    if (job.usable.has(peer)) failedAndUsable += 1;
  }
  return failedAndUsable === job.usable.size;
}

/** Failures of the chunk there. */
export function triesOn(chunk: Chunk, peer: string): number {
  return chunk.failures.reduce((count, failure) => count + (failure.peer === peer ? 1 : 0), 0);
}

/** Results of the chunk by this peer that were refused. */
export function refusalsOn(chunk: Chunk, peer: string): number {
  return chunk.failures.filter((failure) => failure.peer === peer && failure.cause === 'result').length;
}

/** Beside other failures one refusal does not count: it may be the encoder's doing, which the same bytes again would tell. */
function countedTries(chunk: Chunk, peer: string): number {
  const tries = triesOn(chunk, peer);
  return tries > 1 && refusalsOn(chunk, peer) === 1 ? tries - 1 : tries;
}
