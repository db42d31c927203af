import { whyLeftOut } from './leader/blame.ts';
import { slotTimesOf } from './leader/slot-times.ts';
import type { EncodedFrames, JobState, JobTally, LeaderState, Retry, SlotTimes } from './leader/state.ts';
import { waitingCount } from './leader/waiting.ts';
import { RATE_WINDOW_MS } from './limits.ts';

/** A job as the status pages show it. Frames are the source's; rates are frames a second. */
export interface JobView {
  readonly job: string;
  readonly isScanEnded: boolean;
  readonly chunksFound: number;
  readonly chunksWaiting: number;
  readonly chunksLeased: number;
  readonly chunksCommitted: number;
  readonly chunksAppended: number;
  /** Chunks that came from the store, proven in an earlier run; part of those committed. */
  readonly chunksReused: number;
  readonly framesFound: number;
  /** All frames of the source: exact once the scan has ended, else the container's word, else unknown. */
  readonly framesTotal: number | null;
  readonly framesCommitted: number;
  /** Encoded by attempts that are still open. */
  readonly framesInProgress: number;
  readonly encodeRate: number | null;
  readonly etaSeconds: number | null;
  readonly bytesCommitted: number;
  /** Of the encoded video alone. */
  readonly expectedBytes: number | null;
  readonly retryCount: number;
  /** The latest ones, with their reasons. */
  readonly retries: readonly Retry[];
  readonly peers: readonly JobPeerView[];
}

/** What one peer did, or does, for one job. */
export interface JobPeerView {
  readonly peer: string;
  readonly isConnected: boolean;
  readonly chunksCommitted: number;
  readonly framesCommitted: number;
  readonly leases: number;
  readonly running: number;
  readonly framesInProgress: number;
  /** As the job's; null also where it encodes nothing. */
  readonly encodeRate: number | null;
  readonly slotTimes: Pick<SlotTimes, 'encodingMs' | 'waitingMs'>;
  /** Its encoder is tried with the job's settings; until it has told the outcome it gets no work. */
  readonly isMeasuring: boolean;
  /** A sentence, or null. */
  readonly leftOut: string | null;
}

/** A running job of which a peer gets no work, and a sentence that says why. */
export interface LeftOut {
  readonly job: string;
  readonly reason: string;
}

/** A connected peer over all jobs of this leader. */
export interface PeerView {
  readonly peer: string;
  readonly slots: number;
  readonly room: number;
  readonly leases: number;
  readonly running: number;
  readonly leftOut: readonly LeftOut[];
}

/** Walks the job's open attempts and its peers, never its chunks. */
export function viewJob(state: LeaderState, job: JobState, nowMs: number): JobView {
  const { tally } = job;
  const framesTotal = job.chunkCount === null ? job.frameCountEstimate : tally.foundFrames;
  const framesInProgress = framesUnderWay(job);
  const encodeRate = encodeRateOf(tally.encoded, nowMs);
  // Trials beside chunks wait as chunks do.
  const waiting = Math.min(waitingCount(job) + job.poison.size, job.chunks.size - tally.committedCount);
  return {
    job: job.id,
    isScanEnded: job.chunkCount !== null,
    chunksFound: job.chunks.size,
    chunksWaiting: waiting,
    chunksLeased: job.chunks.size - waiting - tally.committedCount,
    chunksCommitted: tally.committedCount,
    chunksAppended: job.nextAppend,
    chunksReused: tally.reusedCount,
    framesFound: tally.foundFrames,
    framesTotal,
    framesCommitted: tally.committedFrames,
    framesInProgress,
    encodeRate,
    etaSeconds: etaSeconds(framesTotal, tally, framesInProgress, encodeRate),
    bytesCommitted: tally.committedBytes,
    expectedBytes: expectedBytes(framesTotal, job),
    retryCount: tally.retryCount,
    retries: tally.retries,
    peers: viewPeersOf(state, job, nowMs),
  };
}

export function viewPeers(state: LeaderState): PeerView[] {
  return [...state.peers.values()].map((peer) => ({
    peer: peer.id,
    slots: peer.slots,
    room: peer.room,
    leases: peer.held,
    running: [...peer.attempts].filter((attempt) => attempt.state === 'started').length,
    leftOut: [...state.jobs.keys()].flatMap((job) => {
      const reason = whyLeftOut(state, peer.id, job);
      return reason === null ? [] : [{ job, reason }];
    }),
  }));
}

