import { describe, expect, test } from 'vitest';
import { type CarryWishes, containerOf, planCarry } from '../../src/container/carry.ts';
import { describeOutput } from '../../src/container/describe-output.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { SourceVideo, StreamFacts } from '../../src/media/source-video.ts';

const KEEP: CarryWishes = {
  audio: 'copy',
  audioChoice: null,
  subtitles: 'copy',
  attachments: 'copy',
  chapters: true,
};
const OPUS = { codec: 'opus', bitrateKbps: null, channels: null, lfeMixLevel: null } as const;

function stream(index: number, kind: StreamFacts['kind'], codec: string, more = {}): StreamFacts {
  return {
    index,
    kind,
    codec,
    language: null,
    title: null,
    dispositions: [],
    sampleRate: null,
    bitrateKbps: null,
    channels: null,
    metadata: {},
    ...more,
  };
}

function sourceOf(streams: readonly StreamFacts[], chapterCount = 0): SourceVideo {
  const square = { num: 1, den: 1 };
  const chapter = { startSeconds: 0, endSeconds: 1, title: 'x', language: null };
  return {
    path: '/film.mkv',
    format: 'matroska,webm',
    identity: { sizeBytes: 1, modifiedMs: 0, sampledDigest: '' },
    durationSeconds: 1,
    startSeconds: 0,
    video: {
      streamIndex: 0,
      codec: 'h264',
      width: 320,
      height: 180,
      laterSizes: [],
      pixelFormat: 'yuv420p',
      bitDepth: 8,
      frameRate: { num: 25, den: 1 },
      timeBase: { num: 1, den: 1000 },
      isVariableFrameRate: false,
      sampleAspectRatio: square,
      rotation: 0,
      isInterlaced: false,
      colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
      masteringDisplay: null,
      contentLight: null,
      hasDolbyVision: false,
      needsDolbyVision: false,
      hasHdr10Plus: false,
      frameCountEstimate: null,
    },
    streams: [stream(0, 'video', 'h264'), ...streams],
    chapters: Array.from({ length: chapterCount }, () => chapter),
    metadata: {},
  };
}

describe('the container is chosen by the name', () => {
  test.each([
    ['/a/film.mkv', 'matroska'],
    ['/a/film.MP4', 'mp4'],
    ['film.m4v', 'mp4'],
    ['C:\\films\\film.webm', 'webm'],
  ])('%s', (path, container) => expect(containerOf(path)).toBe(container));

  test.each([
    ['/a.mkv/film', /has no extension/],
    ['/a/film.avi', /ends in \.avi; .* must end in \.mkv, \.mp4, \.m4v or \.webm/],
  ])('%s is refused', (path, sentence) => expect(() => containerOf(path)).toThrow(sentence));
});

test('Matroska keeps nearly everything as it is', () => {
  const source = sourceOf(
    [
      stream(1, 'audio', 'truehd'),
      stream(2, 'audio', 'pcm_s24le'),
      stream(3, 'subtitle', 'hdmv_pgs_subtitle'),
      stream(4, 'attachment', 'ttf'),
      stream(5, 'video', 'mjpeg', { dispositions: ['attached_pic'] }),
    ],
    3,
  );
  const plan = planCarry(source, 'matroska', KEEP);
  expect(plan.streams.map(({ action }) => action)).toEqual(['copy', 'copy', 'copy', 'copy', 'attach']);
  expect(plan.keepsChapters).toBe(true);
});

test('what does not fit is refused, every stream with the flag that helps', () => {
  const source = sourceOf([
    stream(1, 'audio', 'dts', { language: 'deu', title: 'Surround' }),
    stream(2, 'subtitle', 'subrip'),
    stream(3, 'attachment', 'ttf'),
  ]);
  const refusal = () => planCarry(source, 'mp4', KEEP);
  expect(refusal).toThrow(
    'Audio stream 1 (dts, deu, “Surround”) cannot be stored in MP4 as it is. Convert all audio with --audio_params opus, choose others with --audio-tracks, leave it out with --no-audio, or name the output .mkv.',
  );
  expect(refusal).toThrow(/Subtitle stream 2 \(subrip\) .* --no-subtitles, or name the output \.mkv/);
  expect(refusal).toThrow(/Attachment stream 3 \(ttf\) .* --no-attachments, or name the output \.mkv/);
});

