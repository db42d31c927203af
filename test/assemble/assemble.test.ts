import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readChapters } from '../../node/engine/inspect/read-chapters.ts';
import type { Chapter } from '../../src/media/source-video.ts';
import { type Assembled, assemble, KEEP_ALL, temporaryFolder } from './assemble-fixture.ts';
import { SETTINGS } from './make-chunks.ts';
import {
  ffprobe,
  hasFfprobe,
  hasMkvmerge,
  keyBlocks,
  loudSeconds,
  mkvmerge,
  readPackets,
} from './read-back.ts';
import { must } from './rich-source.ts';

let folder: { path: string; remove: () => Promise<void> };

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(() => folder.remove());

const CHAPTERS: Chapter[] = [
  { startSeconds: 0, endSeconds: 0.8, title: 'Anfang – ä', language: 'deu' },
  { startSeconds: 0.8, endSeconds: 2, title: 'Ende', language: null },
];

/** A picture of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);

/** 25 frames a second in milliseconds, from zero. */
function steady(count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => BigInt(i * 40));
}

/** Times that no frame rate makes. */
const UNEVEN = [
  0, 40, 73, 74, 200, 201, 233, 400, 433, 500, 533, 567, 600, 900, 933, 967, 1000, 1033, 1500, 1533,
];

