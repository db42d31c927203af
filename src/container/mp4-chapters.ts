import type { Chapter } from '../media/source-video.ts';
import { readUnsigned } from './ebml.ts';
import { MAX_CHAPTERS } from './matroska-chapters.ts';
import { findMp4Box, mp4Boxes } from './mp4-boxes.ts';
import { decodeUtf8 } from './utf8.ts';

/** Nero's chapters count time in 100 ns. */
const NERO_TICKS = 1e7;

/**
 * Nero's list of chapters, `moov/udta/chpl`: start times and titles, no ends. Damaged entries end the list.
 *
 * @param moov what is inside the `moov` box.
 */
export function readNeroChapters(moov: Uint8Array): Chapter[] {
  const list = findMp4Box(moov, 'udta', 'chpl');
  if (list === null || list.length < 5) return [];
  const chapters: Chapter[] = [];
  const countOffset = list[0] === 0 ? 4 : 8;
  const count = list[countOffset] ?? 0;
  let offset = countOffset + 1;
  while (chapters.length < count && offset + 9 <= list.length) {
    const titleBytes = list[offset + 8] ?? 0;
    const title = list.subarray(offset + 9, offset + 9 + titleBytes);
    if (title.length < titleBytes) break;
    chapters.push({
      startSeconds: readUnsigned(list, offset, 8) / NERO_TICKS,
      endSeconds: null,
      title: decodeUtf8(title),
      language: null,
    });
    offset += 9 + titleBytes;
  }
  return chapters;
}

/** Where one title of a QuickTime chapter track stands in the file; its bytes are 3GPP timed text. */
export interface ChapterSample {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly language: string | null;
}

/**
 * The samples of the text track that another track names as its chapters (`tref/chap`, QuickTime File Format
 * Specification, "Chapter Lists"). Empty when there is none or its tables are damaged.
 *
 * @param moov what is inside the `moov` box.
 */
export function findChapterSamples(moov: Uint8Array): ChapterSample[] {
  const tracks = [...mp4Boxes(moov)].filter(({ type }) => type === 'trak').map(({ content }) => content);
  for (const id of tracks.flatMap(chapterTrackIds)) {
    const track = tracks.find((content) => trackIdOf(content) === id);
    const samples = track === undefined ? [] : textSamplesOf(track);
    if (samples.length > 0) return samples;
  }
  return [];
}

/** One for each language at most; a damaged list must not send us through the tracks for ever. */
const MAX_CHAPTER_TRACKS = 100;

function chapterTrackIds(track: Uint8Array): number[] {
  const list = findMp4Box(track, 'tref', 'chap');
  return list === null ? [] : tableOf(list, 0, Math.min(MAX_CHAPTER_TRACKS, Math.floor(list.length / 4)));
}

function trackIdOf(track: Uint8Array): number | null {
  const header = findMp4Box(track, 'tkhd');
  if (header === null) return null;
  return readUnsigned(header, header[0] === 1 ? 20 : 12, 4);
}

function textSamplesOf(track: Uint8Array): ChapterSample[] {
  const handler = findMp4Box(track, 'mdia', 'hdlr');
  const media = findMp4Box(track, 'mdia', 'mdhd');
  const tables = findMp4Box(track, 'mdia', 'minf', 'stbl');
  if (handler === null || media === null || tables === null) return [];
  const kind = String.fromCharCode(...handler.subarray(8, 12));
  if (kind !== 'text' && kind !== 'sbtl') return [];
  const isLong = media[0] === 1;
  const timescale = readUnsigned(media, isLong ? 20 : 12, 4);
  if (timescale === 0) return [];
  const language = languageOf(readUnsigned(media, isLong ? 32 : 20, 2));
  const durations = durationsOf(tables);
  const places = placesOf(tables);
  const samples: ChapterSample[] = [];
  let start = 0;
  for (const [index, place] of places.entries()) {
    const duration = durations[index];
    if (duration === undefined) break;
    const end = start + duration;
    samples.push({ ...place, startSeconds: start / timescale, endSeconds: end / timescale, language });
    start = end;
  }
  return samples;
}

/** Five bits a letter (ISO/IEC 14496-12 §8.4.2.3); smaller numbers are Macintosh codes, 0 is English there. */
function languageOf(packed: number): string | null {
  if (packed < 0x400) return null;
  const letters = [10, 5, 0].map((shift) => String.fromCharCode(0x60 + ((packed >> shift) & 31))).join('');
  return /^[a-z]{3}$/.test(letters) && letters !== 'und' ? letters : null;
}

/** `stts`: runs of (count, duration). */
function durationsOf(tables: Uint8Array): number[] {
  const content = findMp4Box(tables, 'stts');
  const durations: number[] = [];
  if (content === null) return durations;
  const runs = entriesOf(content, 4, 2);
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const count = Math.min(runs[i] ?? 0, MAX_CHAPTERS - durations.length);
    for (let k = 0; k < count; k++) durations.push(runs[i + 1] ?? 0);
  }
  return durations;
}

interface SamplePlace {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Places of the samples: chunk offsets, samples per chunk, sample sizes. */
function placesOf(tables: Uint8Array): SamplePlace[] {
  const sizes = sizesOf(tables);
  const offsets = chunkOffsetsOf(tables);
  const runs = entriesOf(findMp4Box(tables, 'stsc') ?? new Uint8Array(), 4, 3);
  const places: SamplePlace[] = [];
  let run = 0;
  for (const [chunk, chunkOffset] of offsets.entries()) {
    while ((runs[run + 3] ?? Number.POSITIVE_INFINITY) <= chunk + 1) run += 3;
    const count = Math.min(runs[run + 1] ?? 0, sizes.length - places.length);
    let offset = chunkOffset;
    for (let k = 0; k < count; k++) {
      const sizeBytes = sizes[places.length] ?? 0;
      places.push({ offset, sizeBytes });
      offset += sizeBytes;
    }
  }
  return places;
}

/** `stsz`: one size for all, or a table. */
function sizesOf(tables: Uint8Array): number[] {
  const content = findMp4Box(tables, 'stsz');
  if (content === null || content.length < 12) return [];
  const common = readUnsigned(content, 4, 4);
  if (common === 0) return entriesOf(content, 8, 1);
  return new Array<number>(Math.min(readUnsigned(content, 8, 4), MAX_CHAPTERS)).fill(common);
}

function chunkOffsetsOf(tables: Uint8Array): number[] {
  const short = findMp4Box(tables, 'stco');
  if (short !== null) return entriesOf(short, 4, 1);
  const long = findMp4Box(tables, 'co64');
  if (long === null) return [];
  const halves = entriesOf(long, 4, 2);
  return Array.from(
    { length: Math.floor(halves.length / 2) },
    (_, i) => (halves[2 * i] ?? 0) * 2 ** 32 + (halves[2 * i + 1] ?? 0),
  );
}

/** The table after a 32-bit count at `countOffset`, `width` numbers an entry, as far as it is really there. */
function entriesOf(content: Uint8Array, countOffset: number, width: number): number[] {
  if (content.length < countOffset + 4) return [];
  const count = Math.min(readUnsigned(content, countOffset, 4), MAX_CHAPTERS) * width;
  const there = Math.floor((content.length - countOffset - 4) / 4);
  return tableOf(content, countOffset + 4, Math.min(count, there));
}

function tableOf(content: Uint8Array, offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => readUnsigned(content, offset + 4 * i, 4));
}
