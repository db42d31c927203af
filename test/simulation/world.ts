import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { CodingVariant } from '../../src/zones/coding-variants.ts';

/** What is true in a simulated swarm, whether its daemons know it or not. Times in virtual milliseconds. */
export interface World {
  readonly seed: number;
  readonly hosts: readonly HostFacts[];
  readonly jobs: readonly JobFacts[];
  readonly faults: readonly Fault[];
  readonly latencyMs: number;
  /** Probability that a bulk transfer breaks, that a control message comes twice. */
  readonly transferLoss: number;
  readonly duplication: number;
  /** Children tell of their progress this often; real ones do four times a second. */
  readonly progressMs: number;
}

export interface HostFacts {
  readonly id: string;
  readonly slots: number;
  readonly memoryBudgetBytes: number;
  /** Still frames a millisecond, one slot. */
  readonly speed: number;
  readonly uplinkBytesPerMs: number;
  /** Digest of its encoder's build; null: it has no encoder. */
  readonly build: string | null;
  /** Probabilities for each attempt. */
  readonly failing: number;
  readonly lying: number;
  readonly hanging: number;
}

export interface JobFacts {
  readonly id: string;
  readonly leader: string;
  readonly submittedMs: number;
  readonly scanFramesPerMs: number;
  readonly settings: EncodeSettings;
  /** Of its zones. */
  readonly variants: readonly CodingVariant[];
  /** On its leader's own machine alone. */
  readonly isLocal: boolean;
  readonly chunks: readonly ChunkFacts[];
}

export interface ChunkFacts {
  readonly number: number;
  readonly startFrame: number;
  readonly endFrame: number;
  readonly complexity: number;
  /** Position among its job's variants; null: the job's own settings. */
  readonly variant: number | null;
  /** What it costs, in still frames. */
  readonly work: number;
  /** Frames come out wrong with less lead-in than this; with more than MAX_LEAD_IN needed it never comes right. */
  readonly neededLeadIn: number;
  readonly isPoison: boolean;
  /** Takes down every peer that leads no job; on a leader it only fails, as what a leader knows of failures dies with it. */
  readonly isDeadly: boolean;
  /** Good results that are kept as probes before one counts: more than none where a score or a size is aimed at. */
  readonly probes: number;
  /** Qualities at which the encoder itself spoils a picture, on every host, before one at which it does not. */
  readonly spoiled: number;
  /** What is tried beside it has its search ask for another quality after each of those, before the same bytes come twice. */
  readonly isMovedOn: boolean;
  readonly sliceBytes: number;
  readonly resultBytes: number;
}

export type Fault =
  | {
      readonly kind: 'crash';
      readonly atMs: number;
      readonly host: string;
      readonly backAfterMs: number | null;
    }
  | {
      readonly kind: 'leave';
      readonly atMs: number;
      readonly host: string;
      readonly backAfterMs: number | null;
    }
  | { readonly kind: 'join'; readonly atMs: number; readonly host: string }
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly host: string;
      readonly other: string;
      readonly backAfterMs: number;
    }
  /** Nothing passes between the two for a while, and nothing is lost. */
  | {
      readonly kind: 'silence';
      readonly atMs: number;
      readonly host: string;
      readonly other: string;
      readonly forMs: number;
    }
  | { readonly kind: 'slow'; readonly atMs: number; readonly host: string; readonly factor: number }
  /** It tells the other of so many jobs that it does not have, grants as many leases of one, and takes every second back. */
  | {
      readonly kind: 'flood';
      readonly atMs: number;
      readonly host: string;
      readonly other: string;
      readonly times: number;
    }
  /** It lives and takes leases, and for a while, or for good, no word that it says of them gets to their leaders. */
  | {
      readonly kind: 'mute';
      readonly atMs: number;
      readonly host: string;
      readonly forMs: number | null;
    }
  /** A machine sleeps and wakes: nothing in it runs, and what came meanwhile is met all at once. */
  | { readonly kind: 'sleep'; readonly atMs: number; readonly host: string; readonly forMs: number }
  /** It takes no work; `isNow`: it gives back what it encodes as well. */
  | {
      readonly kind: 'pause';
      readonly atMs: number;
      readonly host: string;
      readonly isNow: boolean;
      readonly forMs: number;
    }
  /** Other programs take memory: what was begun last goes back, and fewer encodes may run. */
  | {
      readonly kind: 'squeeze';
      readonly atMs: number;
      readonly host: string;
      readonly slots: number;
      readonly memoryBudgetBytes: number;
      readonly forMs: number;
    }
  /** No slice and no result can be written there. */
  | { readonly kind: 'full-disk'; readonly atMs: number; readonly host: string; readonly forMs: number }
  /** By the hand of whoever submitted it. */
  | { readonly kind: 'prioritise'; readonly atMs: number; readonly job: string; readonly priority: number }
  | { readonly kind: 'cancel'; readonly atMs: number; readonly job: string };

export function settingsOf(width: number, height: number): EncodeSettings {
  return {
    encoder: 'svt-av1',
    preset: 6,
    rate: { type: 'quality', value: 30 },
    passes: 1,
    grain: 0,
    params: {},
    filtering: null,
    picture: {
      width,
      height,
      bitDepth: 10,
      frameRate: { num: 24, den: 1 },
      sampleAspectRatio: { num: 1, den: 1 },
      colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 },
      masteringDisplay: null,
      contentLight: null,
    },
  };
}