describe('Matroska', () => {
  let made: Assembled;

  beforeAll(async () => {
    made = await assemble(folder.path, {
      source: {
        format: 'matroska',
        pts: steady(50),
        timeBase: [1, 1000],
        sounds: [
          { encoder: 'aac', seconds: 3.1, language: 'deu', title: 'Erste ä', isDefault: true },
          { encoder: 'ac3', seconds: 1, channels: 6, sampleRate: 48000, language: 'eng' },
        ],
        texts: [
          {
            codec: 'subrip',
            language: 'fra',
            title: 'Untertitel',
            isForced: true,
            cues: [
              [0.5, 0.9, 'Hallo'],
              [1.5, 1.9, 'Welt'],
            ],
          },
          { codec: 'ass', cues: [[0.1, 0.4, 'oben']] },
        ],
        attachments: [
          ['Schrift ä.ttf', Buffer.from('not really a font')],
          ['cover.png', PNG],
        ],
        metadata: { title: 'Der Film', ENCODER_SETTINGS: 'x' },
        videoMetadata: { title: 'Bild', language: 'jpn' },
      },
      chunks: [20, 1, 29],
      output: 'rich.mkv',
      edit: (source) => ({ ...source, chapters: CHAPTERS }),
    });
  });

  test('every command is answered, and the last answer is the size on disk', () => {
    expect(made.messages.map(({ type }) => type)).toEqual(['appended', 'appended', 'appended', 'assembled']);
    expect(made.bytes).toBeGreaterThan(10_000);
  });

  test('the picture has its own timestamps, and a keyframe where each chunk begins', async () => {
    const video = must((await readPackets(made.outputPath)).get(0));
    expect(video.map(({ seconds }) => Math.round(seconds * 1000))).toEqual(steady(50).map(Number));
    expect(await keyBlocks(made.outputPath)).toEqual([0, 20, 21]);
  });

  test('copied streams hold the same bytes at the same times, longer or shorter than the picture', async () => {
    const before = await readPackets(made.sourcePath);
    const after = await readPackets(made.outputPath);
    for (const index of [1, 2, 3, 4]) {
      const times = (packets: typeof before) =>
        must(packets.get(index)).map(({ digest, seconds }) => [digest, seconds]);
      expect(times(after)).toEqual(times(before));
    }
  });

  test('chapters are read back as they were given', async () => {
    expect(await readChapters(made.outputPath, 'matroska,webm')).toEqual(CHAPTERS);
  });

  test.runIf(hasFfprobe)('ffprobe sees streams, titles, languages, dispositions, tags and chapters', () => {
    const { streams, chapters, format } = ffprobe(made.outputPath);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual([
      'av1',
      'aac',
      'ac3',
      'subrip',
      'ass',
      'ttf',
      'png',
    ]);
    expect(streams.map(({ tags }) => [tags?.language, tags?.title])).toEqual([
      ['jpn', 'Bild'],
      ['deu', 'Erste ä'],
      ['eng', undefined],
      ['fra', 'Untertitel'],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(streams.map(({ disposition }) => [disposition.default, disposition.forced])).toEqual([
      [1, 0],
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(format.tags?.title).toBe('Der Film');
    expect(chapters.map(({ start_time, end_time, tags }) => [start_time, end_time, tags?.title])).toEqual([
      ['0.000000', '0.800000', 'Anfang – ä'],
      ['0.800000', '2.000000', 'Ende'],
    ]);
  });

  test.runIf(hasMkvmerge)('mkvmerge sees the same, the attachment, and no error', () => {
    const { tracks, chapters, attachments, errors, warnings } = mkvmerge(made.outputPath);
    expect(tracks.map(({ codec }) => codec)).toEqual(['AV1', 'AAC', 'AC-3', 'SubRip/SRT', 'SubStationAlpha']);
    expect(chapters).toEqual([{ num_entries: 2 }]);
    expect(attachments).toMatchObject([
      { file_name: 'Schrift ä.ttf', content_type: 'application/x-truetype-font', size: 17 },
      { file_name: 'cover.png', content_type: 'image/png', size: PNG.length },
    ]);
    expect([...errors, ...warnings]).toEqual([]);
  });

  test.runIf(hasFfprobe)('streams are interleaved, a sparse one does not hold back the others', () => {
    // By their place in the file: a demuxer may hold some back.
    const packets = ffprobe(made.outputPath)
      .packets.filter(({ stream_index }) => stream_index < 6)
      .toSorted((a, b) => Number(a.pos) - Number(b.pos));
    let latest = 0;
    for (const { pts_time } of packets) {
      expect(Number(pts_time)).toBeGreaterThan(latest - 0.1);
      latest = Math.max(latest, Number(pts_time));
    }
  });
});

describe('timestamps', () => {
  test('a variable rate in MP4 is exact, whatever the time base', async () => {
    const pts = UNEVEN.map((ms) => BigInt(ms * 24));
    const made = await assemble(folder.path, {
      source: {
        format: 'mp4',
        pts,
        timeBase: [1, 24000],
        sounds: [{ encoder: 'aac', seconds: 2, language: 'deu', title: 'Ton' }],
      },
      chunks: [7, 13],
      output: 'uneven.mp4',
    });
    const video = must((await readPackets(made.outputPath)).get(0));
    expect(video.map(({ seconds }) => Math.round(seconds * 24000))).toEqual(pts.map(Number));
    const before = await readPackets(made.sourcePath);
    const after = await readPackets(made.outputPath);
    expect(after.get(1)).toEqual(before.get(1));
    if (!hasFfprobe) return;
    const { streams } = ffprobe(made.outputPath);
    expect(streams[1]?.tags).toMatchObject({ language: 'deu', handler_name: 'Ton' });
  });

  test('23.976 from MP4 into Matroska is off by half a millisecond at most, and sound priming moves nothing', async () => {
    const pts = Array.from({ length: 30 }, (_, i) => BigInt(i * 1001));
    const made = await assemble(folder.path, {
      source: { format: 'mp4', pts, timeBase: [1, 24000], sounds: [{ encoder: 'aac', seconds: 1.2 }] },
      chunks: [30],
      output: 'film.mkv',
    });
    const packets = await readPackets(made.outputPath);
    for (const [index, { seconds }] of must(packets.get(0)).entries()) {
      expect(Math.abs(seconds - (index * 1001) / 24000)).toBeLessThan(0.000501);
    }
    // AAC's 1024 samples of priming stand before zero, as in the source.
    expect(must(packets.get(1))[0]?.seconds).toBeCloseTo(-1024 / 44100, 2);
  });

  test.each(['late.mkv', 'late.mp4', 'late.webm'])(
    'a first timestamp that is not zero stays: %s',
    async (output) => {
      const pts = steady(12).map((ms) => ms * 90n + 126_018n);
      const made = await assemble(folder.path, {
        source: {
          format: 'mpegts',
          pts,
          timeBase: [1, 90000],
          sounds: output.endsWith('webm') ? [] : [{ encoder: 'aac', seconds: 0.5, startSeconds: 1.4 }],
        },
        chunks: [12],
        output,
      });
      const before = await readPackets(made.sourcePath);
      const after = await readPackets(made.outputPath);
      // MP4 counts in the source's ticks, the others in milliseconds.
      expect(must(after.get(0))[0]?.seconds).toBeCloseTo(1.4002, output.endsWith('mp4') ? 6 : 3);
      const sounds = must(after.get(1) ?? []);
      for (const [index, { seconds }] of sounds.entries()) {
        expect(Math.abs(seconds - must(before.get(1)?.[index]).seconds)).toBeLessThanOrEqual(0.001);
      }
      expect(sounds.length).toBe(before.get(1)?.length ?? 0);
      if (hasFfprobe) expect(Number(ffprobe(made.outputPath).streams[0]?.start_time)).toBeCloseTo(1.4, 3);
    },
  );

  test('a source that begins before zero is moved as a whole', async () => {
    const made = await assemble(folder.path, {
      source: {
        format: 'matroska',
        pts: steady(10),
        timeBase: [1, 1000],
        sounds: [{ encoder: 'flac', sampleFormat: 's16', seconds: 0.4 }],
      },
      scanned: steady(10).map((pts) => pts - 80n),
      chunks: [10],
      output: 'early.mkv',
    });
    const packets = await readPackets(made.outputPath);
    expect(must(packets.get(0)).map(({ seconds }) => Math.round(seconds * 1000))).toEqual(
      steady(10).map(Number),
    );
    expect(must(packets.get(1))[0]?.seconds).toBeCloseTo(0.08, 3);
  });
});

describe('HDR10, aspect and rotation', () => {
  const part = (num: number) => ({ num, den: 50000 });
  const hdr = {
    ...SETTINGS,
    picture: {
      ...SETTINGS.picture,
      bitDepth: 10 as const,
      sampleAspectRatio: { num: 4, den: 3 },
      colour: { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 3 },
      masteringDisplay: {
        red: [part(34000), part(16000)] as const,
        green: [part(13250), part(34500)] as const,
        blue: [part(7500), part(3000)] as const,
        white: [part(15635), part(16450)] as const,
        minLuminance: { num: 50, den: 10000 },
        maxLuminance: { num: 10_000_000, den: 10000 },
      },
      contentLight: { maxContent: 1000, maxFrameAverage: 400 },
    },
  };

  test.runIf(hasFfprobe).each(['hdr.mkv', 'hdr.mp4', 'hdr.webm'])('are in %s', async (output) => {
    const made = await assemble(folder.path, {
      source: { format: 'mp4', pts: steady(8), timeBase: [1, 1000], rotation: 90 },
      chunks: [8],
      output,
      settings: hdr,
    });
    const [video] = ffprobe(made.outputPath).streams;
    expect(video).toMatchObject({
      pix_fmt: 'yuv420p10le',
      color_primaries: 'bt2020',
      color_transfer: 'smpte2084',
      color_space: 'bt2020nc',
      color_range: 'tv',
      chroma_location: 'topleft',
    });
    // WebM keeps the shown width in whole pixels.
    const [width = 0, height = 1] = must(video?.sample_aspect_ratio).split(':').map(Number);
    expect(width / height).toBeCloseTo(4 / 3, output.endsWith('webm') ? 2 : 9);
    const side = Object.assign({}, ...must(video?.side_data_list)) as Record<string, unknown>;
    expect(side).toMatchObject({ max_content: 1000, max_average: 400, rotation: -90 });
    expect(fraction(side.red_x)).toBeCloseTo(0.68, 4);
    expect(fraction(side.green_y)).toBeCloseTo(0.69, 4);
    expect(fraction(side.white_point_x)).toBeCloseTo(0.3127, 4);
    expect(fraction(side.max_luminance)).toBeCloseTo(1000, 2);
    expect(fraction(side.min_luminance)).toBeCloseTo(0.005, 4);
  });
});

function fraction(text: unknown): number {
  const [num = '0', den = '1'] = String(text).split('/');
  return Number(num) / Number(den);
}

describe('sound', () => {
  const opus = { codec: 'opus', bitrateKbps: null, channels: null, lfeMixLevel: null } as const;

  test.each(['click.mkv', 'click.mp4', 'click.webm'])(
    'Opus keeps its place, to a millisecond: %s',
    async (output) => {
      const made = await assemble(folder.path, {
        source: {
          format: 'mp4',
          pts: steady(40),
          timeBase: [1, 1000],
          sounds: [{ encoder: 'aac', seconds: 2, clickAtSeconds: 1 }],
        },
        chunks: [25, 15],
        output,
        wishes: { ...KEEP_ALL, audio: opus },
      });
      const [before, after] = [await loudSeconds(made.sourcePath), await loudSeconds(made.outputPath)];
      expect(before[0]).toBeCloseTo(1, 2);
      expect(Math.abs(must(after[0]) - must(before[0]))).toBeLessThan(0.001);
      expect(Math.abs(must(after.at(-1)) - must(before.at(-1)))).toBeLessThan(0.002);
    },
  );

  test('a late start stays late, and 5.1 becomes what was asked for', async () => {
    const made = await assemble(folder.path, {
      source: {
        format: 'matroska',
        pts: steady(40),
        timeBase: [1, 1000],
        sounds: [
          {
            encoder: 'ac3',
            channels: 6,
            sampleRate: 48000,
            seconds: 1,
            startSeconds: 0.5,
            clickAtSeconds: 0.2,
            language: 'deu',
          },
        ],
      },
      chunks: [40],
      output: 'late-sound.mkv',
      wishes: { ...KEEP_ALL, audio: { ...opus, channels: 2, bitrateKbps: 96 } },
    });
    const [before, after] = [await loudSeconds(made.sourcePath), await loudSeconds(made.outputPath)];
    expect(Math.abs(must(after[0]) - must(before[0]))).toBeLessThan(0.002);
    if (!hasFfprobe) return;
    expect(ffprobe(made.outputPath).streams[1]).toMatchObject({
      codec_name: 'opus',
      channels: 2,
      tags: { language: 'deu' },
    });
  });

  test.each([
    ['aac', 'again.mp4'],
    ['flac', 'again.mkv'],
  ] as const)('%s into %s', async (codec, output) => {
    const made = await assemble(folder.path, {
      source: {
        format: 'matroska',
        pts: steady(30),
        timeBase: [1, 1000],
        sounds: [{ encoder: 'ac3', sampleRate: 48000, seconds: 1, clickAtSeconds: 0.6 }],
      },
      chunks: [30],
      output,
      wishes: { ...KEEP_ALL, audio: { ...opus, codec } },
    });
    const packets = must((await readPackets(made.outputPath)).get(1));
    expect(packets.length).toBeGreaterThan(8);
    if (!hasFfprobe) return;
    expect(ffprobe(made.outputPath).streams[1]).toMatchObject({ codec_name: codec, sample_rate: '48000' });
  });
});

describe('text', () => {
  test('MP4 subtitles become SubRip in Matroska', async () => {
    const made = await assemble(folder.path, {
      source: {
        format: 'mp4',
        pts: steady(50),
        timeBase: [1, 1000],
        texts: [
          {
            codec: 'mov_text',
            language: 'deu',
            cues: [
              [0.5, 0.9, 'Grüße'],
              [1.2, 1.6, 'zwei'],
            ],
          },
        ],
      },
      chunks: [50],
      output: 'text.mkv',
    });
    const packets = must((await readPackets(made.outputPath)).get(1));
    expect(packets.map(({ seconds }) => seconds)).toEqual([0.5, 1.2]);
    if (!hasFfprobe) return;
    expect(ffprobe(made.outputPath).streams[1]).toMatchObject({
      codec_name: 'subrip',
      tags: { language: 'deu' },
    });
  });

  test('WebM takes WebVTT, Opus and chapters', async () => {
    const made = await assemble(folder.path, {
      source: {
        format: 'webm',
        pts: steady(20),
        timeBase: [1, 1000],
        video: 'libvpx-vp9',
        sounds: [{ encoder: 'libopus', sampleFormat: 'flt', sampleRate: 48000, seconds: 0.8 }],
        texts: [{ codec: 'webvtt', language: 'deu', cues: [[0.2, 0.5, 'Hallo']] }],
      },
      chunks: [20],
      output: 'small.webm',
      edit: (source) => ({ ...source, chapters: CHAPTERS }),
    });
    expect(await readChapters(made.outputPath, 'matroska,webm')).toEqual(CHAPTERS);
    const [before, after] = [await readPackets(made.sourcePath), await readPackets(made.outputPath)];
    expect(after.get(1)).toEqual(before.get(1));
    expect(after.get(2)).toEqual(before.get(2));
    if (hasMkvmerge) expect(mkvmerge(made.outputPath).chapters).toEqual([{ num_entries: 2 }]);
  });
});

test('nothing but sources, chunks and outputs is left in the folder', async () => {
  const names = await readdir(folder.path);
  expect(names.filter((name) => !/\.(mkv|mp4|webm|ts|ivf|bin)$/.test(name))).toEqual([]);
});
