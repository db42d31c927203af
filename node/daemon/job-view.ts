import { containerOf } from '../../src/container/carry.ts';
import type { JobPhase, JobProgress, JobView, PeerProgress } from '../../src/protocol/control-api.ts';
import type { JobState, LeaderState } from '../../src/schedule/leader/state.ts';
import { type JobView as ScheduleView, viewJob as viewSchedule } from '../../src/schedule/view.ts';
import { monotonicMs } from '../clock.ts';
import type { Job } from './job.ts';
import type { JobRun } from './run/job-run.ts';

/** What a view needs to know besides the job. */
export interface JobViewer {
  readonly state: LeaderState;
  readonly self: string;
  readonly nameOf: (peer: string) => string;
  /** Why this machine takes no work, or null. */
  readonly hold: () => string | null;
}

/** A job as the status pages and the live display show it. */
export function viewJob(job: Job, viewer: JobViewer): JobView {
  const { id, request, prepared, run, phase, notes, error, summary } = job;
  return {
    id,
    phase: phase === 'encoding' && run !== null ? runningPhase(run) : phase,
    priority: job.priority,
    input: request.input,
    output: request.output,
    container: containerOf(request.output),
    settings: prepared?.settings ?? null,
    carry: prepared?.carry ?? null,
    notes,
    progress: job.lastProgress ?? progressOf(run, viewer),
    firstFrameSeconds: {
      own: secondsSince(job.submittedMs, run?.leases.firstFrameMs.own),
      remote: secondsSince(job.submittedMs, run?.leases.firstFrameMs.remote),
    },
    quality: run?.searches.progress ?? null,
    budget: run?.budget?.progress ?? run?.ladder?.progress ?? null,
    allocation: run?.allocation?.progress ?? null,
    trial: run?.trial?.progress ?? null,
    params: prepared?.paramOutcome ?? null,
    error,
    summary,
  };
}

function secondsSince(startMs: number, momentMs: number | null | undefined): number | null {
  return momentMs == null ? null : (momentMs - startMs) / 1000;
}

function runningPhase(run: JobRun): JobPhase {
  if (run.isWaiting) return 'waiting';
  return run.output.isFinishing ? 'assembling' : 'encoding';
}

/** How far a run is, from its schedule's read-out and its own counts. */
export function progressOf(run: JobRun | null, viewer: JobViewer): JobProgress {
  const state = run === null ? undefined : viewer.state.jobs.get(run.id);
  if (run === null || state === undefined) return NOTHING_DONE;
  const view = viewSchedule(viewer.state, state, monotonicMs());
  return {
    frameCount: view.framesTotal,
    isFrameCountExact: view.isScanEnded,
    framesScanned: run.scan.framesScanned,
    framesEncoded: view.framesCommitted + view.framesInProgress,
    framesCommitted: view.framesCommitted,
    framesAssembled: appendedFrames(state),
    chunksFound: view.chunksFound,
    chunksCommitted: view.chunksCommitted,
    chunksReused: view.chunksReused,
    encodeRate: view.encodeRate,
    etaSeconds: view.etaSeconds,
    expectedBytes:
      view.expectedBytes === null ? null : Math.round(view.expectedBytes + run.sizer.size.otherBytes),
    elapsedSeconds: (monotonicMs() - run.submittedMs) / 1000,
    retryCount: view.retryCount,
    peers: peersOf(view, viewer),
  };
}

function peersOf(view: ScheduleView, viewer: JobViewer): PeerProgress[] {
  return view.peers.map((peer) => {
    const framesDone = peer.framesCommitted + peer.framesInProgress;
    const isSelf = peer.peer === viewer.self;
    return {
      id: peer.peer,
      name: viewer.nameOf(peer.peer),
      isSelf,
      running: peer.running,
      framesDone,
      chunksDone: peer.chunksCommitted,
      slotSeconds: {
        encoding: peer.slotTimes.encodingMs / 1000,
        waiting: peer.slotTimes.waitingMs / 1000,
      },
      encodeRate: peer.encodeRate,
      isMeasuring: peer.isMeasuring,
      leftOut: peer.leftOut ?? (isSelf ? viewer.hold() : null),
    };
  });
}

/** Chunks are appended in film order, so the last one's end is the prefix's. */
function appendedFrames(state: JobState): number {
  return state.chunks.get(state.nextAppend - 1)?.endFrame ?? 0;
}

const NOTHING_DONE: JobProgress = {
  frameCount: null,
  isFrameCountExact: false,
  framesScanned: 0,
  framesEncoded: 0,
  framesCommitted: 0,
  framesAssembled: 0,
  chunksFound: 0,
  chunksCommitted: 0,
  chunksReused: 0,
  encodeRate: null,
  etaSeconds: null,
  expectedBytes: null,
  elapsedSeconds: 0,
  retryCount: 0,
  peers: [],
};
