import type { Rational } from '../media/rational.ts';
import type { Colour, ContentLight, MasteringDisplay } from '../media/source-video.ts';
import type { Filtering } from '../picture/picture-filters.ts';
import type { EncoderName } from './encoders.ts';

/**
 * Everything that decides what an encoder writes for a given picture sequence. It is typed data that crosses the
 * wire (invariant 7); each peer builds its own arguments from it, and its canonical text is part of a chunk's identity.
 * What each field may be is the encoder's to say (src/encoder/check-settings.ts).
 */
export interface EncodeSettings {
  readonly encoder: EncoderName;
  /** Position in the encoder's list of presets, whose first is the slowest. */
  readonly preset: number;
  readonly rate: Rate;
  /** How often the encoder goes over a chunk, 1 to 3. */
  readonly passes: number;
  /** Strength of synthesised film grain on the encoder's own scale; 0 is none. */
  readonly grain: number;
  /** The user's own key=value pairs, each key on the allowlist and in its range. Sorted by key. */
  readonly params: Readonly<Record<string, string>>;
  readonly picture: EncodedPicture;
  /** What makes this picture of the source's frames, where that is more than a conversion. */
  readonly filtering: Filtering | null;
}

/** What an encode aims at. */
export type Rate =
  /** On the encoder's own scale: CRF, CQ level, quantizer. */
  { readonly type: 'quality'; readonly value: number } | { readonly type: 'bitrate'; readonly kbps: number };

/** The picture as the encoder gets it, after the conversions that were stated before starting. */
export interface EncodedPicture {
  /** Even. Without filters never larger than the source: an odd column or row is cropped. */
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 10;
  readonly frameRate: Rational;
  readonly sampleAspectRatio: Rational;
  readonly colour: Colour;
  readonly masteringDisplay: MasteringDisplay | null;
  readonly contentLight: ContentLight | null;
  /** What HDR10+ says of each frame is written between the coded pictures; left out: it is not. */
  readonly hdr10Plus?: true;
}
