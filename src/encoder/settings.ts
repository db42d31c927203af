import type { Rational } from '../media/rational.ts';
import type { Colour, ContentLight, MasteringDisplay } from '../media/source-video.ts';

/**
 * Everything that decides what an encoder writes for a given picture sequence. It is typed data that crosses the
 * wire (invariant 7); each peer builds its own arguments from it, and its canonical text is part of a chunk's identity.
 */
export interface EncodeSettings {
  readonly encoder: 'svt-av1';
  /** SVT-AV1's `--preset`, 0 (slowest) to 13. */
  readonly preset: number;
  /** SVT-AV1's `--crf`, 1 to 63. A whole number: the embedded build rounds fractions away. */
  readonly crf: number;
  /** The user's own key=value pairs, each key on the allowlist and in its range. Sorted by key. */
  readonly params: Readonly<Record<string, string>>;
  readonly picture: EncodedPicture;
}

/** The picture as the encoder gets it, after the conversions that were stated before starting. */
export interface EncodedPicture {
  /** Even, and never larger than the source: an odd column or row is cropped. */
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 10;
  readonly frameRate: Rational;
  readonly sampleAspectRatio: Rational;
  readonly colour: Colour;
  readonly masteringDisplay: MasteringDisplay | null;
  readonly contentLight: ContentLight | null;
}
