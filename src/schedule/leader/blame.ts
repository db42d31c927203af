import {
  BAD_RESULTS_TO_LEAVE_OUT,
  SILENCES_TO_LEAVE_OUT,
  STRIKES_TO_LEAVE_OUT,
  TRIES_PER_PEER,
} from '../limits.ts';
import { peersThatFailed, refusalsOn } from './eligible.ts';
import { refreshIdle } from './idle.ts';
import { refreshShare } from './outlook.ts';
import type { Attempt, Blame, Chunk, ChunkFailure, JobState, LeaderState } from './state.ts';

/**
 * Counts a failure against its peer, or, once the chunk has failed on a second peer, against the chunk alone: its
 * peers are cleared.
 */
export function blamePeer(job: JobState, attempt: Attempt, failure: ChunkFailure, nowMs: number): void {
  if (peersThatFailed(attempt.chunk).size > 1) {
    clearPeers(job, attempt.chunk);
    return;
  }
  const blame = blameOf(job, failure.peer);
  blameSet(job, blame, attempt.chunk, failure).add(attempt.chunk.number);
  blame.words = failure.words;
  if (isResting(blame)) blame.leftOutMs = nowMs;
  refreshUsable(job, failure.peer);
}

/** What a failure counts as. */
function blameSet(
  { usable }: JobState,
  { doubts, badResults, strikes }: Blame,
  chunk: Chunk,
  { peer, cause }: ChunkFailure,
): Set<number> {
  // The peer's doing or its encoder's, which makes the same of it anywhere: the chunk's next attempt tells.
  if (cause === 'result' && refusalsOn(chunk, peer) < TRIES_PER_PEER) return doubts;
  // With nobody to compare it with, the file may as well be at fault: a success makes up for it, as for any failure.
  const isAlone = usable.size === 1 && usable.has(peer);
  return !isAlone && (cause === 'result' || cause === 'frames') ? badResults : strikes;
}

/**
 * A result of the chunk was proven: those that were refused before were their makers' doing, but for what was refused at
 * another quality, which the encoder may spoil on every machine.
 *
 * @param maker who made it; undefined when it was made before this run.
 * @param quality at which it was made; undefined where that is the job's own.
 */
export function settleDoubts(
  job: JobState,
  { failures, number }: Chunk,
  maker: string | undefined,
  quality: number | undefined,
): void {
  for (const failure of failures) {
    const { peer, cause } = failure;
    const blame = job.blames.get(peer);
    if (blame === undefined || cause !== 'result') continue;
    blame.doubts.delete(number);
    const isOther = failure.quality !== undefined && quality !== undefined && failure.quality !== quality;
    if (!isOther && maker !== undefined && maker !== peer) blame.badResults.add(number);
    refreshUsable(job, peer);
  }
}

/**
 * A result was refused at this quality. What was refused at others says nothing of it, of its chunk or of whose doing that
 * was: a search that is told of better tries meanwhile moves on before the same bytes come twice, and an encoder may spoil a
 * picture at several qualities in a row. Only while the chunk is leased: where it waits depends on its failures.
 */
export function forgetOtherQualities(job: JobState, chunk: Chunk, quality: number): void {
  const isOther = (failure: ChunkFailure) => failure.quality !== undefined && failure.quality !== quality;
  const others = chunk.failures.filter(isOther);
  if (others.length === 0) return;
  chunk.failures.splice(0, chunk.failures.length, ...chunk.failures.filter((one) => !isOther(one)));
  for (const { peer } of others) {
    job.blames.get(peer)?.doubts.delete(chunk.number);
    refreshUsable(job, peer);
  }
}

/** What failed a chunk's attempts so far was no peer's fault. */
export function clearPeers(job: JobState, chunk: Chunk): void {
  for (const peer of peersThatFailed(chunk)) clear(job, chunk, peer);
}

/**
 * Frames differed, and a longer lead-in may help: the file's doing, as a rule. But a peer that brought nothing yet while
 * others did is as likely to decode wrongly, or to lie.
 */
export function doubtPeer(job: JobState, attempt: Attempt, words: string, nowMs: number): void {
  const { byPeer } = job.tally;
  if (byPeer.size === 0 || byPeer.has(attempt.peer)) return;
  const blame = blameOf(job, attempt.peer);
  blame.strikes.add(attempt.chunk.number);
  blame.words = words;
  if (isResting(blame)) blame.leftOutMs = nowMs;
  refreshUsable(job, attempt.peer);
}

/** It let a lease expire and said nothing of it. */
export function blameSilence(job: JobState, peer: string, words: string, nowMs: number): void {
  const blame = blameOf(job, peer);
  blame.silences += 1;
  blame.words = words;
  if (isResting(blame)) blame.leftOutMs = nowMs;
  refreshUsable(job, peer);
}

