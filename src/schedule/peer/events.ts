import type { EncodeSettings } from '../../encoder/settings.ts';
import type { Measure } from '../../quality/measure.ts';
import type { CodingVariant } from '../../zones/coding-variants.ts';
import type { Intake } from './intake.ts';
import type { Refusal } from './state.ts';

/** What happened, as a peer sees it: one worker for several leaders. Attempts are named by leader, job and number. */
export interface AttemptName {
  readonly leader: string;
  readonly job: string;
  readonly attempt: number;
}

export type PeerEvent =
  | { readonly type: 'leader-joined'; readonly leader: string }
  /**
   * The connection is gone, and may come back: what runs goes on, what is encoded is kept, the rest goes back. What is
   * said meanwhile reaches the leader when it is back.
   */
  | { readonly type: 'leader-away'; readonly leader: string }
  | { readonly type: 'leader-back'; readonly leader: string }
  /** It will not come back: whatever runs for this leader is stopped and thrown away. */
  | { readonly type: 'leader-left'; readonly leader: string }
  | { readonly type: 'room-told'; readonly leader: string; readonly leases: number }
  | {
      readonly type: 'job-announced';
      readonly leader: string;
      readonly job: string;
      readonly settings: EncodeSettings;
      /** Of its zones. */
      readonly variants: readonly CodingVariant[];
      /** How results are scored here; null: none is. */
      readonly measure: Measure | null;
    }
  | { readonly type: 'build-measuring'; readonly leader: string; readonly job: string }
  /** Measured or unavailable, and the leader told so. */
  | { readonly type: 'build-told'; readonly leader: string; readonly job: string }
  /** Its job is over, or was announced anew with other settings while it was measured. */
  | { readonly type: 'build-outdated'; readonly leader: string; readonly job: string }
  | { readonly type: 'job-ended'; readonly leader: string; readonly job: string }
  | {
      readonly type: 'lease-granted';
      readonly name: AttemptName;
      readonly frameCount: number;
      readonly sliceBytes: number;
      /** Which of the job's variants it is encoded in; null: in the job's own settings. */
      readonly variant: number | null;
      readonly nowMs: number;
    }
  /** The leader was told that this lease or job is not taken. */
  | { readonly type: 'refusal-told'; readonly refusal: Refusal }
  | { readonly type: 'slice-fetching'; readonly name: AttemptName }
  | { readonly type: 'slice-fetched'; readonly name: AttemptName }
  | { readonly type: 'encode-started'; readonly name: AttemptName; readonly nowMs: number }
  /** The result lies on this peer's disk until the leader settles it. */
  | { readonly type: 'encode-ended'; readonly name: AttemptName; readonly nowMs: number }
  /** The slice did not come, the encoder failed, or the frames were wrong; the leader was told. */
  | { readonly type: 'attempt-failed'; readonly name: AttemptName }
  | { readonly type: 'attempt-cancelled'; readonly name: AttemptName }
  | { readonly type: 'result-settled'; readonly name: AttemptName }
  | { readonly type: 'steal-asked'; readonly name: AttemptName; readonly thief: string }
  /** The leader was told whether this lease is given up. */
  | { readonly type: 'steal-answered'; readonly name: AttemptName }
  /** `discard-attempt` or `return-lease` was begun; a slot stays taken until its child is gone. */
  | { readonly type: 'attempt-discarding'; readonly name: AttemptName }
  /** Files and child of this attempt are gone. */
  | { readonly type: 'attempt-discarded'; readonly name: AttemptName; readonly nowMs: number }
  | { readonly type: 'slots-changed'; readonly slots: number }
  | { readonly type: 'memory-changed'; readonly budgetBytes: number }
  /** The machine is about to swap: the newest encode goes back. */
  | { readonly type: 'memory-short' }
  /** `reason`: a sentence for the leaders that get their leases back. */
  | { readonly type: 'intake-changed'; readonly intake: Intake; readonly reason: string };
