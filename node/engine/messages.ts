import type { CarryPlan } from '../../src/container/carry.ts';
import type { EncoderName } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { PictureSize, SourceVideo } from '../../src/media/source-video.ts';
import type { GrainEvidence } from '../../src/picture/grain.ts';
import type { CropPlace, PictureWishes } from '../../src/picture/plan-filters.ts';
import type { Hdr10PlusCounts } from '../../src/proof/verify-hdr10-plus.ts';
import type { BuiltInMetric } from '../../src/quality/metric.ts';
import type { QualityTarget } from '../../src/quality/quality-target.ts';
import type { WantedVmafModel } from '../../src/quality/vmaf-model.ts';
import type { CodingVariant } from '../../src/zones/coding-variants.ts';
import type { Zone } from '../../src/zones/zone.ts';

/**
 * What the daemon and its engine children say to each other over Node's IPC channel (`serialization: 'advanced'`).
 * A child is started with a program's name, gets requests, and answers with the messages below; only children load
 * node-av, so a hostile file or a crash in native code never takes the daemon down.
 */
export type EngineProgram =
  | 'inspect'
  | 'find-bars'
  | 'find-grain'
  | 'scan'
  | 'encode'
  | 'prove'
  | 'assemble'
  | 'preview'
  | 'verify'
  | 'score';

/** Any program's last word when it cannot go on: a sentence for the user. */
export interface EngineFailed {
  readonly type: 'failed';
  readonly message: string;
}

export interface InspectRequest {
  readonly type: 'inspect';
  readonly path: string;
}
export type InspectAnswer =
  /** All that a source's beginning and its headers tell; `laterSizes` is empty yet. */
  | { readonly type: 'inspected'; readonly source: SourceVideo }
  /** The last one: what was seen at places spread over the file. */
  | { readonly type: 'looked'; readonly laterSizes: readonly PictureSize[] }
  /** A sentence: there is nothing to encode in it, and it looks like no damaged video either. */
  | { readonly type: 'no-video'; readonly message: string }
  | EngineFailed;

export interface BarsRequest {
  readonly type: 'find-bars';
  readonly path: string;
}
export type BarsMessage =
  /** The part of the picture that is never black; null where that is all of it, or nothing certain. */
  { readonly type: 'bars-found'; readonly picture: CropPlace | null };

export interface GrainRequest {
  readonly type: 'find-grain';
  readonly path: string;
}
export type GrainMessage =
  /** null: too little of the film is flat to say. */
  { readonly type: 'grain-found'; readonly evidence: GrainEvidence | null };

/** Everything a decoder needs besides packets, as in node-av's CodecParameters. Crosses the wire in a slice's header. */
export interface CodecFacts {
  readonly codecId: number;
  readonly codecTag: number;
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly bitsPerCodedSample: number;
  readonly bitsPerRawSample: number;
  readonly profile: number;
  readonly level: number;
  readonly videoDelay: number;
  readonly fieldOrder: number;
  readonly colour: readonly [
    primaries: number,
    transfer: number,
    matrix: number,
    range: number,
    location: number,
  ];
  readonly sampleAspectRatio: readonly [number, number];
  readonly timeBase: readonly [number, number];
  readonly extradata: Uint8Array | null;
  readonly codedSideData: readonly SideData[];
  /** `core N` of the x264 SEI in the first packet; FFmpeg works around bugs of old builds by it. */
  readonly x264Build: number | null;
}