test('sound that tells no rate is refused before anything is encoded', () => {
  const source = sourceOf([stream(1, 'audio', 'aac', { sampleRate: 0, channels: 0 })]);
  expect(() => planCarry(source, 'matroska', KEEP)).toThrow(
    'Audio stream 1 (aac) does not tell its sample rate or channels: it is empty or damaged. Leave it out with --no-audio, or choose others with --audio-tracks.',
  );
  expect(() => planCarry(source, 'matroska', { ...KEEP, audio: OPUS })).toThrow(/sample rate/);
  expect(planCarry(source, 'matroska', { ...KEEP, audio: 'drop' }).streams[0]?.action).toBe('drop');
});

test('an attachment of no codec is told by its name', () => {
  const source = sourceOf([
    stream(1, 'attachment', 'none', { metadata: { filename: 'notes.txt' } }),
    stream(2, 'attachment', 'none'),
  ]);
  const { streams } = planCarry(source, 'matroska', { ...KEEP, attachments: 'drop' });
  expect(streams.map(({ note }) => note)).toEqual([
    'Attachment stream 1 (notes.txt) is left out, as --no-attachments asks.',
    'Attachment stream 2 is left out, as --no-attachments asks.',
  ]);
});

test('the flags that the refusals name make the plan', () => {
  const source = sourceOf([
    stream(1, 'audio', 'dts'),
    stream(2, 'subtitle', 'subrip'),
    stream(3, 'attachment', 'ttf'),
  ]);
  const plan = planCarry(source, 'mp4', {
    audioChoice: null,
    audio: OPUS,
    subtitles: 'drop',
    attachments: 'drop',
    chapters: true,
  });
  expect(plan.streams.map(({ action }) => action)).toEqual(['transcode', 'drop', 'drop']);
  expect(plan.notes).toEqual([
    'Audio stream 1 (dts) is transcoded to opus.',
    'Subtitle stream 2 (subrip) is left out, as --no-subtitles asks.',
    'Attachment stream 3 (ttf) is left out, as --no-attachments asks.',
  ]);
});

test('a codec that the container does not hold is no way out', () => {
  const source = sourceOf([stream(1, 'audio', 'aac')]);
  expect(() => planCarry(source, 'webm', { ...KEEP, audio: { ...OPUS, codec: 'aac' } })).toThrow(
    /cannot become aac: WebM does not hold it. Use --audio_params opus\./,
  );
});

test('MP4 subtitles become SubRip in Matroska, and stay in MP4', () => {
  const source = sourceOf([stream(1, 'subtitle', 'mov_text')]);
  expect(planCarry(source, 'matroska', KEEP).streams[0]?.action).toBe('convert-text');
  expect(planCarry(source, 'mp4', KEEP).streams[0]?.action).toBe('copy');
  expect(() => planCarry(source, 'webm', KEEP)).toThrow(/--no-subtitles\.$/);
});

test('data and further videos are left out, and said to be', () => {
  const source = sourceOf([stream(1, 'data', 'bin_data'), stream(2, 'video', 'h264')]);
  const { notes } = planCarry(source, 'matroska', KEEP);
  expect(notes[0]).toMatch(/^Data stream 1 \(bin_data\) is left out/);
  expect(notes[1]).toMatch(/^Video stream 2 \(h264\) is left out/);
});

test('lost chapters are named before starting', () => {
  expect(planCarry(sourceOf([], 3), 'mp4', KEEP).notes).toEqual([
    'The 3 chapters are left out: we write chapters to .mkv and .webm only.',
  ]);
  const dropped = planCarry(sourceOf([], 1), 'matroska', { ...KEEP, chapters: false });
  expect(dropped.keepsChapters).toBe(false);
  expect(dropped.notes).toEqual(['The chapter is left out, as --no-chapters asks.']);
});

