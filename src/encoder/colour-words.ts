import type { Colour } from '../media/source-video.ts';

/** The words of one program for what H.273 numbers, which FFmpeg's numbers are; null where it has none. */
export type ColourWords = readonly (string | null)[];

/** H.273's number for a colour that nothing is known of. */
const UNSPECIFIED = 2;
/** AVCOL_RANGE_JPEG. */
const FULL_RANGE = 2;

/** The option with its word; nothing where the colour is not known or the program has no word for it. */
export function colourOption(option: string, words: ColourWords, value: number): Record<string, string> {
  const word = words[value] ?? null;
  return word === null || value === UNSPECIFIED ? {} : { [option]: word };
}

export function isFullRange({ range }: Colour): boolean {
  return range === FULL_RANGE;
}
