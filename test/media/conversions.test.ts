import { expect, test } from 'vitest';
import { pictureIn } from '../../src/encoder/hdr10-plus-units.ts';
import { encodedPicture, stateConversions } from '../../src/media/conversions.ts';
import type { SourceVideo, VideoFacts } from '../../src/media/source-video.ts';

const VIDEO: VideoFacts = {
  streamIndex: 0,
  codec: 'h264',
  width: 1920,
  height: 1080,
  laterSizes: [],
  pixelFormat: 'yuv420p',
  bitDepth: 8,
  frameRate: { num: 24, den: 1 },
  timeBase: { num: 1, den: 1000 },
  isVariableFrameRate: false,
  sampleAspectRatio: { num: 1, den: 1 },
  rotation: 0,
  isInterlaced: false,
  colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 },
  masteringDisplay: null,
  contentLight: null,
  hasDolbyVision: false,
  needsDolbyVision: false,
  hasHdr10Plus: false,
  frameCountEstimate: 240,
};

function source(video: Partial<VideoFacts>): SourceVideo {
  return {
    path: 'film.mkv',
    format: 'matroska,webm',
    identity: { sizeBytes: 1, modifiedMs: 0, sampledDigest: '' },
    durationSeconds: 10,
    startSeconds: 0,
    video: { ...VIDEO, ...video },
    streams: [],
    chapters: [],
    metadata: {},
  };
}

function sentences(video: Partial<VideoFacts>): string[] {
  const film = source(video);
  return stateConversions(film, encodedPicture(film));
}

test('an ordinary film needs none', () => {
  expect(sentences({})).toEqual([]);
});

test.each<[Partial<VideoFacts>, RegExp]>([
  [{ width: 1921 }, /1921x1080 is taken as 1920x1080/],
  [{ laterSizes: [{ width: 720, height: 576 }] }, /size changes .* \(720x576\): .* scaled to 1920x1080/],
  [{ pixelFormat: 'yuv422p10le', bitDepth: 10 }, /4:2:2 is converted to 4:2:0/],
  [{ pixelFormat: 'yuv444p' }, /4:4:4 is converted to 4:2:0/],
  [{ pixelFormat: 'gbrp' }, /RGB \(gbrp\) is converted/],
  [{ pixelFormat: 'gray' }, /neutral colour/],
  [{ pixelFormat: 'yuv420p12le', bitDepth: 12 }, /12-bit samples are rounded to 10/],
  [{ isInterlaced: true }, /Warning: the source is interlaced/],
  [{ rotation: 90 }, /turned by 90 degrees/],
  [{ hasDolbyVision: true }, /Dolby Vision metadata is lost/],
  [{ hasDolbyVision: true, needsDolbyVision: true }, /Warning: .* the colours of the output will be wrong/],
])('%o is stated', (video, sentence) => {
  const stated = sentences(video);
  expect(stated).toHaveLength(1);
  expect(stated[0]).toMatch(sentence);
});

test('HDR10+ is lost in codecs that have no place for it, and nothing is said where it is carried', () => {
  const film = source({ hasHdr10Plus: true });
  const stated = (['av1', 'hevc', 'h264', 'vvc'] as const).map((codec) =>
    stateConversions(film, pictureIn(codec, encodedPicture(film))),
  );
  const lost = [expect.stringMatching(/HDR10\+ metadata is lost/)];
  expect(stated).toEqual([[], [], lost, lost]);
});

test('RGB with alpha is stated twice', () => {
  expect(sentences({ pixelFormat: 'gbrap' })).toHaveLength(2);
});

test('RGB becomes limited YUV by the matrix of its size, and keeps its primaries', () => {
  const rgb = { pixelFormat: 'gbrp', colour: { ...VIDEO.colour, matrix: 0, range: 2 } };
  expect(encodedPicture(source(rgb)).colour).toMatchObject({ primaries: 1, matrix: 1, range: 1 });
  expect(encodedPicture(source({ ...rgb, height: 480 })).colour.matrix).toBe(6);
});

test('full range stays full', () => {
  expect(encodedPicture(source({ pixelFormat: 'yuvj420p' })).colour.range).toBe(2);
});
