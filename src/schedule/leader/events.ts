/** The quality at which a chunk's result was kept, and what it took to find it. For the report alone. */
export interface ChosenQuality {
  /** On the encoder's own scale. */
  readonly quality: number;
  /** Pooled over the chunk's frames; null where no score is aimed at. */
  readonly score: number | null;
  /** Tries of the chunk, the kept one included, whichever run made them. */
  readonly probeCount: number;
  /** What it was to be encoded at, where the encoder spoils a picture at that. */
  readonly insteadOf?: number | undefined;
}

/** What happened, as a leader sees it, over all jobs of this daemon. `nowMs` is the reader's monotonic clock. */
export type LeaderEvent =
  | {
      readonly type: 'job-submitted';
      readonly job: string;
      /** From the container, for ETA before the scan has ended; null where unknown. */
      readonly frameCountEstimate: number | null;
      /** Above every attempt of the job's earlier runs: a peer may still be clearing up one of those. */
      readonly firstAttempt: number;
      /** Encoded on the leader's own machine alone: no other hears of it. */
      readonly isLocal: boolean;
      readonly nowMs: number;
    }
  /** The leader itself was stopped for so long, or its machine slept: what was said to it meanwhile comes next. */
  | { readonly type: 'leader-stood-still'; readonly ms: number }
  | { readonly type: 'job-prioritised'; readonly job: string; readonly priority: number }
  /** The job's own build digest is known; peers with another are not eligible (invariant 8). */
  | { readonly type: 'job-build-known'; readonly job: string; readonly digest: string }
  | {
      readonly type: 'chunk-found';
      readonly job: string;
      readonly chunk: number;
      readonly startFrame: number;
      readonly endFrame: number;
      /** Sum over the chunk's frames, in the scan's units. */
      readonly complexity: number;
      /** When it is shown, in seconds from the film's first frame, and the position of its zone, if any. For the report alone. */
      readonly seconds?: { readonly from: number; readonly until: number };
      readonly zone?: number;
      /** It is not to be tried before it is wanted. */
      readonly isResting?: boolean;
    }
  /** A proven result of this chunk is in the store, by an attempt of this run or from before. */
  | {
      readonly type: 'chunk-committed';
      readonly job: string;
      readonly chunk: number;
      readonly attempt: number | null;
      /** Size of the result, for the expected size of the output. */
      readonly bytes: number;
      /** How it was found, where a score is aimed at. */
      readonly choice?: ChosenQuality;
    }
  /**
   * A proven result of this chunk is in the store, and scored where that is wanted, and the chunk is to be encoded at another quality: the
   * attempt did what was asked of it, and what others try at the same quality is of no use any more.
   */
  | {
      readonly type: 'probe-kept';
      readonly job: string;
      readonly chunk: number;
      readonly attempt: number;
      readonly quality: number;
      readonly score: number | null;
      /** What is to be tried next depends on other chunks: this one waits for no peer until it is wanted. */
      readonly isResting?: boolean;
      /** The proof refused it as it did the same bytes of another attempt: whoever was blamed for those is cleared. */
      readonly isRefused?: boolean;
    }
  /**
   * The proof refused the result as it did the same bytes of another attempt: the encoder itself spoils a picture, and nobody
   * is to blame. The chunk, or the trial beside it that this was, is to be encoded again, at a quality near it.
   */
  | {
      readonly type: 'result-spoiled';
      readonly job: string;
      readonly chunk: number;
      readonly attempt: number;
      readonly words: string;
    }
  /** The chunk is to be tried at so many more qualities meanwhile, each named by a number that it had none of. */
  | {
      readonly type: 'trials-opened';
      readonly job: string;
      readonly chunk: number;
      readonly trials: readonly number[];
    }
  /** A chunk that rests is to be tried again. */
  | { readonly type: 'chunk-wanted'; readonly job: string; readonly chunk: number }
  /** Its chunks are about to be found: from now on peers are told of it, of no job before its turn. */
  | { readonly type: 'scan-begun'; readonly job: string }
  | { readonly type: 'scan-ended'; readonly job: string; readonly chunkCount: number }
  | {
      readonly type: 'peer-joined';
      readonly peer: string;
      readonly slots: number;
      /** The leader's own machine. */
      readonly isOwn: boolean;
      readonly nowMs: number;
    }
  /** Gone: its leases are free at once. It may come back, and what it brings then still counts. */
  | { readonly type: 'peer-away'; readonly peer: string; readonly nowMs: number }
  /** Who was away goes on where it was; what it said meanwhile comes next. */
  | { readonly type: 'peer-back'; readonly peer: string; readonly slots: number; readonly nowMs: number }
  /** Gone for good. */
  | { readonly type: 'peer-left'; readonly peer: string; readonly nowMs: number }
  /** Nothing was heard of it for SUSPECT_AFTER_MS (src/mesh/membership.ts), though its connection stands. */
  | { readonly type: 'peer-suspected'; readonly peer: string }
  /** A suspect was heard again. */
  | { readonly type: 'peer-heard'; readonly peer: string; readonly nowMs: number }
  | { readonly type: 'room-offered'; readonly peer: string; readonly leases: number }
  | {
      readonly type: 'job-announced';
      readonly job: string;
      readonly peer: string;
      readonly nowMs: number;
    }
  | {
      readonly type: 'build-measured';
      readonly job: string;
      readonly peer: string;
      readonly digest: string;
      /** What the encoder calls itself. */
      readonly encoder: string;
    }
  | {
      readonly type: 'build-unavailable';
      readonly job: string;
      readonly peer: string;
      readonly reason: string;
    }
  /** A peer's speed changed. */
  | { readonly type: 'pace-forgotten'; readonly job: string; readonly peer: string; readonly nowMs: number }
  | {
      readonly type: 'lease-granted';
      readonly job: string;
      readonly chunk: number;
      /** Left out: the chunk itself. */
      readonly trial?: number;
      readonly attempt: number;
      readonly peer: string;
      readonly leadIn: number;
      readonly nowMs: number;
    }
  | {
      readonly type: 'attempt-started';
      readonly job: string;
      readonly attempt: number;
      readonly nowMs: number;
    }
  /** Any sign of life of an attempt: frames decoded or encoded. Renews the lease. */
  | {
      readonly type: 'attempt-progress';
      readonly job: string;
      readonly attempt: number;
      readonly framesEncoded: number;
      readonly nowMs: number;
    }
  | {
      readonly type: 'attempt-encoded';
      readonly job: string;
      readonly attempt: number;
      readonly bytes: number;
      readonly nowMs: number;
    }
  | {
      readonly type: 'result-fetching';
      readonly job: string;
      readonly attempt: number;
      readonly nowMs: number;
    }
  /** The result lies on the leader's disk, its length and sha256 right. */
  | {
      readonly type: 'result-fetched';
      readonly job: string;
      readonly attempt: number;
      readonly nowMs: number;
    }
  | { readonly type: 'result-proving'; readonly job: string; readonly attempt: number }
  /**
   * The attempt ended without a result that counts (after `transfer`, the first time, it is only fetched again).
   * `frames`: fingerprints differed or frames were missing, one keyframe more of lead-in may help;
   * `result`: what came back was refused by the proof; `transfer`, `encoder`, `peer`, `expired`: as named.
   */
  | {
      readonly type: 'attempt-failed';
      readonly job: string;
      readonly attempt: number;
      readonly cause: 'frames' | 'result' | 'encoder' | 'slice' | 'transfer' | 'peer' | 'expired';
      readonly words: string;
      /** Of a refused result that may be the encoder's doing: the quality at which it would be. */
      readonly quality?: number | undefined;
      readonly nowMs: number;
    }
  /** The peer that holds this unstarted lease was asked to give it up for `thief`. */
  | {
      readonly type: 'steal-asked';
      readonly job: string;
      readonly attempt: number;
      readonly thief: string;
      readonly nowMs: number;
    }
  /** It does: it has not begun it. `hasSlice`: it keeps the whole slice for the thief. */
  | {
      readonly type: 'lease-yielded';
      readonly job: string;
      readonly attempt: number;
      readonly hasSlice: boolean;
    }
  /** It does not: it has begun it. */
  | { readonly type: 'steal-refused'; readonly job: string; readonly attempt: number }
  /** Given back unharmed by a peer that drains or stops; not a failure. */
  | {
      readonly type: 'lease-returned';
      readonly job: string;
      readonly attempt: number;
      /** The peer's own. */
      readonly reason: string;
    }
  /** A cancelled attempt's peer was told. */
  | { readonly type: 'attempt-cancelled'; readonly job: string; readonly attempt: number }
  /** The peer was told what became of its result; it may delete it. */
  | { readonly type: 'result-settled'; readonly job: string; readonly attempt: number }
  | { readonly type: 'chunk-appending'; readonly job: string; readonly chunk: number }
  | { readonly type: 'chunk-appended'; readonly job: string; readonly chunk: number }
  | { readonly type: 'job-finishing'; readonly job: string }
  /** The job is over, one way or the other: its leases are void, its state may be dropped. */
  | { readonly type: 'job-ended'; readonly job: string };
