/**
 * What a leader should do now. The daemon begins to perform an action by applying the event that records it, so
 * planning again asks for nothing twice:
 *
 * | action | event |
 * |---|---|
 * | announce-job | job-announced |
 * | grant-lease | lease-granted |
 * | ask-steal | steal-asked |
 * | cancel-attempt | attempt-cancelled |
 * | expire-lease | attempt-failed, cause `expired` |
 * | forget-pace | pace-forgotten |
 * | settle-result | result-settled |
 * | fetch-result | result-fetching |
 * | prove-result | result-proving |
 * | append-chunk | chunk-appending |
 * | finish-job | job-finishing |
 * | fail-job | job-ended |
 */
export type LeaderAction =
  /** Ask a peer for its encoder build's digest at the job's settings. */
  | { readonly type: 'announce-job'; readonly job: string; readonly peer: string }
  | {
      readonly type: 'grant-lease';
      readonly job: string;
      readonly chunk: number;
      /** 0 for the chunk itself, or one of the trials beside it: at another quality. */
      readonly trial: number;
      readonly attempt: number;
      readonly peer: string;
      /** How far before the rule's own place its slice begins: 0, then one more each time frames differed. */
      readonly leadIn: number;
      /** The lease that was given up for this peer: its slice lies there. */
      readonly stolenFrom: { readonly peer: string; readonly attempt: number } | null;
    }
  /** Ask a victim to give up what it has not begun; `thief` is the victim itself where nobody else wants it. */
  | {
      readonly type: 'ask-steal';
      readonly job: string;
      readonly attempt: number;
      readonly peer: string;
      readonly thief: string;
    }
  | {
      readonly type: 'cancel-attempt';
      readonly job: string;
      readonly attempt: number;
      readonly peer: string;
      readonly reason: string;
    }
  /** No sign of life for too long: record `attempt-failed` with cause `expired`; the cancel follows by itself. */
  | {
      readonly type: 'expire-lease';
      readonly job: string;
      readonly attempt: number;
      readonly peer: string;
      readonly words: string;
    }
  /** A peer's speed changed: what was learned of it no longer holds. */
  | { readonly type: 'forget-pace'; readonly job: string; readonly peer: string }
  /** Send `result-settled`: the peer may delete its result. */
  | {
      readonly type: 'settle-result';
      readonly job: string;
      readonly attempt: number;
      readonly peer: string;
      readonly accepted: boolean;
    }
  | { readonly type: 'fetch-result'; readonly job: string; readonly attempt: number; readonly peer: string }
  | { readonly type: 'prove-result'; readonly job: string; readonly attempt: number; readonly chunk: number }
  /** Strictly in film order; one at a time for each job. */
  | { readonly type: 'append-chunk'; readonly job: string; readonly chunk: number }
  /** Every chunk is appended: write the container's end, rename. */
  | { readonly type: 'finish-job'; readonly job: string }
  /** Nothing that can still be done would complete it; everything else is committed and kept. */
  | { readonly type: 'fail-job'; readonly job: string; readonly reason: string };
