import type { Frame } from 'node-av/lib';
import type { EncodeRun } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { EmbeddedEncoder } from './embedded-encoder.ts';

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
  free(): void;
}

/** Opens the encoder of the run's settings for one of its passes. */
export function openEncoder(run: EncodeRun, take: TakeUnit): Promise<FrameEncoder> {
  const { title, engine } = encoderOf(run.settings.encoder);
  return EmbeddedEncoder.open(title, engine, run, take);
}
