import type { AudioTranscode, CarryPlan, OutputContainer } from '../container/carry.ts';
import type { AudioChoice } from '../container/choose-audio.ts';
import type { EncoderName } from '../encoder/encoders.ts';
import type { EncodeSettings } from '../encoder/settings.ts';
import type { PictureWishes } from '../picture/plan-filters.ts';
import type { CurvePoint } from '../quality/allocate.ts';
import type { Allocation } from '../quality/allocation.ts';
import type { Ladder } from '../quality/ladder.ts';
import type { MetricName } from '../quality/metric.ts';
import type { ParamOutcome, ParamTrial } from '../quality/param-trial.ts';
import type { QualityTarget } from '../quality/quality-target.ts';
import type { CrfRange } from '../quality/search-crf.ts';
import type { Budget, SizeGoal } from '../quality/size-goal.ts';
import type { Intake, Wish } from '../schedule/peer/intake.ts';
import type { LeftOut } from '../schedule/view.ts';
import type { Zone } from '../zones/zone.ts';

/** Raised whenever a command line and a daemon of different versions would misread each other. */
export const CONTROL_VERSION = 8;

/** Room for the cuts of a very long film; anything larger is no request of ours. */
export const MAX_CONTROL_REQUEST_BYTES = 16 * 1024 * 1024;

/**
 * What the command line and the local daemon say to each other: JSON over HTTP on a local socket, one JSON object a
 * line where something goes on. What the daemon cannot do it answers with a Refusal.
 */
export interface SubmitRequest {
  /** Absolute, as resolved by the command line. */
  readonly input: string;
  /** Absolute path of the file to write. */
  readonly output: string;
  readonly options: JobOptions;
  /** As src/schedule/priority.ts counts; left out: normal, or what the job had before. */
  readonly priority?: number | undefined;
  /** Frames of the source that the cuts of `--scenes FILE` were found in: where this one has others, it is said. */
  readonly cutsFrameCount?: number | undefined;
}

export interface Refusal {
  /** A sentence. */
  readonly error: string;
  /** The input of a submit holds no video. */
  readonly isNoVideo?: true;
}

/** What the user asked for; null is "suited to the source". */
export interface JobOptions {
  readonly encoder: EncoderName;
  /** Position in the encoder's list of presets. */
  readonly preset: number | null;
  /** On the encoder's own scale of quality. */
  readonly crf: number | null;
  /** A score that every chunk is to have, at a CRF of its own; null: all have the same CRF. */
  readonly target: QualityTarget | null;
  /** What the whole film is to take, at CRFs that follow from it; null: it takes what it takes. */
  readonly budget: Budget | null;
  /** A mean score for which the bitrate is looked for on samples, then met as a budget's; null: none. */
  readonly ladder: Ladder | null;
  /** A mean score, or what the whole film is to take, with bits where they do most; null: neither. */
  readonly allocation: Allocation | null;
  /** By what encoder options are compared on samples of the film, of which it is encoded with those that win; null: with none. */
  readonly autoparam: ParamTrial | null;
  readonly passes: number;
  /** Strength of synthesised film grain; auto: by the noise of the source's flat areas. */
  readonly grain: number | 'auto';
  readonly encoderParams: Readonly<Record<string, string>>;
  readonly bitDepth: 8 | 10;
  readonly picture: PictureWishes;
  readonly minSceneSeconds: number;
  readonly maxSceneSeconds: number;
  /** First frames of the shots, from `--scenes FILE`. */
  readonly cuts: readonly number[] | null;
  /** Frames that must be keyframes, rising. */
  readonly forcedKeyframes: readonly number[];
  /** Ranges that are encoded in a way of their own. */
  readonly zones: readonly Zone[];
  readonly audio: 'copy' | 'drop' | AudioTranscode;
  /** null: all audio tracks. */
  readonly audioChoice: AudioChoice | null;
  readonly subtitles: 'copy' | 'drop';
  readonly attachments: 'copy' | 'drop';
  readonly chapters: boolean;
  readonly overwrite: boolean;
  /** Clips of before and after are written first. */
  readonly previews: boolean;
  /** Encoded by this daemon alone. */
  readonly isLocal: boolean;
  /** Stored results are proven again before they are used. */
  readonly checksStored: boolean;
}

/** Whether chunks have CRFs of their own. */
export function isSearched({ target, budget, ladder, allocation }: JobOptions): boolean {
  return target !== null || budget !== null || ladder !== null || allocation !== null;
}

export type JobPhase =
  | 'inspecting'
  | 'waiting'
  | 'encoding'
  | 'assembling'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'stopped';

/** Whether nothing more will happen to a job unless the user asks for it. */
export function isOver(phase: JobPhase): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'cancelled' || phase === 'stopped';
}

