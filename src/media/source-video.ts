import type { Rational } from './rational.ts';

/** What inspecting a source tells us, before anything is decoded but the first pictures. */
export interface SourceVideo {
  readonly path: string;
  /** Demuxer's name as FFmpeg gives it, e.g. `matroska,webm`. */
  readonly format: string;
  readonly identity: SourceIdentity;
  readonly durationSeconds: number | null;
  readonly startSeconds: number;
  readonly video: VideoFacts;
  /** Every stream of the file in its order, the chosen video stream included. */
  readonly streams: readonly StreamFacts[];
  readonly chapters: readonly Chapter[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What must stay the same between runs for anything old to be reused. */
export interface SourceIdentity {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Hex sha256 over the size and evenly spaced samples of the content. */
  readonly sampledDigest: string;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface VideoFacts {
  readonly streamIndex: number;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Other sizes that some later keyframes have, each once. Not all are looked at: the scan sees every frame. */
  readonly laterSizes: readonly PictureSize[];
  /** FFmpeg's name, e.g. `yuv420p10le`. */
  readonly pixelFormat: string;
  readonly bitDepth: number;
  readonly frameRate: Rational;
  readonly timeBase: Rational;
  readonly isVariableFrameRate: boolean;
  readonly sampleAspectRatio: Rational;
  /** Clockwise degrees to turn the picture for display: 0, 90, 180 or 270. */
  readonly rotation: number;
  readonly isInterlaced: boolean;
  readonly colour: Colour;
  readonly masteringDisplay: MasteringDisplay | null;
  readonly contentLight: ContentLight | null;
  readonly hasDolbyVision: boolean;
  /** Nothing but Dolby Vision tells what colours its samples are (profile 5). */
  readonly needsDolbyVision: boolean;
  /** Its first pictures carry HDR10+ (SMPTE ST 2094-40). */
  readonly hasHdr10Plus: boolean;
  readonly frameCountEstimate: number | null;
}

/** Code points of ITU-T H.273; 2 means unspecified. `range`: 1 limited, 2 full, 0 unknown (FFmpeg's numbers). */
export interface Colour {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly range: number;
  /** FFmpeg's AVChromaLocation: 0 unknown, 1 left, 2 centre, 3 top left. */
  readonly chromaLocation: number;
}

/** SMPTE ST 2086, as exact fractions: chromaticities in CIE 1931 xy, luminance in cd/m². */
export interface MasteringDisplay {
  readonly red: readonly [Rational, Rational];
  readonly green: readonly [Rational, Rational];
  readonly blue: readonly [Rational, Rational];
  readonly white: readonly [Rational, Rational];
  readonly minLuminance: Rational;
  readonly maxLuminance: Rational;
}

/** CTA-861.3, in cd/m². */
export interface ContentLight {
  readonly maxContent: number;
  readonly maxFrameAverage: number;
}

export interface StreamFacts {
  readonly index: number;
  readonly kind: 'video' | 'audio' | 'subtitle' | 'attachment' | 'data';
  readonly codec: string;
  readonly language: string | null;
  readonly title: string | null;
  /** FFmpeg's disposition names, e.g. `default`, `forced`, `attached_pic`. */
  readonly dispositions: readonly string[];
  readonly sampleRate: number | null;
  readonly channels: number | null;
  /** As its container or codec tells; null where neither does. */
  readonly bitrateKbps: number | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Chapter {
  readonly startSeconds: number;
  readonly endSeconds: number | null;
  readonly title: string;
  readonly language: string | null;
}
