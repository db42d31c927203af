import type { JobPhase } from '../../protocol/control-api.ts';
import type { MetricName } from '../../quality/metric.ts';
import type { ParamOutcome } from '../../quality/param-trial.ts';
import type { ChosenQuality } from '../../schedule/leader/events.ts';
import type { TimeUse } from './account.ts';
import type { AttemptHistory, PeerStep } from './read-history.ts';
import type { RunEnd } from './records.ts';

/**
 * What a job was, as `job ID --report --json` prints it. Times are seconds of the job: from its submission, without
 * the gaps between its runs, when its leader was not there.
 */
export interface JobReport {
  readonly job: string;
  readonly input: string;
  readonly output: string;
  readonly phase: JobPhase;
  /** The leader's version at its last run, and its peer id. */
  readonly version: string;
  readonly leader: string;
  readonly runs: readonly RunReport[];
  readonly makespanSeconds: number;
  /** When the scan had found the last chunk; null before. */
  readonly scanEndedSeconds: number | null;
  /** No schedule could have ended before; null until the job is done, and when nothing was encoded. */
  readonly boundSeconds: number | null;
  /** `boundSeconds / makespanSeconds`: 1 is perfect. */
  readonly efficiency: number | null;
  /** What its slots did with the job's time, in seconds: the sum is the makespan. */
  readonly timeUse: Readonly<Record<TimeUse, number>>;
  /** What cost time, the most expensive first. */
  readonly losses: readonly Loss[];
  /** Share of all encoding that is not in the output. */
  readonly wastedShare: number;
  readonly bytes: { readonly sentSlices: number; readonly fetchedResults: number };
  readonly peers: readonly PeerReport[];
  /** Every attempt in the order in which they were granted: the timeline, the retries, the backups. */
  readonly attempts: readonly AttemptReport[];
  /** The score that every chunk was to have, and where; null where none was aimed at. */
  readonly aim: ScoreAim | null;
  /** Encoder options that were tried on samples of the film, and what came of it; null where none were. */
  readonly params: ParamOutcome | null;
  /** What each zone of the film is encoded with, a sentence each. */
  readonly zones: readonly string[];
  /** In film order: who made what. */
  readonly manifest: readonly ManifestEntry[];
  /** Whether something happened that was not recorded any more: there is a bound. */
  readonly isComplete: boolean;
}

export interface ScoreAim {
  readonly metric: MetricName;
  /** Of chunks outside of zones that aim elsewhere; null where only zones aim at scores. */
  readonly range: { readonly least: number; readonly most: number } | null;
}

export interface RunReport {
  /** Unix time in milliseconds, and what the leader's wall clock was ahead of UTC. */
  readonly beganEpochMs: number;
  readonly utcOffsetMinutes: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  /** Nothing was recorded for so long before it. */
  readonly awaySeconds: number;
  readonly end: RunEnd | null;
}

/** Something that made the job longer, as far as the records prove it. */
export interface Loss {
  readonly kind: 'left' | 'paused' | 'away' | 'retries' | 'backups' | Exclude<TimeUse, 'useful' | 'wasted'>;
  /** When it began; null where it is spread over the job. */
  readonly atSeconds: number | null;
  /** By so much the job could have been shorter; of `away`, the time that passed outside of the job's own. */
  readonly seconds: number;
  /** What happened, without the amount and without a full stop. */
  readonly words: string;
}

export interface PeerReport {
  readonly id: string;
  readonly name: string;
  readonly isLeader: boolean;
  /** Empty until it was measured. */
  readonly encoder: string;
  readonly build: string;
  /** Why it could not encode the job, or null. */
  readonly unavailable: string | null;
  /** Of one slot, in predicted cost a second; null when it encoded nothing. */
  readonly speed: number | null;
  readonly mostSlots: number;
  readonly steps: readonly (Omit<PeerStep, 'fromMs'> & { readonly fromSeconds: number })[];
  readonly chunkCount: number;
  readonly frameCount: number;
  /** Slot time it gave, and of it the time it encoded. */
  readonly slotSeconds: number;
  readonly busySeconds: number;
  readonly cpuSeconds: number;
  /** Slices sent to it, and results fetched from it; nothing moves where it is the leader itself. */
  readonly sentBytes: number;
  readonly resultBytes: number;
}

export interface AttemptReport {
  readonly attempt: number;
  readonly chunk: number;
  readonly peer: string;
  readonly isBackup: boolean;
  readonly grantedSeconds: number;
  readonly startedSeconds: number | null;
  readonly encodedSeconds: number | null;
  readonly fetchedSeconds: number | null;
  /** Proven and committed where its result was kept. */
  readonly endedSeconds: number;
  readonly outcome: AttemptHistory['outcome'];
  readonly words: string;
  readonly framesEncoded: number;
  readonly cpuSeconds: number;
  readonly sentBytes: number;
  readonly resultBytes: number;
}

export interface ManifestEntry {
  readonly chunk: number;
  /** Frames of the source, the end not included. */
  readonly startFrame: number;
  readonly endFrame: number;
  readonly foundSeconds: number;
  /** When it is shown, in seconds from the film's first frame; null where an older version made the job. */
  readonly shownSeconds: { readonly from: number; readonly until: number } | null;
  /** Position in `zones` of the one that it lies in; null: it is encoded as the film is. */
  readonly zone: number | null;
  /** `cache`: its result was there before the job, and who made it is not known. null: it is not encoded. */
  readonly madeBy: 'peer' | 'cache' | null;
  readonly bytes: number;
  readonly attempt: number | null;
  readonly peer: string | null;
  readonly build: string | null;
  readonly encoder: string | null;
  /** Its name in the cache: a digest of slice, frames, build and settings. */
  readonly key: string | null;
  /** CRF, score and number of probes, where a score was aimed at. */
  readonly choice: ChosenQuality | null;
}
