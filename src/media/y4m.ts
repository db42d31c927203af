import type { Rational } from './rational.ts';

/** Raw 4:2:0 pictures of one size, as YUV4MPEG2 describes them. */
export interface RawVideo {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 10;
  readonly frameRate: Rational;
  /** Left out: limited, or not known. */
  readonly isFullRange?: boolean;
}

/** Stands before the planes of each picture: Y, U, V without padding, two bytes a sample, low first, above 8 bits. */
export const Y4M_FRAME = 'FRAME\n';

/** The line that begins a YUV4MPEG2 stream (mjpegtools' format, with FFmpeg's names for more than 8 bits). */
export function y4mHeader({ width, height, bitDepth, frameRate, isFullRange }: RawVideo): string {
  const samples = bitDepth === 10 ? 'C420p10 XYSCSS=420P10' : 'C420jpeg XYSCSS=420JPEG';
  const range = isFullRange === true ? ' XCOLORRANGE=FULL' : '';
  return `YUV4MPEG2 W${width} H${height} F${frameRate.num}:${frameRate.den} Ip A1:1 ${samples}${range}\n`;
}
