/** Matroska's element IDs that we read or write, as RFC 9559 §5.1 lists them (length marker included). */
export const EBML_IDS = {
  header: 0x1a45dfa3,
  void: 0xec,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  cluster: 0x1f43b675,
  chapters: 0x1043a770,
  editionEntry: 0x45b9,
  editionUid: 0x45bc,
  editionFlagDefault: 0x45db,
  chapterAtom: 0xb6,
  chapterUid: 0x73c4,
  chapterTimeStart: 0x91,
  chapterTimeEnd: 0x92,
  chapterFlagHidden: 0x98,
  chapterDisplay: 0x80,
  chapString: 0x85,
  chapLanguage: 0x437c,
  chapLanguageBcp47: 0x437d,
} as const;

/** ID and size of an element at most: 4 and 8 bytes in Matroska. */
export const EBML_HEADER_BYTES = 12;

export interface EbmlHeader {
  readonly id: number;
  readonly headerBytes: number;
  /** Of the content; null where the element says that its size is unknown (RFC 8794 §6.2). */
  readonly contentBytes: number | null;
}

/** The element header at `offset`, or null when the bytes there are not one, or end inside it. */
export function readEbmlHeader(bytes: Uint8Array, offset: number): EbmlHeader | null {
  const idLength = Math.clz32(bytes[offset] ?? 0) - 23;
  const sizeOffset = offset + idLength;
  const sizeLength = Math.clz32(bytes[sizeOffset] ?? 0) - 23;
  if (idLength > 4 || sizeLength > 8 || sizeOffset + sizeLength > bytes.length) return null;
  const isUnknown = isAllOnes(bytes, sizeOffset, sizeLength);
  return {
    id: readUnsigned(bytes, offset, idLength),
    headerBytes: idLength + sizeLength,
    contentBytes: isUnknown ? null : readSize(bytes, sizeOffset, sizeLength),
  };
}

/** The first byte's marker is taken off first: with it, eight bytes would not fit a number exactly. */
function readSize(bytes: Uint8Array, offset: number, length: number): number {
  const first = (bytes[offset] ?? 0) - 2 ** (8 - length);
  return first * 256 ** (length - 1) + readUnsigned(bytes, offset + 1, length - 1);
}

/** All value bits set means "unknown". */
function isAllOnes(bytes: Uint8Array, offset: number, length: number): boolean {
  if (bytes[offset] !== 2 ** (9 - length) - 1) return false;
  for (let i = 1; i < length; i++) if (bytes[offset + i] !== 0xff) return false;
  return true;
}

/** A big-endian unsigned integer of any length; beyond 2^53 it is rounded. */
export function readUnsigned(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[offset + i] ?? 0);
  return value;
}

export interface EbmlElement {
  readonly id: number;
  readonly content: Uint8Array;
}

/** More children than any element has that we read; millions of empty ones must not fill memory. */
const MAX_CHILDREN = 10_000;

/** The elements that stand one after another in `bytes`. Ends at the first that is malformed or reaches outside. */
export function* ebmlElements(bytes: Uint8Array): Generator<EbmlElement> {
  let offset = 0;
  for (let count = 0; count < MAX_CHILDREN && offset < bytes.length; count++) {
    const header = readEbmlHeader(bytes, offset);
    if (header === null || header.contentBytes === null) return;
    const start = offset + header.headerBytes;
    const end = start + header.contentBytes;
    if (end > bytes.length) return;
    yield { id: header.id, content: bytes.subarray(start, end) };
    offset = end;
  }
}

/** An element with its ID and the shortest size that fits. */
export function writeEbmlElement(id: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const contentBytes = contents.reduce((sum, content) => sum + content.length, 0);
  return concat([writeId(id), writeSize(contentBytes, sizeLengthOf(contentBytes)), ...contents]);
}

/** An unsigned integer element, its value in the fewest bytes. */
export function writeEbmlUnsigned(id: number, value: number): Uint8Array {
  let length = 1;
  while (value >= 256 ** length) length++;
  return writeEbmlElement(id, bigEndian(value, length));
}

/** A Void element that takes up exactly `bytes`, header included: 2 or more. */
export function writeEbmlVoid(bytes: number): Uint8Array {
  const sizeLength = bytes - 2 < 127 ? 1 : 8;
  const contentBytes = bytes - 1 - sizeLength;
  return concat([writeId(EBML_IDS.void), writeSize(contentBytes, sizeLength), new Uint8Array(contentBytes)]);
}

function writeId(id: number): Uint8Array {
  let length = 1;
  while (id >= 256 ** length) length++;
  return bigEndian(id, length);
}

/** All ones are reserved for "unknown", hence the `- 1`. */
function sizeLengthOf(contentBytes: number): number {
  let length = 1;
  while (contentBytes >= 2 ** (7 * length) - 1) length++;
  return length;
}

function writeSize(contentBytes: number, length: number): Uint8Array {
  const bytes = bigEndian(contentBytes, length);
  bytes[0] = (bytes[0] ?? 0) | (1 << (8 - length));
  return bytes;
}

function bigEndian(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
