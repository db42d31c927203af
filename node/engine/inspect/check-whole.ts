import { type FileHandle, open } from 'node:fs/promises';
import { EBML_HEADER_BYTES, EBML_IDS, readEbmlHeader } from '../../../src/container/ebml.ts';
import { MP4_HEADER_BYTES, readMp4BoxHeader } from '../../../src/container/mp4-boxes.ts';

/** Boxes at the top of a file: a fragmented one has two for each fragment; a damaged one must not keep us for ever. */
const MAX_BOXES = 1_000_000;

/** Boxes that stand at the top of MP4 files; cameras put trailers of their own behind them. */
const TOP_BOXES: ReadonlySet<string> = new Set(
  'ftyp styp moov moof mdat mfra sidx free skip wide pnot udta meta uuid emsg'.split(' '),
);

/** Some writers leave out the last byte of padding that they count. */
const PADDING_BYTES = 1;

/**
 * Refuses a file that ends before its own headers say it does: most of such a film could still be decoded, and the
 * user would not learn that the rest is missing.
 *
 * @param format the demuxer's name as FFmpeg gives it.
 * @throws a sentence when the file was cut short.
 */
export async function checkWhole(path: string, format: string): Promise<void> {
  const names = format.split(',');
  const endOf = names.includes('matroska')
    ? segmentEnd
    : names.includes('mp4')
      ? boxesEnd
      : names.includes('avi')
        ? riffEnd
        : null;
  if (endOf === null) return;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const claimed = await endOf(file, size);
    if (claimed <= size + PADDING_BYTES) return;
    throw new Error(
      `${path} is cut short: its headers tell of ${claimed} bytes, it has ${size}. Copy or download it again.`,
    );
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** Where the last box at the top of an MP4 file ends. */
async function boxesEnd(file: FileHandle, sizeBytes: number): Promise<number> {
  let position = 0;
  for (let box = 0; box < MAX_BOXES && position < sizeBytes; box++) {
    const header = readMp4BoxHeader(await readAt(file, position, MP4_HEADER_BYTES), 0);
    if (header === null || header.contentBytes === null || !TOP_BOXES.has(header.type)) return position;
    position += header.headerBytes + header.contentBytes;
  }
  return position;
}

/** Where the segment of a Matroska file ends; its start where that is not told (live recordings). */
async function segmentEnd(file: FileHandle): Promise<number> {
  let position = 0;
  // The EBML header and perhaps a Void stand before the segment.
  for (let step = 0; step < 4; step++) {
    const header = readEbmlHeader(await readAt(file, position, EBML_HEADER_BYTES), 0);
    if (header === null || header.contentBytes === null) return position;
    position += header.headerBytes + header.contentBytes;
    if (header.id === EBML_IDS.segment) return position;
  }
  return position;
}

/** Where the first RIFF list of an AVI file ends; 0 where the writer never filled the size in. */
async function riffEnd(file: FileHandle): Promise<number> {
  const bytes = await readAt(file, 0, 8);
  const size = bytes.length < 8 ? 0 : new DataView(bytes.buffer).getUint32(4, true);
  return size === 0 || size === 0xffffffff ? 0 : size + 8;
}