function viewPeersOf(state: LeaderState, job: JobState, nowMs: number): JobPeerView[] {
  const ids = new Set([...job.peers.keys(), ...job.tally.byPeer.keys()]);
  const open = new Map<string, { running: number; frames: number }>();
  for (const attempt of job.attempts.values()) {
    if (attempt.state === 'over' || attempt.state === 'away') continue;
    const sum = open.get(attempt.peer) ?? { running: 0, frames: 0 };
    open.set(attempt.peer, {
      running: sum.running + (attempt.state === 'started' ? 1 : 0),
      frames: sum.frames + attempt.framesEncoded,
    });
  }
  return [...ids].sort().map((peer) => {
    const done = job.tally.byPeer.get(peer);
    const jobPeer = job.peers.get(peer);
    const times = jobPeer === undefined ? job.tally.slotTimes.get(peer) : slotTimesOf(state, jobPeer, nowMs);
    return {
      peer,
      isConnected: jobPeer !== undefined,
      chunksCommitted: done?.chunkCount ?? 0,
      framesCommitted: done?.frameCount ?? 0,
      leases: jobPeer?.held ?? 0,
      running: open.get(peer)?.running ?? 0,
      framesInProgress: open.get(peer)?.frames ?? 0,
      encodeRate: encodeRateOf(job.tally.encodedBy.get(peer) ?? { frameCount: 0, samples: [] }, nowMs),
      slotTimes: { encodingMs: times?.encodingMs ?? 0, waitingMs: times?.waitingMs ?? 0 },
      isMeasuring: jobPeer !== undefined && job.unanswered.has(jobPeer),
      leftOut: whyLeftOut(state, peer, job.id),
    };
  });
}

/** Of a chunk's two attempts only the more advanced one counts. */
function framesUnderWay(job: JobState): number {
  let sum = 0;
  for (const attempt of job.attempts.values()) {
    if (attempt.state === 'over') continue;
    const [first, second = first] = attempt.chunk.attempts;
    if (first !== attempt || second === undefined) continue;
    sum += Math.max(first.framesEncoded, second.framesEncoded);
  }
  return sum;
}

/** Frames a second over the latest RATE_WINDOW_MS; null until two samples stand apart. */
function encodeRateOf({ frameCount, samples }: EncodedFrames, nowMs: number): number | null {
  const first = samples.find((sample) => nowMs - sample.nowMs <= RATE_WINDOW_MS);
  if (first === undefined || nowMs <= first.nowMs) return null;
  const frames = frameCount - first.frameCount;
  return frames > 0 ? (frames * 1000) / (nowMs - first.nowMs) : null;
}

/** Every chunk is expected to take as many encodes as those that are committed took on average. */
function etaSeconds(
  total: number | null,
  { committedFrames, committedCount, reusedCount, probeCount }: JobTally,
  underWay: number,
  rate: number | null,
): number | null {
  if (total === null || rate === null) return null;
  const encodes = 1 + probeCount / Math.max(1, committedCount - reusedCount);
  return Math.max(0, encodes * (total - committedFrames) - underWay) / rate;
}

/** What is not encoded takes what its pictures say beside those that are; what was not scanned, what the rest does on average. */
function expectedBytes(total: number | null, { tally, chunks, chunkCount }: JobState): number | null {
  const { committedCount, committedFrames, committedBytes, committedWeight, foundFrames, foundWeight } =
    tally;
  if (total === null || committedCount === 0) return null;
  const isAll = chunkCount !== null && committedCount === chunks.size;
  const isEnough = committedCount >= CHUNKS_TO_EXPECT && committedFrames >= SHARE_TO_EXPECT * total;
  if (!isAll && !isEnough) return null;
  const weight = foundWeight * Math.max(1, total / foundFrames);
  return Math.round((committedBytes * weight) / committedWeight);
}

/** A chunk's bytes are off by a fifth of what is expected on average: fewer say little, nor does a film's very beginning. */
const CHUNKS_TO_EXPECT = 4;
const SHARE_TO_EXPECT = 0.02;
