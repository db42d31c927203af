import { type FileHandle, open } from 'node:fs/promises';
import {
  EBML_HEADER_BYTES,
  EBML_IDS,
  ebmlElements,
  readEbmlHeader,
  readUnsigned,
} from '../../../src/container/ebml.ts';
import { readMatroskaChapters } from '../../../src/container/matroska-chapters.ts';
import { MP4_HEADER_BYTES, readMp4BoxHeader } from '../../../src/container/mp4-boxes.ts';
import {
  type ChapterSample,
  findChapterSamples,
  readNeroChapters,
} from '../../../src/container/mp4-chapters.ts';
import { timedTextOf } from '../../../src/container/timed-text.ts';
import type { Chapter } from '../../../src/media/source-video.ts';

/** Elements or boxes walked at the top of a file; a damaged one must not keep us for ever. */
const MAX_STEPS = 10_000;

/** 2,000 chapters with long titles in many languages are well below; a larger element is not chapters. */
const MAX_CHAPTERS_ELEMENT_BYTES = 4 * 1024 * 1024;

/** A day of video at 60 frames a second has a `moov` of about 60 MB; it is held once, for a moment. */
const MAX_MOOV_BYTES = 64 * 1024 * 1024;

/** A title's length is counted in 16 bits; style boxes after it are not read. */
const MAX_TITLE_BYTES = 2 + 65535;

/**
 * The chapters of a Matroska, WebM, MP4 or QuickTime file; none for other formats. The embedded engine gives no
 * chapters, so they are read here, by positioned reads of what is needed: never the whole file.
 *
 * @param format the demuxer's name as FFmpeg gives it, e.g. `matroska,webm`.
 */
export async function readChapters(path: string, format: string): Promise<Chapter[]> {
  const names = format.split(',');
  const read = names.includes('matroska') ? matroskaChapters : names.includes('mp4') ? mp4Chapters : null;
  if (read === null) return [];
  const file = await open(path, 'r');
  try {
    return await read(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Up to `length` bytes at `position`; fewer where the file ends. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

async function matroskaChapters(file: FileHandle, fileBytes: number): Promise<Chapter[]> {
  const segmentStart = await findSegment(file, fileBytes);
  if (segmentStart === null) return [];
  const known = await walkSegment(file, segmentStart, fileBytes);
  const position = known.chapters ?? (await chaptersBySeekHead(file, segmentStart, known.seekHeads));
  if (position === null) return [];
  const content = await readElement(file, position, EBML_IDS.chapters);
  return content === null ? [] : readMatroskaChapters(content);
}

/** Where the content of the segment begins. */
async function findSegment(file: FileHandle, fileBytes: number): Promise<number | null> {
  let position = 0;
  // The EBML header and perhaps a Void stand before it.
  for (let step = 0; step < 4 && position < fileBytes; step++) {
    const header = readEbmlHeader(await readAt(file, position, EBML_HEADER_BYTES), 0);
    if (header === null) return null;
    if (header.id === EBML_IDS.segment) return position + header.headerBytes;
    if (header.contentBytes === null) return null;
    position += header.headerBytes + header.contentBytes;
  }
  return null;
}

/** What stands before the first cluster: the chapters themselves, or the SeekHeads that say where they are. */
async function walkSegment(
  file: FileHandle,
  segmentStart: number,
  fileBytes: number,
): Promise<{ chapters: number | null; seekHeads: number[] }> {
  const seekHeads: number[] = [];
  let position = segmentStart;
  for (let step = 0; step < MAX_STEPS && position < fileBytes; step++) {
    const header = readEbmlHeader(await readAt(file, position, EBML_HEADER_BYTES), 0);
    if (header === null || header.contentBytes === null || header.id === EBML_IDS.cluster) break;
    if (header.id === EBML_IDS.chapters) return { chapters: position, seekHeads };
    if (header.id === EBML_IDS.seekHead) seekHeads.push(position);
    position += header.headerBytes + header.contentBytes;
  }
  return { chapters: null, seekHeads };
}

/** A SeekHead may name a second one at the end of the file, which names the rest; there are never more. */
async function chaptersBySeekHead(
  file: FileHandle,
  segmentStart: number,
  seekHeads: readonly number[],
): Promise<number | null> {
  const waiting = seekHeads.slice(0, 2);
  for (let step = 0; step < 4; step++) {
    const position = waiting.shift();
    if (position === undefined) return null;
    const content = await readElement(file, position, EBML_IDS.seekHead);
    for (const [id, offset] of content === null ? [] : seekEntries(content)) {
      if (id === EBML_IDS.chapters) return segmentStart + offset;
      if (id === EBML_IDS.seekHead) waiting.push(segmentStart + offset);
    }
  }
  return null;
}

function seekEntries(content: Uint8Array): [id: number, offset: number][] {
  return [...ebmlElements(content)]
    .filter(({ id }) => id === EBML_IDS.seek)
    .map(({ content: entry }) => {
      const fields = new Map([...ebmlElements(entry)].map(({ id, content: bytes }) => [id, bytes]));
      return [unsignedOf(fields.get(EBML_IDS.seekId)), unsignedOf(fields.get(EBML_IDS.seekPosition))];
    });
}

function unsignedOf(bytes: Uint8Array | undefined): number {
  return bytes === undefined || bytes.length > 8 ? 0 : readUnsigned(bytes, 0, bytes.length);
}

/** Content of the element at `position`, or null when another stands there, or it is too large or cut short. */
async function readElement(file: FileHandle, position: number, id: number): Promise<Uint8Array | null> {
  if (!Number.isSafeInteger(position)) return null;
  const header = readEbmlHeader(await readAt(file, position, EBML_HEADER_BYTES), 0);
  if (header === null || header.id !== id || header.contentBytes === null) return null;
  if (header.contentBytes > MAX_CHAPTERS_ELEMENT_BYTES) return null;
  const content = await readAt(file, position + header.headerBytes, header.contentBytes);
  return content.length === header.contentBytes ? content : null;
}

async function mp4Chapters(file: FileHandle, fileBytes: number): Promise<Chapter[]> {
  const moov = await readMoov(file, fileBytes);
  if (moov === null) return [];
  const samples = findChapterSamples(moov);
  if (samples.length > 0) return Promise.all(samples.map((sample) => titledChapter(file, sample)));
  return readNeroChapters(moov);
}

async function readMoov(file: FileHandle, fileBytes: number): Promise<Uint8Array | null> {
  let position = 0;
  for (let step = 0; step < MAX_STEPS && position < fileBytes; step++) {
    const header = readMp4BoxHeader(await readAt(file, position, MP4_HEADER_BYTES), 0);
    if (header === null) return null;
    const contentStart = position + header.headerBytes;
    const contentBytes = header.contentBytes ?? fileBytes - contentStart;
    if (header.type === 'moov') {
      const isReadable = contentBytes <= MAX_MOOV_BYTES && contentStart + contentBytes <= fileBytes;
      return isReadable ? readAt(file, contentStart, contentBytes) : null;
    }
    position = contentStart + contentBytes;
  }
  return null;
}

async function titledChapter(file: FileHandle, sample: ChapterSample): Promise<Chapter> {
  const { startSeconds, endSeconds, language } = sample;
  const isReadable = Number.isSafeInteger(sample.offset);
  const length = Math.min(sample.sizeBytes, MAX_TITLE_BYTES);
  const bytes = isReadable ? await readAt(file, sample.offset, length) : new Uint8Array();
  return { startSeconds, endSeconds, title: timedTextOf(bytes), language };
}
