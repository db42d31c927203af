import type { VideoCodec } from './encoder-definition.ts';

/**
 * IVF, the plain container of chunk results: a header of 32 bytes, then for each picture, in decode order, its size
 * (u32), its timestamp (u64) and its bytes, all little endian.
 */
export interface IvfFile {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frames: readonly IvfFrame[];
}

export interface IvfFrame {
  /** Position of the picture in the chunk: real timestamps stay with the leader. */
  readonly pts: bigint;
  /** An AV1 temporal unit, or an access unit of another codec with start codes; a view into the file's bytes. */
  readonly data: Uint8Array;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;
/** `DKIF`, `AV01`, `HEVC`, `H264` and `VVC1` as little-endian numbers. */
const SIGNATURE = 0x46494b44;
const FOURCCS: Readonly<Record<VideoCodec, number>> = {
  av1: 0x31305641,
  hevc: 0x43564548,
  h264: 0x34363248,
  vvc: 0x31435656,
};
const CODECS = ['av1', 'hevc', 'h264', 'vvc'] as const;

/** What of a file of so many bytes is coded video: IVF's own words are in no output. At least 1. */
export function codedBytes(fileBytes: number, frames: number): number {
  return Math.max(1, fileBytes - HEADER_BYTES - FRAME_HEADER_BYTES * frames);
}

/** What an IVF file says of itself before its first picture. */
export type IvfHeader = Pick<IvfFile, 'codec' | 'width' | 'height' | 'frameCount'>;

/** What the file begins with. */
export function ivfHeader({ codec, width, height, frameCount }: IvfHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SIGNATURE, true);
  view.setUint16(6, HEADER_BYTES, true);
  view.setUint32(8, FOURCCS[codec], true);
  view.setUint16(12, width, true);
  view.setUint16(14, height, true);
  // Time base 1/1: one tick is one frame.
  view.setUint32(16, 1, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, frameCount, true);
  return bytes;
}

/** What stands before the bytes of a picture. */
export function ivfFrameHeader(sizeBytes: number, pts: bigint): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sizeBytes, true);
  view.setBigUint64(4, pts, true);
  return bytes;
}

/** Reads a whole IVF file. Throws a sentence when it is none of ours, is cut short, or has other than its count. */
export function parseIvf(bytes: Uint8Array): IvfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== SIGNATURE) {
    throw new Error(`The result is not an IVF file: its ${bytes.length} bytes do not begin with DKIF.`);
  }
  const codec = CODECS.find((known) => FOURCCS[known] === view.getUint32(8, true));
  if (codec === undefined)
    throw new Error('The result is an IVF file of another codec than AV1, HEVC, H.264 or VVC.');
  const frames: IvfFrame[] = [];
  let at = view.getUint16(6, true);
  while (at < bytes.length) {
    const size = at + FRAME_HEADER_BYTES <= bytes.length ? view.getUint32(at, true) : 0;
    const start = at + FRAME_HEADER_BYTES;
    if (start + size > bytes.length) {
      throw new Error(
        `The IVF file is cut short in frame ${frames.length}: ${bytes.length} bytes, at least ${start + size} were expected.`,
      );
    }
    frames.push({ pts: view.getBigUint64(at + 4, true), data: bytes.subarray(start, start + size) });
    at = start + size;
  }
  const frameCount = view.getUint32(24, true);
  if (frameCount !== frames.length) {
    throw new Error(`The IVF file announces ${frameCount} frames and holds ${frames.length}.`);
  }
  return { codec, width: view.getUint16(12, true), height: view.getUint16(14, true), frameCount, frames };
}