test('timestamps that a container rounds are named', () => {
  const source = sourceOf([]);
  const film = { ...source, video: { ...source.video, timeBase: { num: 1001, den: 24000 } } };
  expect(planCarry(film, 'matroska', KEEP).notes).toEqual([
    'Matroska counts time in milliseconds: timestamps are rounded to the nearest.',
  ]);
  expect(planCarry(film, 'mp4', KEEP).notes).toEqual([]);
});

test('more chapters than are carried are told of', () => {
  const told = 'chapters are carried at most; if the source has more, the rest is left out.';
  expect(planCarry(sourceOf([], 1999), 'matroska', KEEP).notes).toEqual([]);
  expect(planCarry(sourceOf([], 2000), 'matroska', KEEP).notes).toEqual([`2000 ${told}`]);
});

describe('what the output will hold is one sentence', () => {
  const picture = {
    width: 320,
    height: 180,
    bitDepth: 10,
    frameRate: { num: 25, den: 1 },
    sampleAspectRatio: { num: 1, den: 1 },
    colour: { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 },
    masteringDisplay: null,
    contentLight: { maxContent: 1000, maxFrameAverage: 400 },
  } as const;
  const settings = { ...defaultSettings(picture, 'svt-av1'), preset: 8 };

  test('everything that is copied is named', () => {
    const source = sourceOf(
      [stream(1, 'audio', 'aac', { language: 'deu' }), stream(2, 'subtitle', 'ass')],
      3,
    );
    const text = describeOutput('out.mkv', source, planCarry(source, 'matroska', KEEP), settings);
    expect(text).toMatch(/^out\.mkv \(Matroska\) will hold AV1 in 10 bits \(svt-av1, preset 8, CRF \d+\); /);
    expect(text).toMatch(
      /: HDR10 metadata, audio stream 1 \(aac, deu\), subtitle stream 2 \(ass\), 3 chapters\.$/,
    );
  });

  test('what is converted or dropped is not', () => {
    const source = sourceOf([stream(1, 'audio', 'aac')], 1);
    const carry = planCarry(source, 'webm', { ...KEEP, audio: OPUS, chapters: false });
    const plain = { ...settings, picture: { ...picture, contentLight: null } };
    expect(describeOutput('out.webm', source, carry, plain)).toMatch(/from the source: nothing else\.$/);
  });
});

describe('some audio tracks alone', () => {
  const source = sourceOf([
    stream(1, 'audio', 'dts', { language: 'eng' }),
    stream(2, 'subtitle', 'subrip', { language: 'eng' }),
    stream(3, 'audio', 'aac', { language: 'ger' }),
    stream(4, 'audio', 'aac', { title: 'Commentary' }),
  ]);
  const actions = (audioChoice: CarryWishes['audioChoice']) =>
    planCarry(source, 'matroska', { ...KEEP, audioChoice }).streams.map(({ action }) => action);

  test('by their numbers among the audio tracks', () => {
    expect(actions({ type: 'tracks', numbers: [1, 3] })).toEqual(['copy', 'copy', 'drop', 'copy']);
  });

  test.each(['de', 'deu', 'ger', 'de-AT'])('by %s, whatever code the file has', (language) => {
    expect(actions({ type: 'languages', languages: [language] })).toEqual(['drop', 'copy', 'copy', 'drop']);
  });

  test('those that tell no language have a code, too', () => {
    expect(actions({ type: 'languages', languages: ['und', 'en'] })).toEqual([
      'copy',
      'copy',
      'drop',
      'copy',
    ]);
  });

  test('what is left out need not fit, and is told', () => {
    const plan = planCarry(source, 'mp4', {
      ...{ ...KEEP, subtitles: 'drop', audioChoice: { type: 'tracks', numbers: [2] } },
    });
    expect(plan.notes).toContain('Audio stream 1 (dts, eng) is left out, as --audio-tracks asks.');
  });

  test('what is not there is refused, and what is there is told', () => {
    expect(() => actions({ type: 'tracks', numbers: [4] })).toThrow(
      'There is no audio track 4. The source has 1 (dts, eng), 2 (aac, ger), 3 (aac, und, “Commentary”).',
    );
    expect(() => actions({ type: 'languages', languages: ['fr'] })).toThrow(
      /No audio track is in fr\. The source/,
    );
  });
});
