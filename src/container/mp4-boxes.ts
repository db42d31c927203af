/** Type and size of a box at most: 4 + 4 bytes, and 8 more for a large one. */
export const MP4_HEADER_BYTES = 16;

export interface Mp4BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  /** Of the content; null where the box reaches to the end of the file. */
  readonly contentBytes: number | null;
}

/** The box header at `offset` (ISO/IEC 14496-12 §4.2), or null when the bytes there are not one, or end inside it. */
export function readMp4BoxHeader(bytes: Uint8Array, offset: number): Mp4BoxHeader | null {
  if (offset + 8 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  const size = view.getUint32(0);
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  if (size === 0) return { type, headerBytes: 8, contentBytes: null };
  if (size !== 1) return size < 8 ? null : { type, headerBytes: 8, contentBytes: size - 8 };
  if (view.byteLength < 16) return null;
  const large = Number(view.getBigUint64(8));
  return large < 16 ? null : { type, headerBytes: 16, contentBytes: large - 16 };
}

export interface Mp4Box {
  readonly type: string;
  readonly content: Uint8Array;
}

/** More children than any box has that we read; millions of empty ones must not fill memory. */
const MAX_CHILDREN = 1000;

/** The boxes that stand one after another in `bytes`. Ends at the first that is malformed or reaches outside. */
export function* mp4Boxes(bytes: Uint8Array): Generator<Mp4Box> {
  let offset = 0;
  for (let count = 0; count < MAX_CHILDREN && offset < bytes.length; count++) {
    const header = readMp4BoxHeader(bytes, offset);
    if (header === null) return;
    const start = offset + header.headerBytes;
    const end = header.contentBytes === null ? bytes.length : start + header.contentBytes;
    if (end > bytes.length) return;
    yield { type: header.type, content: bytes.subarray(start, end) };
    offset = end;
  }
}

/** Content of the first box at the end of a path of types, or null. */
export function findMp4Box(bytes: Uint8Array, ...path: readonly string[]): Uint8Array | null {
  let content: Uint8Array = bytes;
  for (const type of path) {
    const found = firstOf(content, type);
    if (found === null) return null;
    content = found;
  }
  return content;
}

function firstOf(bytes: Uint8Array, type: string): Uint8Array | null {
  for (const box of mp4Boxes(bytes)) if (box.type === type) return box.content;
  return null;
}
