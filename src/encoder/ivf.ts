/**
 * IVF, the plain container of chunk results: a header of 32 bytes, then for each temporal unit its size (u32), its
 * timestamp (u64) and its bytes, all little endian.
 */
export interface IvfFile {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frames: readonly IvfFrame[];
}

export interface IvfFrame {
  readonly pts: bigint;
  /** One AV1 temporal unit; a view into the file's bytes. */
  readonly data: Uint8Array;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;
/** `DKIF` and `AV01` as little-endian numbers. */
const SIGNATURE = 0x46494b44;
const FOURCC_AV1 = 0x31305641;

/** Makes the bytes of an IVF file piece by piece. Timestamps count frames: real ones stay with the leader. */
export class IvfWriter {
  #count = 0n;

  /** What the file begins with. */
  header(width: number, height: number, frameCount: number): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, SIGNATURE, true);
    view.setUint16(6, HEADER_BYTES, true);
    view.setUint32(8, FOURCC_AV1, true);
    view.setUint16(12, width, true);
    view.setUint16(14, height, true);
    // Time base 1/1: one tick is one frame.
    view.setUint32(16, 1, true);
    view.setUint32(20, 1, true);
    view.setUint32(24, frameCount, true);
    return bytes;
  }

  /** What stands before the next temporal unit of `sizeBytes` bytes. */
  frameHeader(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(FRAME_HEADER_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, sizeBytes, true);
    view.setBigUint64(4, this.#count, true);
    this.#count += 1n;
    return bytes;
  }
}

/** Reads a whole IVF file. Throws a sentence when it is no AV1 in IVF, is cut short, or has other than its count. */
export function parseIvf(bytes: Uint8Array): IvfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== SIGNATURE) {
    throw new Error(`The result is not an IVF file: its ${bytes.length} bytes do not begin with DKIF.`);
  }
  if (view.getUint32(8, true) !== FOURCC_AV1) {
    throw new Error('The result is an IVF file of another codec than AV1.');
  }
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
  return { width: view.getUint16(12, true), height: view.getUint16(14, true), frameCount, frames };
}
