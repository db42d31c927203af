import type { FailureCause } from '../../schedule/leader/state.ts';

/**
 * What is written down of a job while it runs, for its report: one record for each thing that happened, in order. `ms`
 * counts from the beginning of the run that wrote it, by a clock that nobody sets; a job that was resumed has several
 * runs, each begun by `run-began`. A run that was killed has no `run-ended`.
 */
export type HistoryRecord =
  | {
      readonly type: 'run-began';
      /** Unix time in milliseconds, and what the clock on the wall is ahead of UTC. */
      readonly epochMs: number;
      readonly utcOffsetMinutes: number;
      /** The leader's version and peer id. */
      readonly version: string;
      readonly leader: string;
    }
  | { readonly type: 'peer-joined'; readonly ms: number; readonly peer: string; readonly name: string }
  | { readonly type: 'peer-left'; readonly ms: number; readonly peer: string }
  /** Encodes that a peer does for this leader at once from now on; 0: it takes no work. */
  | { readonly type: 'slots-given'; readonly ms: number; readonly peer: string; readonly slots: number }
  | {
      readonly type: 'build-measured';
      readonly ms: number;
      readonly peer: string;
      readonly digest: string;
      readonly encoder: string;
    }
  | {
      readonly type: 'build-unavailable';
      readonly ms: number;
      readonly peer: string;
      readonly reason: string;
    }
  | {
      readonly type: 'chunk-found';
      readonly ms: number;
      readonly chunk: number;
      readonly startFrame: number;
      readonly endFrame: number;
      /** Predicted, in still frames (src/schedule/estimate.ts). */
      readonly cost: number;
      /** When it is shown, in seconds from the film's first frame. Older records do not tell. */
      readonly seconds?: { readonly from: number; readonly until: number } | undefined;
      /** Position of the zone that it lies in, if any. */
      readonly zone?: number | undefined;
    }
  /** Its result lay in the cache and no earlier run of this job made it. */
  | { readonly type: 'chunk-reused'; readonly ms: number; readonly chunk: number; readonly bytes: number }
  /** Where a score or a size is aimed at: the chunk's result was chosen. `attempt`: of this run, which made it; null: none did. */
  | {
      readonly type: 'chunk-chosen';
      readonly ms: number;
      readonly chunk: number;
      readonly attempt: number | null;
      readonly quality: number;
      readonly score: number | null;
      readonly probeCount: number;
      /** What it was to be encoded at, where the encoder spoils a picture at that. */
      readonly insteadOf?: number | undefined;
    }
  | { readonly type: 'scan-ended'; readonly ms: number }
  /** Written at once, so that what a killed leader had running is known. */
  | {
      readonly type: 'attempt-started';
      readonly ms: number;
      readonly attempt: number;
      readonly chunk: number;
      readonly peer: string;
    }
  | ({ readonly type: 'attempt-ended'; readonly ms: number } & EndedAttempt)
  /** Every chunk is in the output; its end is being written. */
  | { readonly type: 'job-finishing'; readonly ms: number }
  | { readonly type: 'run-ended'; readonly ms: number; readonly phase: RunEnd };

/**
 * `left-off`: the daemon stopped, and the job goes on with the next one. `options-tried`: it tried encoder options, and the
 * job goes on at once.
 */
export type RunEnd = 'done' | 'failed' | 'cancelled' | 'stopped' | 'left-off' | 'options-tried';

/** What became of an attempt, once nothing more is to come of it. */
export interface EndedAttempt {
  readonly attempt: number;
  readonly chunk: number;
  readonly peer: string;
  /** Another attempt at this chunk was under way when it was granted. */
  readonly isBackup: boolean;
  readonly grantedMs: number;
  /** First frame given to the encoder; null when it never came to that. */
  readonly startedMs: number | null;
  /** The peer said that it was encoded. */
  readonly encodedMs: number | null;
  /** The result lay with the leader. */
  readonly fetchedMs: number | null;
  readonly outcome: AttemptOutcome;
  /** Why, unless its result was kept. */
  readonly words: string;
  readonly framesEncoded: number;
  readonly cpuSeconds: number;
  /** Bytes of the slice that its leader sent, and of the result that came back. */
  readonly sentBytes: number;
  readonly resultBytes: number;
}

/**
 * `kept`: its result is in the output. `probe`: it was scored, and another quality was chosen. `beaten`: another result of the chunk was first. `left`: its peer went away.
 * `returned`: handed back unharmed. `stolen`: given up before it began, for an idle peer. `cancelled`: the job ended. Else it failed, and this is the cause.
 */
export type AttemptOutcome =
  | 'kept'
  | 'probe'
  | 'beaten'
  | 'left'
  | 'returned'
  | 'stolen'
  | 'cancelled'
  | FailureCause;

/**
 * Records of one job. A film of ten hours has 10,000 chunks, each found, started and ended once: the rest is room for
 * retries and for machines that come and go. What happens later is not recorded, and the report says so.
 */
export const MAX_HISTORY_RECORDS = 200_000;

/** Of an encoder's last words, in a record: the whole of them is told where the job runs. */
export const MAX_HISTORY_WORDS = 500;
