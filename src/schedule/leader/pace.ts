import { addRateSample, costRateOf, frameRateOf } from '../estimate.ts';
import { FRAMES_HELD_BACK, LIKENESS_LEAST_MS, PACE_MARKS, QUICKENED_TO, SLOWED_TO } from '../limits.ts';
import { refreshIdle } from './idle.ts';
import { learnLikeness } from './likeness.ts';
import { foreseeEnd, likelyCost, ownPaceOf, refreshShare } from './outlook.ts';
import { countSlotTimes } from './slot-times.ts';
import type { Attempt, JobPeer, LeaderState, Pace, PaceMark } from './state.ts';

/*
 * How fast a peer is: what its latest attempts did, those that run included. When its slots together do far less or far
 * more than that, its speed has changed, and what was learned before is forgotten.
 */

/** The attempt takes a slot of its peer from now on. */
export function takeSlot(state: LeaderState, attempt: Attempt, nowMs: number): void {
  const jobPeer = jobPeerOf(state, attempt);
  if (jobPeer === undefined) return;
  countSlotTimes(state, jobPeer);
  bringUpToDate(jobPeer.pace, nowMs);
  jobPeer.pace.busySlots += 1;
  refreshChange(jobPeer, runningOf(jobPeer));
}

/** A started attempt takes no slot any longer, since the last word of its peer's. */
export function freeSlot(state: LeaderState, attempt: Attempt): void {
  const jobPeer = jobPeerOf(state, attempt);
  if (jobPeer === undefined) return;
  countSlotTimes(state, jobPeer);
  jobPeer.pace.busySlots -= 1;
  const others = runningOf(jobPeer).filter((other) => other !== attempt);
  refreshChange(jobPeer, others);
}

/** An attempt of the peer has done so much more. */
export function learnPace(state: LeaderState, attempt: Attempt, more: number, nowMs: number): void {
  const jobPeer = jobPeerOf(state, attempt);
  if (jobPeer === undefined || attempt.state !== 'started') return;
  const { pace } = jobPeer;
  bringUpToDate(pace, nowMs);
  pace.done += more;
  markPace(jobPeer);
  learnRate(jobPeer);
}

/** A finished attempt is a sample of its peer's rate, from where the peer's speed last changed. */
export function learnFromFinished(state: LeaderState, attempt: Attempt, nowMs: number): void {
  const jobPeer = jobPeerOf(state, attempt);
  if (jobPeer === undefined || attempt.startedMs === null) return;
  const { chunk, job, paceFrom, startedMs } = attempt;
  // Of one during which its peer's speed changed nobody knows what it would have taken.
  const tookMs = nowMs - startedMs;
  if (jobPeer.costRate !== null && paceFrom.cost === 0 && tookMs >= LIKENESS_LEAST_MS) {
    learnLikeness(job, chunk, (tookMs * jobPeer.costRate) / chunk.predictedCost);
  }
  addRateSample(jobPeer.rates, {
    frameCount: chunk.endFrame - chunk.startFrame - paceFrom.frames,
    cost: chunk.cost - paceFrom.cost,
    durationMs: nowMs - paceFrom.atMs,
  });
  learnRate(jobPeer);
}

/** Of this peer's slots: attempts of the job that run. */
export function runningOf({ job, peer }: Pick<JobPeer, 'job' | 'peer'>): Attempt[] {
  const running: Attempt[] = [];
  for (const attempt of peer.attempts) {
    if (attempt.job === job && attempt.state === 'started' && !attempt.hasBeenAway) running.push(attempt);
  }
  return running;
}

/** Cost of the frames that running attempts may hold back. */
function heldBack(running: readonly Attempt[]): number {
  let cost = 0;
  for (const { chunk } of running) {
    cost += (FRAMES_HELD_BACK * chunk.cost) / (chunk.endFrame - chunk.startFrame);
  }
  return cost;
}

/**
 * Whether the peer's slots do far less or far more than what was learned of them: the latest mark since which that is
 * so, null when it is not. What encoders may hold back is granted to them.
 */
export function changeOf(jobPeer: JobPeer, nowMs: number): PaceMark | null {
  const { costRate, pace } = jobPeer;
  if (costRate === null || pace.marks.length === 0 || pace.busySlots === 0) return null;
  const unsure = heldBack(runningOf(jobPeer));
  const busyNowMs = pace.busyMs + pace.busySlots * (nowMs - pace.atMs);
  for (let place = pace.marks.length - 1; place >= 0; place -= 1) {
    const mark = pace.marks[place];
    if (mark === undefined) continue;
    const done = pace.done - mark.done;
    const expected = costRate * (busyNowMs - mark.busyMs);
    if (done + unsure < SLOWED_TO * expected || done - unsure > QUICKENED_TO * expected) return mark;
  }
  return null;
}

