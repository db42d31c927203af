import type { ParamRule } from '../encoder/params.ts';
import type { Rational } from '../media/rational.ts';
import type { Colour, PictureSize } from '../media/source-video.ts';

/** Options of one filter, each on its allowlist and in its range; numbers in their plainest form. */
export type FilterOptions = Readonly<Record<string, string>>;

/** One of FFmpeg's filters as it is given to it: its name, and `key=value` pairs joined by colons. */
export type FilterStep = readonly [filter: string, options: string];

/** A picture's size, and how its samples are shown. */
export interface PictureShape extends PictureSize {
  readonly sampleAspectRatio: Rational;
}

/** A filter that may be applied to a picture before it is encoded. One file of src/picture/filters each. */
export interface FilterDefinition {
  /** What each option may be, by FFmpeg's names for them. */
  readonly params: Readonly<Record<string, ParamRule>>;
  /** Options that must be given when it is written by hand. */
  readonly required: readonly string[];
  /** Options in the order in which values without a key are taken. */
  readonly positional: readonly string[];
  /**
   * Where the small pictures of the source (src/media/sketch.ts) show it: `geometry` moves or cuts the picture, `colour`
   * changes large areas, `fields` leaves one of two moments, and the proof must do the same; `size` and `texture` leave averages
   * over large boxes as they were.
   */
  readonly changes: 'geometry' | 'colour' | 'fields' | 'size' | 'texture';
  /** It mixes frames with those before, so that what moves may look more like the frame before its own. */
  readonly blendsFrames?: true;
  /** It wants the frames as they were decoded, before chroma and depth are converted. */
  readonly wantsSource: boolean;
  /** Options that follow from the picture where the user left them out. */
  complete?(
    options: FilterOptions,
    picture: { readonly size: PictureSize; readonly colour: Colour },
  ): FilterOptions;
  /** The picture's shape behind it. Throws a sentence when it cannot be applied to this one. */
  reshape(shape: PictureShape, options: FilterOptions): PictureShape;
  /** What the samples mean behind it, where that is something else; HDR's metadata is then gone. */
  recolour?(colour: Colour): Colour;
  steps(options: FilterOptions): readonly FilterStep[];
}

/** For filters that keep the picture's shape. */
export function sameShape(shape: PictureShape): PictureShape {
  return shape;
}

/** One step of FFmpeg's filter of the same name, the options as they are. */
export function plainStep(filter: string): (options: FilterOptions) => readonly FilterStep[] {
  return (options) => [[filter, pairs(options)]];
}

export function pairs(options: FilterOptions): string {
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(':');
}
