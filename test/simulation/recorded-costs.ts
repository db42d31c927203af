import { readFileSync } from 'node:fs';

/** What `scripts/record-costs.ts` measured: chunks of real clips with what the scan knows of them and what they cost. */
export interface RecordedCosts {
  /** Name and version of the encoder, and the digest of what it writes for the built-in clip. */
  readonly encoder: string;
  readonly machine: string;
  /** SVT-AV1's preset of `cpuSeconds`; the CRF is the default for each picture size. */
  readonly preset: number;
  readonly clips: readonly RecordedClip[];
}

/** One film, or several short pieces of the same kind from one package. */
export interface RecordedClip {
  readonly name: string;
  readonly kind: string;
  /** The package that it came in. */
  readonly from: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  readonly crf: number;
  readonly chunks: readonly RecordedChunk[];
}

export interface RecordedChunk {
  /** Path below the folder of unpacked packages. */
  readonly file: string;
  readonly startFrame: number;
  readonly frames: number;
  /** As the scan's `chunk-found` tells it. */
  readonly complexity: number;
  /** The slice's packets, lead-in included, and how many of them are not for frames of the chunk. */
  readonly sliceBytes: number;
  readonly leadInPackets: number;
  readonly resultBytes: number;
  /** CPU seconds of the whole attempt: decode, lead-in, fingerprints, encode. The least of all runs. */
  readonly cpuSeconds: number;
  /** Of these, the slice's decode alone, lead-in included. */
  readonly decodeCpuSeconds: number;
  /** CPU seconds of the attempt at other presets, for some chunks. */
  readonly otherPresets?: Readonly<Record<string, number>>;
}

const RECORDING = new URL('./recorded-costs.json', import.meta.url);

export function readRecordedCosts(): RecordedCosts {
  return JSON.parse(readFileSync(RECORDING, 'utf8')) as RecordedCosts;
}

/** Every second clip: those that `predictCost` was fitted on. */
export function clipsToFit({ clips }: RecordedCosts): RecordedClip[] {
  return clips.filter((_, place) => place % 2 === 0);
}

/** The others, which films are put together from. */
export function clipsToSimulate({ clips }: RecordedCosts): RecordedClip[] {
  return clips.filter((_, place) => place % 2 === 1);
}
