import type { Frame } from 'node-av/lib';
import { type EncodeRun, isProgram } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { EmbeddedEncoder } from './embedded-encoder.ts';
import { ProgramEncoder } from './program-encoder.ts';

/** One picture of a chunk, encoded. */
export interface EncodedUnit {
  /** Position of the picture in the chunk. Units come in decode order. */
  readonly index: bigint;
  /** Good until the receiver's promise resolves. */
  readonly data: Uint8Array;
}

export type TakeUnit = (unit: EncodedUnit) => Promise<void>;

/** One pass over one chunk: frames of the settings' size and depth in, units out. */
export interface FrameEncoder {
  /** Gives the next frame, which is copied. */
  encode(frame: Frame): Promise<void>;
  /** No frame follows: gives out everything that is still inside. */
  finish(): Promise<void>;
  /** Also in the middle of it. Resolves when nothing of it is left. */
  free(): Promise<void>;
}

/** Opens the encoder of the run's settings for one of its passes. */
export function openEncoder(run: EncodeRun, take: TakeUnit): Promise<FrameEncoder> {
  const definition = encoderOf(run.settings.encoder);
  const { engine } = definition;
  if (isProgram(engine)) return ProgramEncoder.open({ ...definition, engine }, run, take);
  return EmbeddedEncoder.open(definition.title, engine, run, take);
}
