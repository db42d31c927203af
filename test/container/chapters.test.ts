import { describe, expect, test } from 'vitest';
import { ebmlElements, readEbmlHeader, writeEbmlVoid } from '../../src/container/ebml.ts';
import { readMatroskaChapters, writeMatroskaChapters } from '../../src/container/matroska-chapters.ts';
import { findChapterSamples, readNeroChapters } from '../../src/container/mp4-chapters.ts';
import type { Chapter } from '../../src/media/source-video.ts';
import { box, chapterTrack, moovOf, neroList, trackWithChapters } from './mp4-bytes.ts';
import { damage, randomFrom } from './random.ts';

const CHAPTERS: Chapter[] = [
  { startSeconds: 0, endSeconds: 61.5, title: 'Anfang – ä', language: 'deu' },
  { startSeconds: 61.5, endSeconds: null, title: '第二章 🎬', language: null },
  { startSeconds: 7201.123456789, endSeconds: 7300, title: '', language: 'pt-BR' },
];

function contentOf(element: Uint8Array): Uint8Array {
  const [chapters] = ebmlElements(element);
  if (chapters === undefined) throw new Error('not one element');
  return chapters.content;
}

describe('Matroska', () => {
  test('chapters are read as they were written', () => {
    expect(readMatroskaChapters(contentOf(writeMatroskaChapters(CHAPTERS)))).toEqual(CHAPTERS);
  });

  test('the default edition wins, nested chapters stand beside their parents, hidden ones are left out', () => {
    const text = (id: string, value: string): string => {
      const hex = Buffer.from(value).toString('hex');
      return `${id}${(0x80 | (hex.length / 2)).toString(16)}${hex}`;
    };
    const element = (id: string, ...parts: string[]): string => {
      const hex = parts.join('');
      return `${id}${(0x4000 | (hex.length / 2)).toString(16)}${hex}`;
    };
    const atom = (time: string, title: string, ...more: string[]): string =>
      element('b6', `9184${time}`, element('80', text('85', title)), ...more);
    const other = element('45b9', atom('00000000', 'other'));
    const chosen = element(
      '45b9',
      '45db8101',
      atom('3b9aca00', 'one', atom('77359400', 'inner')),
      atom('00000001', 'hidden', '988101'),
      'ec80',
    );
    const read = readMatroskaChapters(Buffer.from(other + chosen, 'hex'));
    expect(read.map(({ startSeconds, title }) => [startSeconds, title])).toEqual([
      [1, 'one'],
      [2, 'inner'],
    ]);
    // What is not said is English (RFC 9559).
    expect(read[0]?.language).toBe('eng');
  });

  test('a size of eight bytes is read exactly', () => {
    expect(readEbmlHeader(Buffer.from('1043a770010000000000007a', 'hex'), 0)).toEqual({
      id: 0x1043a770,
      headerBytes: 12,
      contentBytes: 0x7a,
    });
    expect(readEbmlHeader(Buffer.from('1f43b67501ffffffffffffff', 'hex'), 0)?.contentBytes).toBeNull();
    expect(readEbmlHeader(Buffer.from('ecff', 'hex'), 0)?.contentBytes).toBeNull();
    expect(readEbmlHeader(Buffer.from('ec40', 'hex'), 0)).toBeNull();
    expect(readEbmlHeader(Buffer.from('00', 'hex'), 0)).toBeNull();
  });

  test.each([2, 3, 128, 129, 130, 5000])('a Void of %i bytes takes up as many', (bytes) => {
    const element = writeEbmlVoid(bytes);
    const header = readEbmlHeader(element, 0);
    expect(element.length).toBe(bytes);
    expect((header?.headerBytes ?? 0) + (header?.contentBytes ?? 0)).toBe(bytes);
  });
});

describe('MP4', () => {
  test("Nero's list gives starts and titles", () => {
    const moov = moovOf(
      box(
        'udta',
        neroList([
          [0n, 'Anfang – ä'],
          [615_000_000n, '第二章'],
        ]),
      ),
    );
    expect(readNeroChapters(moov)).toEqual([
      { startSeconds: 0, endSeconds: null, title: 'Anfang – ä', language: null },
      { startSeconds: 61.5, endSeconds: null, title: '第二章', language: null },
    ]);
  });

  test("a QuickTime text track gives its samples' places and times", () => {
    const moov = moovOf(
      trackWithChapters(1, 7),
      chapterTrack({
        id: 7,
        timescale: 600,
        durations: [600, 1200, 1200],
        sizes: [10, 20, 30],
        chunks: [
          [1000, 2],
          [5000, 1],
        ],
      }),
    );
    expect(findChapterSamples(moov)).toEqual([
      { offset: 1000, sizeBytes: 10, startSeconds: 0, endSeconds: 1, language: 'deu' },
      { offset: 1010, sizeBytes: 20, startSeconds: 1, endSeconds: 3, language: 'deu' },
      { offset: 5000, sizeBytes: 30, startSeconds: 3, endSeconds: 5, language: 'deu' },
    ]);
  });

  test('without chapters there are none', () => {
    expect(findChapterSamples(moovOf(trackWithChapters(1, 9)))).toEqual([]);
    expect(readNeroChapters(moovOf())).toEqual([]);
  });
});

test('damaged chapters never hang, throw or grow', () => {
  const matroska = contentOf(writeMatroskaChapters(CHAPTERS));
  const mp4 = moovOf(
    trackWithChapters(1, 7),
    chapterTrack({ id: 7, timescale: 600, durations: [600, 1200], sizes: [10, 20], chunks: [[1000, 2]] }),
    box(
      'udta',
      neroList([
        [0n, 'one'],
        [5n, 'two'],
      ]),
    ),
  );
  const random = randomFrom(20_240_611);
  for (let round = 0; round < 20_000; round++) {
    const read = [
      readMatroskaChapters(damage(matroska, random)),
      readNeroChapters(damage(mp4, random)),
      findChapterSamples(damage(mp4, random)),
    ];
    for (const list of read) expect(list.length).toBeLessThanOrEqual(2000);
  }
});

test('counts of millions in a small file are not believed', () => {
  const huge = chapterTrack({ id: 7, timescale: 1, durations: [], sizes: [], chunks: [] }, 0xffff_ffff);
  expect(findChapterSamples(moovOf(trackWithChapters(1, 7), huge)).length).toBeLessThanOrEqual(2000);
  const many = Buffer.alloc(4 * 1024 * 1024, Buffer.from('b680', 'hex'));
  expect(readMatroskaChapters(many)).toEqual([]);
});
