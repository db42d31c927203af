import type { Frame } from 'node-av/lib';

/** Scores pairs of frames of one size and format, reference and distorted, in presentation order. */
export interface Meter {
  /** Both frames are read before the promise resolves. */
  add(reference: Frame, distorted: Frame): Promise<void>;
  /** One score for each pair that was added. */
  finish(): Promise<number[]>;
  /** Ends what still runs; also after `finish`. */
  close(): Promise<void>;
}
