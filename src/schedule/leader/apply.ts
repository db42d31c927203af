import { grantLease, noteProgress, returnLease, startAttempt } from './attempts.ts';
import { hearOfAway } from './away.ts';
import type { LeaderEvent } from './events.ts';
import { failAttempt } from './failing.ts';
import { beginJob, dropJob, findChunk, learnJobBuild, openTrials, submitJob, wantChunk } from './jobs.ts';
import { forgetAttempt } from './leases.ts';
import { forgetPace } from './pace.ts';
import {
  hearPeer,
  joinPeer,
  learnPeerBuild,
  losePeer,
  noteAnnounced,
  offerRoom,
  suspectPeer,
  takeBackPeer,
} from './peers.ts';
import { noteAppended, noteAppending } from './prefix.ts';
import {
  commitChunk,
  keepProbe,
  noteEncoded,
  noteFetched,
  noteFetching,
  noteProving,
  noteSpoiled,
} from './results.ts';
import { type Attempt, attemptOf, type JobPeer, type JobState, type LeaderState } from './state.ts';
import { noteAsked, yieldLease } from './steals.ts';

type PeerEvent = Extract<
  LeaderEvent,
  | { type: 'job-submitted' | 'peer-joined' | 'peer-away' | 'peer-back' | 'peer-left' }
  | { type: 'peer-suspected' | 'peer-heard' | 'room-offered' }
>;
type JobPeerEvent = Extract<
  LeaderEvent,
  { type: 'job-announced' | 'build-measured' | 'build-unavailable' | 'pace-forgotten' }
>;
type AttemptEvent = Exclude<
  Extract<LeaderEvent, { attempt: number }>,
  { type: 'lease-granted' | 'chunk-committed' | 'probe-kept' | 'result-spoiled' }
>;
type JobEvent = Exclude<LeaderEvent, PeerEvent | JobPeerEvent | AttemptEvent>;

/**
 * Records what happened, in place, and keeps the indexes that `planLeader` reads: O(log n) in chunks and leases.
 * Records, never decides. What is unknown, old or said twice changes nothing, so lost and repeated messages need no
 * special case.
 */
export function applyLeader(state: LeaderState, event: LeaderEvent): void {
  if ('nowMs' in event) state.nowMs = event.nowMs;
  switch (event.type) {
    case 'leader-stood-still':
      state.stillMs += event.ms;
      break;
    case 'job-submitted':
    case 'peer-joined':
    case 'peer-away':
    case 'peer-back':
    case 'peer-left':
    case 'peer-suspected':
    case 'peer-heard':
    case 'room-offered':
      applyPeerEvent(state, event);
      break;
    case 'job-announced':
    case 'build-measured':
    case 'build-unavailable':
    case 'pace-forgotten': {
      const jobPeer = state.jobs.get(event.job)?.peers.get(event.peer);
      if (jobPeer !== undefined) applyJobPeerEvent(state, jobPeer, event);
      break;
    }
    case 'job-prioritised':
    case 'job-build-known':
    case 'chunk-found':
    case 'chunk-committed':
    case 'probe-kept':
    case 'result-spoiled':
    case 'trials-opened':
    case 'chunk-wanted':
    case 'scan-begun':
    case 'scan-ended':
    case 'lease-granted':
    case 'chunk-appending':
    case 'chunk-appended':
    case 'job-finishing':
    case 'job-ended': {
      const job = state.jobs.get(event.job);
      if (job !== undefined) applyJobEvent(state, job, event);
      break;
    }
    default: {
      const attempt = attemptOf(state, event.job, event.attempt);
      if (attempt !== undefined) applyAttemptEvent(state, attempt, event);
    }
  }
}

function applyPeerEvent(state: LeaderState, event: PeerEvent): void {
  switch (event.type) {
    case 'job-submitted':
      submitJob(state, event);
      break;
    case 'peer-joined':
      joinPeer(state, event);
      break;
    case 'peer-back':
      takeBackPeer(state, event);
      break;
    case 'peer-away':
    case 'peer-left':
      losePeer(state, event.peer, event.type === 'peer-away');
      break;
    case 'peer-suspected':
      suspectPeer(state, event.peer);
      break;
    case 'peer-heard':
      hearPeer(state, event);
      break;
    case 'room-offered':
      offerRoom(state, event.peer, event.leases);
      break;
  }
}

function applyJobPeerEvent(state: LeaderState, jobPeer: JobPeer, event: JobPeerEvent): void {
  switch (event.type) {
    case 'job-announced':
      noteAnnounced(state, jobPeer, event.nowMs);
      break;
    case 'build-measured':
      learnPeerBuild(jobPeer, { digest: event.digest });
      break;
    case 'build-unavailable':
      learnPeerBuild(jobPeer, { unavailable: event.reason });
      break;
    case 'pace-forgotten':
      forgetPace(state, jobPeer, event.nowMs);
      break;
  }
}

function applyJobEvent(state: LeaderState, job: JobState, event: JobEvent): void {
  switch (event.type) {
    case 'job-prioritised':
      job.priority = event.priority;
      break;
    case 'job-build-known':
      learnJobBuild(job, event.digest);
      break;
    case 'chunk-found':
      findChunk(job, event);
      break;
    case 'chunk-committed':
      commitChunk(state, job, event);
      break;
    case 'probe-kept':
      keepProbe(state, job, event);
      break;
    case 'result-spoiled':
      noteSpoiled(state, job, event);
      break;
    case 'trials-opened':
      openTrials(job, event);
      break;
    case 'chunk-wanted':
      wantChunk(job, event);
      break;
    case 'scan-begun':
      beginJob(state, job);
      break;
    case 'scan-ended':
      job.chunkCount = event.chunkCount;
      break;
    case 'lease-granted':
      grantLease(state, job, event);
      break;
    case 'chunk-appending':
      noteAppending(job, event.chunk);
      break;
    case 'chunk-appended':
      noteAppended(job, event.chunk);
      break;
    case 'job-finishing':
      job.isFinishing = true;
      break;
    case 'job-ended':
      dropJob(state, job);
      break;
  }
}

function applyAttemptEvent(state: LeaderState, attempt: Attempt, event: AttemptEvent): void {
  if (attempt.state === 'away' && !hearOfAway(state, attempt, event)) return;
  switch (event.type) {
    case 'attempt-started':
      startAttempt(state, attempt, event.nowMs);
      break;
    case 'attempt-progress':
      noteProgress(state, attempt, event);
      break;
    case 'attempt-encoded':
      noteEncoded(state, attempt, event);
      break;
    case 'result-fetching':
      noteFetching(state, attempt);
      break;
    case 'result-fetched':
      noteFetched(state, attempt);
      break;
    case 'result-proving':
      noteProving(state, attempt);
      break;
    case 'attempt-failed':
      failAttempt(state, attempt, event);
      break;
    case 'steal-asked':
      noteAsked(state, attempt, event);
      break;
    case 'lease-yielded':
      yieldLease(state, attempt, event.hasSlice);
      break;
    case 'steal-refused':
      // It says that it has begun it, whatever became of that word.
      startAttempt(state, attempt, state.nowMs);
      break;
    case 'lease-returned':
      returnLease(state, attempt, event.reason);
      break;
    case 'attempt-cancelled':
    case 'result-settled':
      if (attempt.state === 'over') forgetAttempt(state, attempt);
      break;
  }
}
