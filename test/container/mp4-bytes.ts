/** Bytes of MP4 boxes, written independently of the code under test. */
export function box(type: string, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content]);
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** What is inside a `moov` box. */
export function moovOf(...boxes: Uint8Array[]): Buffer {
  return Buffer.concat([box('mvhd', Buffer.alloc(100)), ...boxes]);
}

/** `chpl`, version 1: starts in 100 ns. */
export function neroList(entries: readonly (readonly [start: bigint, title: string])[]): Buffer {
  const parts = entries.map(([start, title]) => {
    const bytes = Buffer.from(title);
    const head = Buffer.alloc(9);
    head.writeBigUInt64BE(start, 0);
    head.writeUInt8(bytes.length, 8);
    return Buffer.concat([head, bytes]);
  });
  return box('chpl', u32(0x0100_0000, 0), Buffer.from([entries.length]), ...parts);
}

function trackHeader(id: number): Buffer {
  return box('tkhd', u32(0, 0, 0, id, 0, 0), Buffer.alloc(60));
}

/** A track that names another as its chapters. */
export function trackWithChapters(id: number, chapters: number): Buffer {
  return box('trak', trackHeader(id), box('tref', box('chap', u32(chapters))));
}

export interface ChapterTrack {
  readonly id: number;
  readonly timescale: number;
  readonly durations: readonly number[];
  readonly sizes: readonly number[];
  readonly chunks: readonly (readonly [offset: number, samples: number])[];
}

/** A German text track. @param claimed instead of the real counts in all tables. */
export function chapterTrack(track: ChapterTrack, claimed?: number): Buffer {
  const count = (real: number): number => claimed ?? real;
  const { id, timescale, durations, sizes, chunks } = track;
  const tables = box(
    'stbl',
    box('stts', u32(0, count(durations.length), ...durations.flatMap((duration) => [1, duration]))),
    box(
      'stsc',
      u32(0, count(chunks.length), ...chunks.flatMap(([, samples], index) => [index + 1, samples, 1])),
    ),
    box('stsz', u32(0, 0, count(sizes.length), ...sizes)),
    box('stco', u32(0, count(chunks.length), ...chunks.map(([offset]) => offset))),
  );
  const german = ((4 << 10) | (5 << 5) | 21) << 16;
  const media = box('mdhd', u32(0, 0, 0, timescale, 0, german));
  const handler = box('hdlr', u32(0, 0), Buffer.from('text'), Buffer.alloc(13));
  return box('trak', trackHeader(id), box('mdia', media, handler, box('minf', tables)));
}