/** One job as `jobs`, `job ID` and the live display show it. */
export interface JobView {
  readonly id: string;
  readonly phase: JobPhase;
  readonly priority: number;
  readonly input: string;
  readonly output: string;
  readonly container: OutputContainer;
  readonly settings: EncodeSettings | null;
  readonly carry: CarryPlan | null;
  /** What the output will hold, conversions and losses, stated before encoding, and what is reused from before. */
  readonly notes: readonly string[];
  readonly progress: JobProgress;
  /** From submit to the first frame given to an encoder, on this machine and on another; null until then. */
  readonly firstFrameSeconds: { readonly own: number | null; readonly remote: number | null };
  /** What it aims at, and how far that search is; null where every chunk has the same CRF. */
  readonly quality: QualityProgress | null;
  /** The same for what the film is to take; null where it takes what it takes. */
  readonly budget: BudgetProgress | null;
  /** The same where bits go where they do most. */
  readonly allocation: AllocationProgress | null;
  /** Encoder options are being tried on samples; null before and after that. */
  readonly trial: TrialProgress | null;
  /** Encoder options that were tried on samples, and what came of it; null before that, and where none are. */
  readonly params: ParamOutcome | null;
  /** A sentence when it failed, else null. */
  readonly error: string | null;
  readonly summary: JobSummary | null;
}

export interface TrialProgress {
  /** The winners are tried together; before that, single changes. */
  readonly isCombined: boolean;
  /** Encodes that are known to be needed, and those of them that were made. */
  readonly wantedCount: number;
  readonly triedCount: number;
}

export interface QualityProgress {
  readonly target: QualityTarget;
  /** With those that zones of the film have of their own. */
  readonly targetCount: number;
  /** CRFs that were allowed. */
  readonly range: CrfRange;
  /** Chunks whose CRF is chosen, and all their probes: encodes that were scored, those that are kept included. */
  readonly settledCount: number;
  readonly probeCount: number;
  /** Of those probes, the ones that an earlier run or another job had made. */
  readonly reusedProbeCount: number;
  /** Settled, and not within the target: no CRF that was allowed came nearer. */
  readonly missedCount: number;
  /** Tries that slots with nothing else to do made beside those that the search asked for. */
  readonly besideCount: number;
}

export interface BudgetProgress {
  readonly goal: SizeGoal;
  readonly range: CrfRange;
  readonly settledCount: number;
  readonly probeCount: number;
  readonly reusedProbeCount: number;
  /** Lowest and highest that were chosen; null before the first. */
  readonly crfs: readonly [number, number] | null;
  /** Of what is chosen, spread over the whole film: at the end, its video's bitrate. */
  readonly kbps: number;
  /** Where the bitrate was looked for: the mean score it is for, and that of what is chosen so far. */
  readonly score: {
    readonly metric: MetricName;
    readonly aim: number;
    readonly reached: number | null;
  } | null;
}

export interface AllocationProgress {
  readonly allocation: Allocation;
  readonly range: CrfRange;
  /** Chunks of which enough was tried to decide the film, and their frames. */
  readonly surveyedCount: number;
  readonly surveyedFrames: number;
  /** 0 while chunks are found and surveyed, then the number of the latest decision. */
  readonly round: number;
  readonly settledCount: number;
  readonly probeCount: number;
  readonly reusedProbeCount: number;
}

export interface AllocationOutcome {
  /** Mean over all frames, as the machines say that encoded them. */
  readonly score: number;
  /** Of the pictures alone, and that over the film's time. */
  readonly bytes: number;
  readonly kbps: number;
  /** The worst chunk's. */
  readonly leastScore: number;
  /** One CRF for all chunks that has at least the same mean, by what was tried; null where none is known to. */
  readonly oneCrf: OneCrfOutcome | null;
  readonly chunks: readonly AllocatedChunk[];
}

export interface OneCrfOutcome {
  readonly crf: number;
  readonly bytes: number;
  readonly score: number;
  readonly leastScore: number;
}

/** How one chunk came to its CRF: `curve` is all that was tried of it, by CRF. */
export interface AllocatedChunk extends CurvePoint {
  readonly chunk: number;
  readonly curve: readonly CurvePoint[];
}

/** How one chunk came to its CRF. */
export interface ChunkQuality {
  readonly chunk: number;
  readonly crf: number;
  /** Pooled over its frames. */
  readonly score: number;
  readonly probeCount: number;
  /** CRFs that were tried and at which the encoder spoils a picture, rising. */
  readonly spoiled: readonly number[];
  /** Whether the score is within the target. */
  readonly isMet: boolean;
}

export interface JobProgress {
  /** Frames in the source as far as known: exact once the scan ended. */
  readonly frameCount: number | null;
  readonly isFrameCountExact: boolean;
  readonly framesScanned: number;
  readonly framesEncoded: number;
  readonly framesCommitted: number;
  readonly framesAssembled: number;
  readonly chunksFound: number;
  readonly chunksCommitted: number;
  readonly chunksReused: number;
  /** Frames encoded per second over the last seconds, all peers together. */
  readonly encodeRate: number | null;
  readonly etaSeconds: number | null;
  readonly expectedBytes: number | null;
  readonly elapsedSeconds: number;
  readonly retryCount: number;
  readonly peers: readonly PeerProgress[];
}