/** What was learned of a peer no longer holds; what it did since the change is the first sample of its new speed. */
export function forgetPace(state: LeaderState, jobPeer: JobPeer, nowMs: number): void {
  const mark = changeOf(jobPeer, nowMs);
  if (mark === null) return;
  const { pace, costRate, rates } = jobPeer;
  bringUpToDate(pace, nowMs);
  const running = runningOf(jobPeer);
  const frameRate = frameRateOf(rates) ?? 0;
  // Something was done in that time, if only what is not told yet.
  const cost = Math.max(pace.done - mark.done, heldBack(running) / FRAMES_HELD_BACK);
  const frameCount = (frameRate * cost) / (costRate ?? 1);
  rates.length = 0;
  addRateSample(rates, { frameCount, cost, durationMs: pace.busyMs - mark.busyMs });
  pace.marks.length = 0;
  for (const attempt of running) {
    attempt.likelyCost = likelyCost(attempt, jobPeer);
    const cost = costAt(attempt, costRate ?? 0, mark.atMs);
    const atMs = Math.max(mark.atMs, attempt.paceFrom.atMs);
    Object.assign(attempt.paceFrom, { atMs, frames: attempt.framesEncoded, cost });
  }
  learnRate(jobPeer);
  for (const attempt of running) foreseeEnd(state, attempt, nowMs);
}

/** How far an attempt should have come by then at the old rate; no further than it may be now by what it told. */
function costAt(attempt: Attempt, oldRate: number, atMs: number): number {
  const { chunk, costDone, paceFrom } = attempt;
  const most = costDone + (FRAMES_HELD_BACK * chunk.cost) / (chunk.endFrame - chunk.startFrame);
  const then = paceFrom.cost + oldRate * Math.max(0, atMs - paceFrom.atMs);
  return Math.min(then, most, chunk.cost);
}

/** Marks are as far apart as the encoders' groups of frames, or chance would look like change. */
function markPace(jobPeer: JobPeer): void {
  const { pace, costRate } = jobPeer;
  const last = pace.marks.at(-1);
  const apart = heldBack(runningOf(jobPeer));
  if (last !== undefined && (costRate ?? 0) * (pace.busyMs - last.busyMs) < apart) return;
  pace.marks.push({ atMs: pace.atMs, busyMs: pace.busyMs, done: pace.done });
  if (pace.marks.length > PACE_MARKS) pace.marks.shift();
}

/** By finished attempts and by what those that run show so far. */
function learnRate(jobPeer: JobPeer): void {
  const running = runningOf(jobPeer);
  const shown = running.flatMap((attempt) => ownPaceOf(attempt) ?? []);
  jobPeer.costRate = costRateOf([...jobPeer.rates, ...shown]) ?? jobPeer.costRate;
  refreshShare(jobPeer);
  refreshIdle(jobPeer);
  refreshChange(jobPeer, running);
}

/** Keeps the index of peers by when `changeOf` may say something, if nothing is heard of them until then. */
function refreshChange(jobPeer: JobPeer, running: readonly Attempt[]): void {
  jobPeer.changeMs = soonestChangeMs(jobPeer, heldBack(running));
  if (jobPeer.changeMs < Number.POSITIVE_INFINITY) jobPeer.job.changing.put(jobPeer);
  else jobPeer.job.changing.delete(jobPeer);
}

function soonestChangeMs({ costRate, pace }: JobPeer, unsure: number): number {
  let soonestMs = Number.POSITIVE_INFINITY;
  if (costRate === null || pace.busySlots === 0) return soonestMs;
  for (const mark of pace.marks) {
    const done = pace.done - mark.done;
    const busyMs = pace.busyMs - mark.busyMs;
    if (done - unsure > QUICKENED_TO * costRate * busyMs) return pace.atMs;
    const slowedAfterMs = (done + unsure) / (SLOWED_TO * costRate) - busyMs;
    soonestMs = Math.min(soonestMs, pace.atMs + slowedAfterMs / pace.busySlots);
  }
  return soonestMs;
}

function bringUpToDate(pace: Pace, nowMs: number): void {
  pace.busyMs += pace.busySlots * (nowMs - pace.atMs);
  pace.atMs = nowMs;
}

/** An attempt whose peer was away teaches nothing: what it did meanwhile is told at one moment. */
function jobPeerOf(state: LeaderState, { job, peer, hasBeenAway }: Attempt): JobPeer | undefined {
  return state.peers.has(peer) && !hasBeenAway ? job.peers.get(peer) : undefined;
}
