import { RATE_SAMPLE_MS, RATE_WINDOW_MS } from '../limits.ts';
import type { LeaderEvent } from './events.ts';
import { noteRetry } from './failing.ts';
import { refreshGiven } from './idle.ts';
import { closeAttempt, leaveUnstarted, openLease, renewLease } from './leases.ts';
import { foreseeEnd } from './outlook.ts';
import { learnPace, takeSlot } from './pace.ts';
import type { Attempt, EncodedFrames, JobState, LeaderState } from './state.ts';

type EventOf<Type extends LeaderEvent['type']> = Extract<LeaderEvent, { type: Type }>;

export function grantLease(state: LeaderState, job: JobState, event: EventOf<'lease-granted'>): void {
  const peer = state.peers.get(event.peer);
  const whole = job.chunks.get(event.chunk);
  const { trial = 0 } = event;
  const chunk = trial === 0 ? whole : whole?.trials?.get(trial);
  const isStale = chunk === undefined || chunk.state === 'committed' || chunk.state === 'appended';
  if (peer === undefined || isStale || job.attempts.has(event.attempt)) return;
  openLease(state, job, {
    chunk,
    number: event.attempt,
    peer,
    leadIn: event.leadIn,
    nowMs: event.nowMs,
  });
}

export function startAttempt(state: LeaderState, attempt: Attempt, nowMs: number): void {
  if (attempt.state !== 'granted') return;
  leaveUnstarted(state, attempt);
  const jobPeer = attempt.job.peers.get(attempt.peer);
  if (jobPeer !== undefined && !attempt.isPrefetched) jobPeer.beginMs = nowMs - attempt.grantedMs;
  attempt.state = 'started';
  attempt.startedMs = nowMs;
  attempt.progressMs = nowMs;
  attempt.paceFrom.atMs = nowMs;
  takeSlot(state, attempt, nowMs);
  // From here on, or an encoder's first burst would count as no time's work.
  countFrames(attempt, 0, nowMs);
  foreseeEnd(state, attempt, nowMs);
  renewLease(state, attempt, nowMs);
}

export function noteProgress(state: LeaderState, attempt: Attempt, event: EventOf<'attempt-progress'>): void {
  if (attempt.state !== 'granted' && attempt.state !== 'started') return;
  noteFrames(state, attempt, event.framesEncoded, event.nowMs);
  foreseeEnd(state, attempt, event.nowMs);
  renewLease(state, attempt, event.nowMs);
}

/** Counts what an attempt has encoded by now; numbers that fall are old news. */
export function noteFrames(state: LeaderState, attempt: Attempt, framesEncoded: number, nowMs: number): void {
  const most = attempt.chunk.endFrame - attempt.chunk.startFrame;
  const frames = Math.min(framesEncoded, most);
  if (frames <= attempt.framesEncoded) return;
  const newFrames = frames - attempt.framesEncoded;
  attempt.framesEncoded = frames;
  attempt.progressMs = nowMs;
  const costDone = Math.floor((attempt.chunk.cost * frames) / most);
  const more = costDone - attempt.costDone;
  attempt.costDone = costDone;
  learnPace(state, attempt, more, nowMs);
  countFrames(attempt, newFrames, nowMs);
}

/** Given back unharmed. The peer is asked for nothing until it offers room again, or both would go on for ever. */
export function returnLease(state: LeaderState, attempt: Attempt, reason: string): void {
  if (attempt.state !== 'granted' && attempt.state !== 'started') return;
  noteRetry(attempt.job, attempt, 'returned', reason);
  const peer = state.peers.get(attempt.peer);
  attempt.isOrphaned = true;
  closeAttempt(state, attempt, 'cancelled', reason);
  if (peer === undefined) return;
  peer.room = 0;
  refreshGiven(state, peer);
}

/** For the job and its peer alike. */
function countFrames({ job, peer }: Attempt, newFrames: number, nowMs: number): void {
  const { encoded, encodedBy } = job.tally;
  const byPeer = encodedBy.get(peer) ?? { frameCount: 0, samples: [] };
  encodedBy.set(peer, byPeer);
  countEncoded(encoded, newFrames, nowMs);
  countEncoded(byPeer, newFrames, nowMs);
}

function countEncoded(encoded: EncodedFrames, newFrames: number, nowMs: number): void {
  encoded.frameCount += newFrames;
  const { samples, frameCount } = encoded;
  const last = samples.at(-1);
  if (last !== undefined && nowMs - last.nowMs < RATE_SAMPLE_MS) return;
  samples.push({ nowMs, frameCount });
  if (samples.length > RATE_WINDOW_MS / RATE_SAMPLE_MS) samples.shift();
}
