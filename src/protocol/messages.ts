import type { EncodeSettings } from '../encoder/settings.ts';
import type { Measure } from '../quality/measure.ts';
import type { CodingVariant } from '../zones/coding-variants.ts';

/**
 * Protocol IDs of the swarm, and the version of what is said in them. PROTOCOL_VERSION rises when an older daemon
 * could misread a newer one; the IDs stay, so that two versions can still say hello and each name the other's.
 */
export const CONTROL_PROTOCOL = '/vadeio/control/1';
export const BULK_PROTOCOL = '/vadeio/bulk/1';
export const PROTOCOL_VERSION = 10;

/** The first message on every control stream, from both ends. */
export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly version: string;
  readonly name: string;
  /** Random per start of a daemon: tells a restart from a reconnect, and two daemons with one identity apart. */
  readonly instance: string;
  readonly slots: number;
  /** The port this daemon listens on, so that a peer reached from outside can be dialled again. */
  readonly port: number;
  /** Name of the swarm this daemon belongs to; another swarm's daemons are left alone. */
  readonly swarm: string;
  /** The link that this end still holds to the other, so that a cut connection loses no message. */
  readonly link: LinkState | null;
}

/** A link outlives its connections: messages not confirmed on one are sent again, in order, on the next. */
export interface LinkState {
  readonly id: string;
  /** How many messages of the other end arrived in this link so far. */
  readonly received: number;
}

export interface Heartbeat {
  readonly type: 'heartbeat';
  /** As in LinkState: confirms everything before. */
  readonly received: number;
  /** The next one comes within so many milliseconds. */
  readonly everyMs: number;
}

/** The last message on a control stream: why the other end is refused, or that this one stops. */
export interface Goodbye {
  readonly type: 'goodbye';
  readonly reason: string;
}

/** A slice that a victim keeps for a thief. */
export interface StolenSlice {
  readonly peer: string;
  /** The victim's attempt. */
  readonly attempt: number;
  /** Of the slice's bytes, as the leader sent them. */
  readonly sha256: string;
}

/** What a leader tells a peer. `attempt` numbers are unique within a job of a leader. */
export type LeaderMessage =
  | {
      readonly type: 'job-announced';
      readonly job: string;
      readonly settings: EncodeSettings;
      /** Of its zones: leases name them by their positions. */
      readonly variants: readonly CodingVariant[];
      /** How results are scored by their makers; null: none is. */
      readonly measure: Measure | null;
    }
  | {
      readonly type: 'lease-granted';
      readonly job: string;
      readonly chunk: number;
      readonly attempt: number;
      readonly frameCount: number;
      readonly sliceBytes: number;
      /** On the encoder's own scale, for this attempt alone; null: as in the job's settings. */
      readonly quality: number | null;
      /** Which of the job's variants it is encoded in; null: in the job's own settings. */
      readonly variant: number | null;
      /** Whether its maker scores it by the job's measure. */
      readonly isScored: boolean;
      /** Where the slice lies besides: null for a chunk that was not stolen. */
      readonly stolenSlice: StolenSlice | null;
    }
  /**
   * May `thief` have this lease? The answer is yes unless it was begun. It is the victim itself where the lease is late
   * and nobody in particular wants it.
   */
  | {
      readonly type: 'steal-asked';
      readonly job: string;
      readonly attempt: number;
      readonly thief: string;
    }
  | {
      readonly type: 'attempt-cancelled';
      readonly job: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | {
      readonly type: 'result-settled';
      readonly job: string;
      readonly attempt: number;
      readonly accepted: boolean;
    }
  | { readonly type: 'job-ended'; readonly job: string };

/** What a peer tells a leader. */
export type PeerMessage =
  /** How many leases of this leader's jobs the peer will hold at once: running and prefetched together. */
  | { readonly type: 'room-offered'; readonly leases: number }
  /** Digest of what the peer's encoder writes for the built-in clip at the job's settings (invariant 8). */
  | {
      readonly type: 'build-measured';
      readonly job: string;
      readonly digest: string;
      /** The same of each of the job's variants. */
      readonly variantDigests: readonly string[];
      readonly encoder: string;
      /** Why it cannot score as the job asks for, and is of no use to it; null: it can, or need not. */
      readonly lacks: string | null;
    }
  | { readonly type: 'build-unavailable'; readonly job: string; readonly reason: string }
  | { readonly type: 'attempt-started'; readonly job: string; readonly attempt: number }
  | {
      readonly type: 'frames-decoded';
      readonly job: string;
      readonly attempt: number;
      /** Position in the chunk of the first fingerprint. */
      readonly firstFrame: number;
      /** FINGERPRINT_BYTES for each frame. */
      readonly fingerprints: Uint8Array;
    }
  | {
      readonly type: 'attempt-progress';
      readonly job: string;
      readonly attempt: number;
      readonly framesEncoded: number;
      readonly bytes: number;
    }
  /**
   * The peer's own word of how good its result is, before it says that it is encoded: nobody else scores it. That the
   * pictures are the source's is proven apart from this; a peer that lies here gets a chunk the wrong quality.
   */
  | {
      readonly type: 'frames-scored';
      readonly job: string;
      readonly attempt: number;
      /** Position in the chunk of the first score. */
      readonly firstFrame: number;
      readonly scores: readonly number[];
    }
  | {
      readonly type: 'attempt-encoded';
      readonly job: string;
      readonly attempt: number;
      readonly frameCount: number;
      readonly bytes: number;
      readonly sha256: string;
      /** CPU seconds that the encoding child spent on this attempt, decode included. */
      readonly cpuSeconds: number;
    }
  | {
      readonly type: 'attempt-failed';
      readonly job: string;
      readonly attempt: number;
      /** `frames`: the slice did not decode to the wanted frames (one keyframe more may help). */
      readonly cause: 'frames' | 'encoder' | 'slice' | 'peer';
      readonly words: string;
    }
  /** Given up for a thief. `hasSlice`: the whole slice lies here for it, until this attempt is cancelled. */
  | {
      readonly type: 'lease-yielded';
      readonly job: string;
      readonly attempt: number;
      readonly hasSlice: boolean;
    }
  | { readonly type: 'steal-refused'; readonly job: string; readonly attempt: number }
  /** Given back unharmed: the peer drains or stops; not a failure. */
  | {
      readonly type: 'lease-returned';
      readonly job: string;
      readonly attempt: number;
      readonly reason: string;
    };

/** What the mesh carries for the scheduler. */
export type JobMessage = LeaderMessage | PeerMessage;

export type Message = Hello | Heartbeat | Goodbye | JobMessage;

/**
 * First thing on a bulk stream, from the end that wants bytes: a peer fetches slices, a leader fetches results, and a
 * thief fetches the slice of a victim's attempt.
 */
export type BulkRequest =
  | { readonly kind: 'slice' | 'result'; readonly job: string; readonly attempt: number }
  | {
      readonly kind: 'stolen-slice';
      /** Whose job it is. */
      readonly leader: string;
      readonly job: string;
      readonly attempt: number;
    };

/** The answer's header; `bytes` of data and a trailing 32-byte sha256 follow. */
export type BulkHeader = { readonly bytes: number } | { readonly refused: string };
