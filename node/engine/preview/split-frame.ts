import { Frame } from 'node-av/lib';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';

/** Columns of the line between before and after; even, so that chroma has whole ones. */
const LINE_WIDTH = 2;

/**
 * One frame with the middle of the picture twice, each half as wide: before on the left, after on the right, every
 * sample as it is. Both are planar 4:2:0 of the picture's size and depth. The caller frees it.
 */
export function splitFrame(before: Frame, after: Frame, picture: EncodedPicture, index: number): Frame {
  const { width, height, bitDepth } = picture;
  const half = 2 * Math.floor((width - LINE_WIDTH) / 4);
  const from = 2 * Math.floor((width - half) / 4);
  const split = new Frame();
  split.alloc();
  split.format = before.format;
  split.width = width;
  split.height = height;
  split.allocBuffer();
  split.pts = BigInt(index);
  const bytes = bitDepth === 8 ? 1 : 2;
  for (let plane = 0; plane < 3; plane += 1) {
    const scale = plane === 0 ? 1 : 2;
    const target = planeOf(split, plane);
    const columns = half / scale;
    for (let row = 0; row < height / scale; row += 1) {
      const line = target.data.subarray(row * target.stride, row * target.stride + (width / scale) * bytes);
      // Neutral in chroma, and in luma a grey that is seen on dark and on bright.
      if (bytes === 1) line.fill(128);
      else for (let at = 1; at < line.length; at += 2) [line[at - 1], line[at]] = [0, 2];
      copyColumns(planeOf(before, plane), line, row, { from: from / scale, columns, to: 0 }, bytes);
      const to = (width - half) / scale;
      copyColumns(planeOf(after, plane), line, row, { from: from / scale, columns, to }, bytes);
    }
  }
  return split;
}

interface Plane {
  readonly data: Buffer;
  readonly stride: number;
}

function planeOf(frame: Frame, plane: number): Plane {
  const data = frame.data?.[plane];
  const stride = frame.linesize[plane];
  if (data === undefined || stride === undefined) throw new Error('A frame of the preview has no samples.');
  return { data, stride };
}

function copyColumns(
  { data, stride }: Plane,
  line: Uint8Array,
  row: number,
  { from, columns, to }: { readonly from: number; readonly columns: number; readonly to: number },
  bytes: number,
): void {
  const start = row * stride + from * bytes;
  line.set(data.subarray(start, start + columns * bytes), to * bytes);
}