/** A finished attempt makes up for one strike, one doubt and one silence. */
export function forgiveStrike(job: JobState, peer: string): void {
  const blame = job.blames.get(peer);
  if (blame === undefined) return;
  blame.silences = Math.max(0, blame.silences - 1);
  for (const numbers of [blame.strikes, blame.doubts]) {
    for (const oldest of numbers) {
      numbers.delete(oldest);
      break;
    }
  }
  refreshUsable(job, peer);
}

/** Keeps the index of usable peers: those that are able and not left out. */
export function refreshUsable(job: JobState, peer: string): void {
  const blame = job.blames.get(peer);
  if (blame !== undefined && !isResting(blame)) blame.leftOutMs = null;
  const jobPeer = job.peers.get(peer);
  if (isAble(job, peer) && !isLeftOut(job, peer)) job.usable.add(peer);
  else job.usable.delete(peer);
  if (jobPeer !== undefined) {
    refreshShare(jobPeer);
    refreshIdle(jobPeer);
  }
  if (job.usable.size === 0) admitDoubted(job);
}

/** There is nobody to compare them with any more: their chunks' next attempts tell what they are worth. */
function admitDoubted(job: JobState): void {
  for (const peer of job.blames.keys()) {
    if (isAble(job, peer) && !isLeftOut(job, peer)) refreshUsable(job, peer);
  }
}

/** Connected, with slots at all, of the job's build. */
function isAble(job: JobState, peer: string): boolean {
  const jobPeer = job.peers.get(peer);
  return (
    jobPeer !== undefined && job.digest !== null && jobPeer.digest === job.digest && jobPeer.peer.slots > 0
  );
}

/** Why this peer gets no work of this job, as a sentence for `status`; null when it may work. */
export function whyLeftOut(state: LeaderState, peer: string, jobId: string): string | null {
  const job = state.jobs.get(jobId);
  const jobPeer = job?.peers.get(peer);
  if (job === undefined || jobPeer === undefined) return null;
  if (jobPeer.peer.slots === 0) return 'It has no slots (--slots 0).';
  if (jobPeer.unavailable !== null) return `It cannot encode this job: ${jobPeer.unavailable}`;
  if (jobPeer.digest !== null && job.digest !== null && jobPeer.digest !== job.digest) {
    return (
      'Its encoder writes other bytes than this job’s does for the same clip, and one file must come from one ' +
      'build. Install the same version of vadeio-node, and of the encoder where that is a program of its own, on the ' +
      'same kind of processor to let it help.'
    );
  }
  const blame = job.blames.get(peer);
  if (blame === undefined || !isLeftOut(job, peer)) return null;
  const refused = blame.badResults.size + blame.doubts.size;
  if (refused >= BAD_RESULTS_TO_LEAVE_OUT) {
    return `${refused} of its results were refused, the last one because: ${blame.words}`;
  }
  if (blame.silences >= SILENCES_TO_LEAVE_OUT) {
    return `It took ${blame.silences} chunks without a word about them; start its daemon anew. ${blame.words}`;
  }
  return `${blame.strikes.size} chunks failed there and worked elsewhere or nowhere else yet; its last words: ${blame.words}`;
}

/** Whether the job has peers that would be usable had they not failed so often. */
export function isAnyoneLeftOut(job: JobState): boolean {
  for (const peer of job.peers.keys()) {
    if (isLeftOut(job, peer)) return true;
  }
  return false;
}

function isLeftOut(job: JobState, peer: string): boolean {
  const blame = job.blames.get(peer);
  if (blame === undefined) return false;
  const { badResults, doubts } = blame;
  if (badResults.size >= BAD_RESULTS_TO_LEAVE_OUT || isResting(blame)) return true;
  return badResults.size + doubts.size >= BAD_RESULTS_TO_LEAVE_OUT && hasOthers(job, peer);
}

/** Usable ones: they tell whose doing a refused result is. */
function hasOthers({ usable }: JobState, peer: string): boolean {
  return usable.size > (usable.has(peer) ? 1 : 0);
}

/** Left out until it is tried again. */
function isResting({ silences, strikes }: Blame): boolean {
  return strikes.size >= STRIKES_TO_LEAVE_OUT || silences >= SILENCES_TO_LEAVE_OUT;
}

function clear(job: JobState, chunk: Chunk, peer: string): void {
  const blame = job.blames.get(peer);
  if (blame === undefined) return;
  blame.strikes.delete(chunk.number);
  blame.doubts.delete(chunk.number);
  blame.badResults.delete(chunk.number);
  refreshUsable(job, peer);
}

function blameOf(job: JobState, peer: string): Blame {
  let blame = job.blames.get(peer);
  if (blame === undefined) {
    blame = {
      strikes: new Set(),
      doubts: new Set(),
      badResults: new Set(),
      silences: 0,
      leftOutMs: null,
      words: '',
    };
    job.blames.set(peer, blame);
  }
  return blame;
}
