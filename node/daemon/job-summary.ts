import type { JobProgress, JobSummary } from '../../src/protocol/control-api.ts';
import type { Retry } from '../../src/schedule/leader/state.ts';
import { monotonicMs } from '../clock.ts';
import type { JobViewer } from './job-view.ts';
import type { JobRun } from './run/job-run.ts';

/** What a job that is done says of itself. `progress` is its last, taken while the schedule still knew the job. */
export function summarise(run: JobRun, progress: JobProgress, viewer: JobViewer): JobSummary {
  const { source, request } = run.prepared;
  const { retries = [], stolenCount = 0 } = viewer.state.jobs.get(run.id)?.tally ?? {};
  return {
    frameCount: run.scan.summary?.frameCount ?? 0,
    chunkCount: progress.chunksCommitted,
    chunksReused: progress.chunksReused,
    wallSeconds: (monotonicMs() - run.submittedMs) / 1000,
    sourceBytes: source.identity.sizeBytes,
    outputBytes: run.output.bytes,
    output: request.output,
    retries: retries.map((retry) => retryWords(retry, viewer)),
    rebuiltTimestampCount: run.scan.summary?.rebuiltTimestampCount ?? 0,
    scaledFrameCount: run.scan.summary?.scaledFrameCount ?? 0,
    peers: progress.peers,
    cpuSeconds: {
      scan: run.scan.cpuSeconds,
      encode: run.intake.encodeCpuSeconds,
      proof: run.proof.cpuSeconds,
    },
    efficiency: null,
    attemptCount: run.leases.attemptCount - stolenCount,
    slicedPacketCount: run.leases.slicedPacketCount,
    slotsWaitedShare: waitedShare(progress),
    sliceBytes: run.leases.sliceBytes,
    directSliceCount: run.leases.directSliceCount,
    stolenCount,
    detours: run.detours,
    quality: run.searches.outcome,
    allocation: run.allocation?.outcome ?? null,
    cuts: run.scan.summary?.cuts ?? [],
  };
}

function waitedShare({ peers }: JobProgress): number | null {
  let encoding = 0;
  let waiting = 0;
  for (const { slotSeconds } of peers) {
    encoding += slotSeconds.encoding;
    waiting += slotSeconds.waiting;
  }
  return encoding === 0 ? null : waiting / (encoding + waiting);
}

function retryWords({ chunk, peer, cause, words }: Retry, viewer: JobViewer): string {
  return `chunk ${chunk} on ${viewer.nameOf(peer)} (${cause}): ${words}`;
}
