import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readChapters } from '../../node/engine/inspect/read-chapters.ts';
import { writeMatroskaChapters } from '../../src/container/matroska-chapters.ts';
import type { Chapter } from '../../src/media/source-video.ts';
import { temporaryFolder } from '../assemble/assemble-fixture.ts';
import { box, chapterTrack, moovOf, neroList, trackWithChapters } from '../container/mp4-bytes.ts';
import { damage, randomFrom } from '../container/random.ts';

const CHAPTERS: Chapter[] = [
  { startSeconds: 0, endSeconds: 61.5, title: 'Anfang – ä', language: 'deu' },
  { startSeconds: 61.5, endSeconds: 90, title: '第二章', language: null },
];

let folder: { path: string; remove: () => Promise<void> };

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(() => folder.remove());

async function read(bytes: Uint8Array, format: string): Promise<Chapter[]> {
  const path = join(folder.path, 'file');
  await writeFile(path, bytes);
  return readChapters(path, format);
}

/** An element of Matroska with a size of eight bytes, as many muxers write it. */
function element(id: string, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(content.length));
  size[0] = 1;
  return Buffer.concat([Buffer.from(id, 'hex'), size, content]);
}

/** A Matroska file whose chapters stand at its end, found by a SeekHead or by two. */
function matroska(seekHeads: 1 | 2): Buffer {
  const seek = (id: string, position: number): Buffer => {
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(position));
    return element(
      '114d9b74',
      element('4dbb', element('53ab', Buffer.from(id, 'hex')), element('53ac', place)),
    );
  };
  const head = seek('1043a770', 0).length;
  const cluster = element('1f43b675', Buffer.alloc(5000));
  const chapters = Buffer.from(writeMatroskaChapters(CHAPTERS));
  const end = head + cluster.length;
  const parts =
    seekHeads === 1
      ? [seek('1043a770', end), cluster, chapters]
      : [seek('114d9b74', end), cluster, seek('1043a770', end + head), chapters];
  const segment = Buffer.concat(parts);
  const unknownSize = Buffer.from('1853806701ffffffffffffff', 'hex');
  return Buffer.concat([element('1a45dfa3', Buffer.alloc(20)), unknownSize, segment]);
}

/** An MP4 file with titles in its media data and the index after it. */
function mp4(kind: 'nero' | 'text' | 'both'): Buffer {
  const title = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  };
  const titles = [title('Anfang – ä'), title('第二章')];
  const type = box('ftyp', Buffer.from('isom'));
  const media = box('mdat', ...titles);
  const text = chapterTrack({
    id: 7,
    timescale: 1000,
    durations: [61500, 28500],
    sizes: titles.map(({ length }) => length),
    chunks: [[type.length + 8, 2]],
  });
  const nero = box(
    'udta',
    neroList([
      [0n, 'Nero eins'],
      [615_000_000n, 'Nero zwei'],
    ]),
  );
  const boxes = {
    nero: [nero],
    text: [trackWithChapters(1, 7), text],
    both: [trackWithChapters(1, 7), text, nero],
  };
  return Buffer.concat([type, media, box('moov', moovOf(...boxes[kind]))]);
}

describe('Matroska', () => {
  test.each([1, 2] as const)('chapters at the end are found through %i SeekHead(s)', async (count) => {
    expect(await read(matroska(count), 'matroska,webm')).toEqual(CHAPTERS);
  });
});

describe('MP4', () => {
  const MP4 = 'mov,mp4,m4a,3gp,3g2,mj2';

  test('a text track is read from the media data, and wins over a list', async () => {
    const expected = CHAPTERS.map((chapter) => ({ ...chapter, language: 'deu' }));
    expect(await read(mp4('text'), MP4)).toEqual(expected);
    expect(await read(mp4('both'), MP4)).toEqual(expected);
  });

  test('a list alone is read', async () => {
    expect((await read(mp4('nero'), MP4)).map(({ title }) => title)).toEqual(['Nero eins', 'Nero zwei']);
  });
});

test('other formats have none', async () => {
  expect(await read(Buffer.from('RIFF'), 'avi')).toEqual([]);
});

test('damaged files give what is left or nothing, at once', async () => {
  const random = randomFrom(99);
  for (let round = 0; round < 300; round++) {
    for (const [bytes, format] of [
      [matroska(2), 'matroska,webm'],
      [mp4('both'), 'mov,mp4'],
    ] as const) {
      expect((await read(damage(bytes, random), format)).length).toBeLessThanOrEqual(2000);
    }
  }
});

test.each([
  ['a box that ends before it begins', 'mov,mp4', box('free', Buffer.alloc(4)).fill(0, 0, 3).fill(4, 3, 4)],
  ['a box of nearly 2^64 bytes', 'mov,mp4', Buffer.from('00000001667265650fffffffffffffff6d6f6f76', 'hex')],
  ['an index that claims more than the file', 'mov,mp4', Buffer.from('7fffffff6d6f6f760000', 'hex')],
  ['a segment far away', 'matroska', Buffer.from('ec01fffffffffffffe18538067ff', 'hex')],
  ['a SeekHead that names itself', 'matroska', loop()],
  ['nothing', 'matroska', Buffer.alloc(0)],
])('%s is not followed', async (_, format, bytes) => {
  expect(await read(bytes, format)).toEqual([]);
});

function loop(): Buffer {
  const itself = element(
    '4dbb',
    element('53ab', Buffer.from('114d9b74', 'hex')),
    element('53ac', Buffer.from([0])),
  );
  return element('18538067', element('114d9b74', itself), element('1f43b675'));
}