export interface SideData {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface ScanRequest {
  readonly type: 'scan';
  readonly path: string;
  readonly streamIndex: number;
  /** Folder for the scan's files (node/storage/scan-files.ts names and reads them). It exists and is empty. */
  readonly directory: string;
  /** A chunk is never shorter, unless the whole source is. */
  readonly minSceneSeconds: number;
  readonly maxSceneSeconds: number;
  /** Cuts given by `--scenes`: used instead of finding them. */
  readonly cuts: readonly number[] | null;
  /** Frames at which a chunk starts in any case. */
  readonly forcedKeyframes: readonly number[];
  /** Seconds from the first frame, rising: a chunk starts with the first frame at or behind each. */
  readonly forcedSeconds: readonly number[];
  readonly settings: EncodeSettings;
}
export type ScanMessage =
  | { readonly type: 'opened'; readonly codec: CodecFacts }
  /** Records up to these counts are readable in the scan's files; `keyframes` are those newly settled. */
  | {
      readonly type: 'scanned';
      readonly frameCount: number;
      readonly packetCount: number;
      readonly keyframes: readonly KeyframeFact[];
    }
  | {
      readonly type: 'chunk-found';
      readonly chunk: number;
      readonly startFrame: number;
      readonly endFrame: number;
      /** Sum over the chunk's frames of a cheap complexity measure, in arbitrary but fixed units. */
      readonly complexity: number;
    }
  /** The first frame of a size that no frame before had, and that is not the job's. */
  | {
      readonly type: 'size-changed';
      readonly frame: number;
      readonly width: number;
      readonly height: number;
    }
  | {
      readonly type: 'ended';
      readonly frameCount: number;
      readonly packetCount: number;
      readonly chunkCount: number;
      readonly cuts: readonly number[];
      readonly rebuiltTimestampCount: number;
      /** Frames whose size is not the source's first one. */
      readonly scaledFrameCount: number;
      /** Packets and places of the source that the demuxer or the decoder complained about. */
      readonly damagedCount: number;
      /** When the last frame is shown, after the first. */
      readonly lastFrameSeconds: number;
      readonly cpuSeconds: number;
    }
  | EngineFailed;

/** A keyframe packet: its tag (decode index) and the presentation index of the frame it became. */
export interface KeyframeFact {
  readonly tag: number;
  readonly frame: number;
}

/** The encode program takes one request after another; a cancelled attempt is a killed child. */
export interface EncodeRequest {
  readonly type: 'encode';
  readonly slicePath: string;
  /** The IVF file to write, whole. */
  readonly outputPath: string;
  /** A folder for the encoder's own files: made, and gone when the answer comes. */
  readonly workPath: string;
  readonly settings: EncodeSettings;
  readonly threads: number;
  /** How its frames are scored afterwards; null: they are not. */
  readonly score: ScoreMeasure | null;
}
/** Encode the built-in clip at the settings of `buildProbe` and say the digest of what was written (invariant 8). */
export interface MeasureBuildRequest {
  readonly type: 'measure-build';
  /** As in EncodeRequest. */
  readonly workPath: string;
  readonly settings: EncodeSettings;
  readonly threads: number;
}
export type EncodeMessage =
  /** The first frame was given to the encoder. */
  | { readonly type: 'started' }
  | { readonly type: 'decoded'; readonly firstFrame: number; readonly fingerprints: Uint8Array }
  | { readonly type: 'progress'; readonly framesEncoded: number; readonly bytes: number }
  /** Once it is encoded and before that is said, where it is to be scored: MAX_SCORES of them at most. */
  | { readonly type: 'scored'; readonly firstFrame: number; readonly scores: readonly number[] }
  | {
      readonly type: 'encoded';
      readonly frameCount: number;
      readonly bytes: number;
      readonly sha256: string;
      /** Of this child and, on Linux, of an encoder that is a program of its own; not of an FFmpeg that scores VMAF. */
      readonly cpuSeconds: number;
    }
  | { readonly type: 'build-measured'; readonly digest: string; readonly encoder: string }
  /**
   * `frames`: the slice did not give the wanted frames; `peer`: the disk failed. The child lives on and takes the next
   * request.
   */
  | {
      readonly type: 'attempt-failed';
      readonly cause: 'frames' | 'encoder' | 'slice' | 'peer';
      readonly message: string;
    }
  | EngineFailed;

/** The prove program decodes results, one request after another. */
export interface ProveRequest {
  readonly type: 'prove';
  readonly path: string;
  readonly frameCount: number;
  /** What made it: the result must be in its codec. */
  readonly encoder: EncoderName;
}
export type ProveMessage =
  | {
      readonly type: 'proved';
      readonly frameCount: number;
      /** PICTURE_BYTES for each frame. */
      readonly pictures: Uint8Array;
      /** What a decoder must know before the first picture (src/encoder/stream-header.ts). */
      readonly streamHeader: Uint8Array;
      readonly isKeyframeFirst: boolean;
      readonly cpuSeconds: number;
    }
  /** The result is bad; the child lives on. */
  | { readonly type: 'refused'; readonly reason: string }
  | EngineFailed;

/** The assemble program: one request, then chunks in film order, then finish. */
export interface AssembleRequest {
  readonly type: 'assemble';
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly source: SourceVideo;
  readonly settings: EncodeSettings;
  readonly carry: CarryPlan;
  /** The scan's folder: real timestamps are read from its frame records. */
  readonly scanDirectory: string;
}
export type AssembleCommand =
  | {
      readonly type: 'append';
      readonly path: string;
      readonly startFrame: number;
      readonly frameCount: number;
    }
  | { readonly type: 'finish'; readonly frameCount: number };
export type AssembleMessage =
  | { readonly type: 'appended'; readonly frameCount: number; readonly bytes: number }
  | { readonly type: 'assembled'; readonly bytes: number }
  | EngineFailed;

/** Encode some places of a film as the job would, and write each beside the source's pictures. */
export interface PreviewRequest {
  readonly type: 'preview';
  readonly source: SourceVideo;
  readonly settings: EncodeSettings;
  readonly zones: readonly Zone[];
  /** Of the zones. */
  readonly variants: readonly CodingVariant[];
  /** What chunks are to score where their zones say nothing; null: they have the settings' own rate. */
  readonly target: QualityTarget | null;
  /** How these are scored; null where no score is aimed at, in no zone either. */
  readonly measure: ScoreMeasure | null;
  /** For the encoder's own files; it exists. */
  readonly folder: string;
  readonly clips: readonly {
    readonly outputPath: string;
    /** Of the film, 0 to 1. */
    readonly share: number;
    readonly frameCount: number;
  }[];
}
export type PreviewMessage =
  /** One for each clip, in order. */
  | {
      readonly type: 'clip-written';
      readonly outputPath: string;
      /** On the encoder's own scale. */
      readonly quality: number | null;
      /** Pooled; null where none was aimed at. */
      readonly score: number | null;
    }
  | EngineFailed;

export interface VerifyRequest {
  readonly type: 'verify';
  readonly source: string;
  readonly output: string;
  /** What was done to the source's picture. */
  readonly wishes: PictureWishes;
}
export type VerifyMessage =
  | { readonly type: 'compared'; readonly frameCount: number; readonly totalEstimate: number | null }
  | { readonly type: 'verified'; readonly report: VerifyReport }
  | EngineFailed;

export interface VerifyReport {
  readonly isEqual: boolean;
  readonly sourceFrameCount: number;
  readonly outputFrameCount: number;
  readonly maxTimestampErrorSeconds: number;
  /** Largest mean difference of a frame's small pictures, 0 to 255. */
  readonly maxPictureDifference: number;
  readonly hdr10Plus: Hdr10PlusCounts;
  /** What differs, a sentence each; the first twenty. */
  readonly differences: readonly string[];
}

/**
 * How frames are scored. `ffmpeg`: path of one with libvmaf, `program`: path of libjxl's ssimulacra2, both found on this
 * machine (node/engine/score).
 */
export type ScoreMeasure =
  | { readonly metric: 'vmaf'; readonly ffmpeg: string; readonly model: WantedVmafModel }
  | { readonly metric: 'ssimulacra2'; readonly program: string }
  | { readonly metric: BuiltInMetric };

export interface ScoreRequest {
  readonly type: 'score';
  readonly source: string;
  readonly output: string;
  /** What was done to the source's picture; the score is of what the encoder made of the result. */
  readonly wishes: PictureWishes;
  readonly measure: ScoreMeasure;
  /** A folder for what a meter must write. It exists, and is removed by whoever asks. */
  readonly workPath: string;
}
export type ScoreMessage =
  | { readonly type: 'scoring'; readonly frameCount: number; readonly totalEstimate: number | null }
  /** One score for each frame. */
  | { readonly type: 'scored'; readonly scores: readonly number[] }
  | EngineFailed;
