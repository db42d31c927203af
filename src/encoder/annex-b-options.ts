import type { Rational } from '../media/rational.ts';

/** `--sar` of x264 and x265; nothing where the source does not tell. */
export function aspectOption({ num, den }: Rational): Record<string, string> {
  return num > 0 && den > 0 ? { sar: `${num}:${den}` } : {};
}

/** `--chromaloc` of x264 and x265: FFmpeg counts from 1 what H.264 and H.265 count from 0. */
export function siteOption(chromaLocation: number): Record<string, string> {
  return chromaLocation === 0 ? {} : { chromaloc: String(chromaLocation - 1) };
}
