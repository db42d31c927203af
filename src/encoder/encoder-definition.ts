import type { Alternatives, ParamTable } from './params.ts';
import type { EncodeSettings } from './settings.ts';

/** What an encoder writes. */
export type VideoCodec = 'av1' | 'hevc' | 'h264' | 'vvc';

/** All that this program knows of one encoder. Each is a file in encoders/ and a line in encoders.ts. */
export interface EncoderDefinition {
  /** For people. */
  readonly title: string;
  readonly codec: VideoCodec;
  readonly quality: QualityScale;
  /** As the encoder names them, slowest first. */
  readonly presets: readonly string[];
  /** The most passes it makes, for each thing an encode may aim at. */
  readonly passes: {
    readonly quality: number;
    readonly bitrate: number;
    /** Why no more at a constant quality, where its versions differ: told after a colon to who asks for more. */
    readonly because?: string;
  };
  /** The strongest synthesised grain; 0 when it has none. */
  readonly maxGrain: number;
  /** Parameters with which it takes the source's own grain out where it synthesises some; left out: it does so anyway. */
  readonly degrain?: Readonly<Record<string, string>>;
  readonly bitDepth: 8 | 10;
  /** Preset and quality by the size of the picture, one for each of SIZES (default-settings.ts). */
  readonly defaults: readonly (readonly [preset: number, quality: number])[];
  readonly params: ParamTable;
  /** What `--autoparam` tries; left out: nothing is worth it. */
  readonly alternatives?: Alternatives;
  /**
   * The most memory that an encode at this preset holds for each pixel of a picture, the decoder's frames included:
   * measured at 1080p over several chunks in one process.
   */
  bytesPerPixel(preset: number): number;
  readonly engine: EmbeddedEngine | ProgramEngine;
}

/** The values of `--crf`: the lower, the better. */
export interface QualityScale {
  /** What the encoder calls it. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Digits behind the point that make a difference. */
  readonly decimals: number;
}

/** One pass over one chunk. */
export interface EncodeRun {
  readonly settings: EncodeSettings;
  readonly threads: number;
  /** 1 to the settings' passes. */
  readonly pass: number;
  /** Where passes leave what they found for the next one: a file of this machine's own choice. */
  readonly statsPath: string;
  /** A table of film grain, where one is asked for: such a file too. */
  readonly grainTablePath?: string;
}

/**
 * Where an encoder tells its version: `said` finds it, as its first group, in what it says when it is opened; `written`
 * in the units that it writes.
 */
export type VersionMark =
  | { readonly said: RegExp }
  | { readonly written: (unit: Uint8Array) => string | null };

/** An encoder inside FFmpeg, which is inside node-av. */
export interface EmbeddedEngine {
  /** FFmpeg's name of it. */
  readonly library: string;
  readonly version: VersionMark;
  /** Of an encoder that is a part of a graphics card or a processor's own circuit; left out: it is a program like any other. */
  readonly hardware?: Hardware;
  /** Options for FFmpeg's `avcodec_open2`. Each chunk is one closed GOP whatever its length. */
  options(run: EncodeRun): Readonly<Record<string, string>>;
}

/** Where an encoder in hardware gets its pictures from, and by what its device is known. */
export interface Hardware {
  /** Semi-planar pictures in the machine's own memory, or in the device's, to which they are sent by VAAPI. */
  readonly pictures: 'memory' | 'vaapi';
  /**
   * What FFmpeg tells of device and driver when the encoder is opened: whatever these match. What two devices write differs, so
   * by these builds are told apart; where nothing is told, a machine's device is like no other's.
   */
  readonly told: readonly RegExp[];
}

/** An encoder that is a program of its own: it reads YUV4MPEG2 from a pipe, and its stream is read from another. */
export interface ProgramEngine {
  /** What it may be called on the PATH; the first that is there is taken. */
  readonly commands: readonly string[];
  /** Environment variable that names one elsewhere, a fork or a newer build; it goes before the PATH. */
  readonly variable: string;
  /** How it is asked for its version, and where it tells it: the first group. */
  readonly version: { readonly ask: readonly string[]; readonly told: RegExp };
  /** What it writes: IVF holds AV1, Annex B NAL units, with a delimiter before each picture. */
  readonly stream: 'ivf' | 'annex-b';
  /** It writes into a file, because its standard output is for words. */
  readonly isIntoFile?: true;
  /**
   * Its arguments. Each chunk is one closed GOP whatever its length.
   *
   * @param outputPath where it writes what does not go to its standard output.
   */
  args(run: EncodeRun, outputPath: string): readonly string[];
  /** Where it tells how many frames it has done: the first group. */
  readonly progress: RegExp;
}

export function isHardware(engine: EncoderDefinition['engine']): boolean {
  return !isProgram(engine) && engine.hardware !== undefined;
}

export function isProgram(engine: EncoderDefinition['engine']): engine is ProgramEngine {
  return 'commands' in engine;
}
