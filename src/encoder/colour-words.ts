import type { Colour } from '../media/source-video.ts';

/** The words of one program for what H.273 numbers, which FFmpeg's numbers are; null where it has none. */
export type ColourWords = readonly (string | null)[];

/** As x264 calls them, and VVenC after it. */
export const PRIMARIES: ColourWords = [
  ...[null, 'bt709', null, null, 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'film', 'bt2020'],
  ...['smpte428', 'smpte431', 'smpte432'],
];
/** As x264 calls them, and VVenC after it. */
export const TRANSFERS: ColourWords = [
  ...[null, 'bt709', null, null, 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'linear', 'log100'],
  ...['log316', 'iec61966-2-4', 'bt1361e', 'iec61966-2-1', 'bt2020-10', 'bt2020-12'],
  ...['smpte2084', 'smpte428', 'arib-std-b67'],
];

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