export interface PeerProgress {
  readonly id: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly running: number;
  readonly framesDone: number;
  readonly chunksDone: number;
  readonly encodeRate: number | null;
  /** Of its slots, each counted: how long they encoded, and how long they had a chunk that could not begin yet. */
  readonly slotSeconds: { readonly encoding: number; readonly waiting: number };
  /** Its encoder is tried with this job's settings before it gets work: seconds, minutes where the machine is busy. */
  readonly isMeasuring: boolean;
  /** Why it gets no work of this job, or null. */
  readonly leftOut: string | null;
}

export interface JobSummary {
  readonly frameCount: number;
  readonly chunkCount: number;
  readonly chunksReused: number;
  readonly wallSeconds: number;
  readonly sourceBytes: number;
  readonly outputBytes: number;
  readonly output: string;
  readonly retries: readonly string[];
  readonly rebuiltTimestampCount: number;
  /** Frames whose picture had another size than the source's first. */
  readonly scaledFrameCount: number;
  /** Where a score was aimed at: that of the whole film, by what the peers said of its frames, and each chunk's. */
  readonly quality: { readonly score: number; readonly chunks: readonly ChunkQuality[] } | null;
  /** Where bits were allocated: what came of it. */
  readonly allocation: AllocationOutcome | null;
  /** First frames of the shots, for `--scenes FILE`. */
  readonly cuts: readonly number[];
  readonly peers: readonly PeerProgress[];
  /** CPU seconds by part, for the bench. */
  readonly cpuSeconds: { readonly scan: number; readonly encode: number; readonly proof: number };
  /** How near it came to the best possible (src/report/job/job-report.ts); null when that is not known. */
  readonly efficiency: number | null;
  /** Leases; one that was stolen counts once. */
  readonly attemptCount: number;
  /** Packets of all slices, lead-in included: what was decoded for encoding, about a frame each. */
  readonly slicedPacketCount: number;
  /**
   * Of the time for which slots had a chunk, the share in which they could not encode it yet, as its slice was on the
   * way or its first frames in the decoder; null when nothing was encoded.
   */
  readonly slotsWaitedShare: number | null;
  /** Bytes of slices that this machine sent to others, and that went straight from one peer to another. */
  readonly sliceBytes: { readonly fromLeader: number; readonly direct: number };
  /** Slices that went straight from one peer to another, as their chunks were stolen. */
  readonly directSliceCount: number;
  /** Chunks that idle peers took over from others that had not begun them. */
  readonly stolenCount: number;
  /** Chunks that are at another CRF than they were to be, as the encoder itself spoils a picture at that. */
  readonly detours: readonly ChunkDetour[];
}

export interface ChunkDetour {
  readonly chunk: number;
  readonly asked: number;
  readonly taken: number;
}

/** `follow` gives these, one a line: the state now, then every change a few times a second, the last when it is over. */
export type JobEvent =
  | { readonly type: 'job'; readonly job: JobView }
  | { readonly type: 'message'; readonly job: string; readonly text: string };

export interface PeerView {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly slots: number;
  readonly running: number;
  readonly state: 'alive' | 'suspect' | 'refused';
  readonly metBy: string;
  /** Why it was refused, or null. */
  readonly reason: string | null;
  /** Jobs of the daemon that is asked of which it gets no work. */
  readonly leftOut: readonly LeftOut[];
}

/** Whether a machine takes work of any leader, its own included, and why not. */
export interface IntakeView {
  readonly intake: Intake;
  readonly wish: Wish;
  /** A sentence for each thing that keeps it from taking work; none when it does. */
  readonly reasons: readonly string[];
  /** Leases here and results that wait for their leaders: none when it is dry. */
  readonly attempts: number;
}

/** Whether a machine is kept from sleeping, as it is while it works. */
export interface SleepView {
  readonly isHeldOff: boolean;
  /** Why it may sleep although it works, or null. */
  readonly problem: string | null;
}

export interface StatusView {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly swarm: string;
  /** Encodes that may run at once now. */
  readonly slots: number;
  /** Whether that follows cores, load and memory (`--slots auto`). */
  readonly areSlotsAuto: boolean;
  readonly slotsRunning: number;
  readonly work: IntakeView;
  /** Its own jobs of which this machine itself gets no work. */
  readonly leftOut: readonly LeftOut[];
  readonly sleep: SleepView;
  readonly encoders: readonly string[];
  readonly stateDirectory: string;
  readonly uptimeSeconds: number;
  readonly peers: readonly PeerView[];
  readonly jobs: readonly JobView[];
}

export interface CacheView {
  readonly directory: string;
  readonly bytes: number;
  readonly limitBytes: number;
  readonly chunkCount: number;
  readonly scanCount: number;
}
