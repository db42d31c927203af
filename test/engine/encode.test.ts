import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../node/engine/engine.ts';
import type {
  EncodeMessage,
  EncodeRequest,
  MeasureBuildRequest,
  ProveMessage,
  ProveRequest,
} from '../../node/engine/messages.ts';
import { buildProbe } from '../../src/encoder/build-probe.ts';
import type { EncoderName } from '../../src/encoder/encoders.ts';
import { parseIvf } from '../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import { compareFingerprints } from '../../src/proof/compare-fingerprints.ts';
import { comparePictures } from '../../src/proof/compare-pictures.ts';
import { CONTENT_LIGHT, HDR10_NUMBERS, hdr10Numbers, MASTERING_DISPLAY } from '../fixtures/hdr10.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { makeSource, readFrameNumber, type SourceKind } from '../sources/make-source.ts';
import { fastSettings, type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { writeSlice } from '../sources/slice-file.ts';

type EncodeAnswer<T extends EncodeMessage['type']> = Extract<EncodeMessage, { readonly type: T }>;

let directory: string;
let encoder: Engine<EncodeRequest | MeasureBuildRequest, EncodeMessage>;
let prover: Engine<ProveRequest, ProveMessage>;
let slicePath: string;
let outputPath: string;
let workPath: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'encode-'));
  slicePath = join(directory, 'slice');
  outputPath = join(directory, 'result.ivf');
  workPath = join(directory, 'encoder');
  encoder = startEngine('encode', { niceness: 0 });
  prover = startEngine('prove', { niceness: 0 });
});
afterAll(async () => {
  await Promise.all([encoder.kill(), prover.kill()]);
  await rm(directory, { recursive: true });
});

async function answersTo(request: EncodeRequest | MeasureBuildRequest): Promise<EncodeMessage[]> {
  await encoder.send(request);
  const answers: EncodeMessage[] = [];
  for (;;) {
    const { done, value } = await encoder[Symbol.asyncIterator]().next();
    if (done === true) throw new Error((await encoder.exited).words);
    answers.push(value);
    if (!['started', 'decoded', 'progress', 'scored'].includes(value.type)) return answers;
  }
}

async function encode(settings: EncodeSettings = fastSettings()): Promise<EncodeMessage[]> {
  return answersTo({ type: 'encode', slicePath, outputPath, workPath, settings, threads: 2, score: null });
}

async function prove(count: number, encoder: EncoderName = 'svt-av1'): Promise<ProveMessage> {
  await prover.send({ type: 'prove', path: outputPath, frameCount: count, encoder });
  const { done, value } = await prover[Symbol.asyncIterator]().next();
  if (done === true) throw new Error((await prover.exited).words);
  return value;
}

function only<T extends EncodeMessage['type']>(
  answers: readonly EncodeMessage[],
  type: T,
): EncodeAnswer<T>[] {
  return answers.filter((answer): answer is EncodeAnswer<T> => answer.type === type);
}

async function numbersIn(path: string): Promise<(number | null)[]> {
  const numbers: (number | null)[] = [];
  for await (const { frame } of decodeSource(path)) numbers.push(readFrameNumber(frame));
  return numbers;
}

/** Encodes and proves one range; gives what a leader compares. */
async function runRange(path: string, scan: ScannedSource, range: FrameRange, settings: EncodeSettings) {
  const frames = await scan.files.frames(range.startFrame, range.endFrame);
  await writeSlice(slicePath, path, scan, range);
  const answers = await encode(settings);
  const proof = await prove(frameCount(range));
  return { frames, answers, proof };
}

describe('a slice goes through the encode child and the prove child', () => {
  const KINDS: readonly SourceKind[] = [
    'h264-open-mkv',
    'h264-open-ts',
    'h264-vfr-mkv',
    'h264-444-mkv',
    'h264-changing-ts',
    'hevc-hdr10-mkv',
    'vp9-odd-size-webm',
    'mpeg2-interlaced-ps',
    'mpeg4-asp-avi',
    'ffv1-rgb-mkv',
  ];

  test.each(KINDS)('%s', async (kind) => {
    const source = await makeSource(kind, directory);
    const odd = kind === 'vp9-odd-size-webm';
    const height = kind === 'mpeg2-interlaced-ps' ? 192 : 180;
    const settings = {
      ...fastSettings(odd ? 318 : 320, odd ? 178 : height),
      rate: { type: 'quality', value: 50 },
    } as const;
    const scan = await scanSource(source.path, directory, settings);
    const headers = new Set<string>();
    for (const range of [scan.chunks[0], scan.chunks.at(-1)] as FrameRange[]) {
      const { frames, answers, proof } = await runRange(source.path, scan, range, settings);

      expect(answers.map((answer) => answer.type)).toContain('started');
      const decoded = only(answers, 'decoded');
      const told = Buffer.concat(decoded.map((answer) => answer.fingerprints));
      expect(
        compareFingerprints(
          frames.map((frame) => frame.fingerprint),
          told,
        ),
      ).toBeNull();
      expect(decoded[0]?.firstFrame).toBe(0);
      const [encoded] = only(answers, 'encoded');
      const bytes = await readFile(outputPath);
      expect(encoded).toMatchObject({ frameCount: frameCount(range), bytes: bytes.length });
      expect(encoded?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(encoded?.cpuSeconds).toBeGreaterThan(0);

      if (proof.type !== 'proved') throw new Error(JSON.stringify(proof));
      expect(proof.isKeyframeFirst).toBe(true);
      expect(
        comparePictures(
          frames.map((frame) => frame.picture),
          proof.pictures,
        ),
      ).toBeNull();
      headers.add(Buffer.from(proof.streamHeader).toString('hex'));
      const wanted = source.frameNumbers?.slice(range.startFrame, range.endFrame);
      expect(await numbersIn(outputPath)).toEqual(wanted);
    }
    expect(headers.size).toBe(1);
    await scan.files.close();
  });
});

describe('an encode', () => {
  let path: string;
  let scan: ScannedSource;
  beforeAll(async () => {
    ({ path } = await makeSource('h264-single-shot-mkv', directory));
    scan = await scanSource(path, directory);
  });
  afterAll(() => scan.files.close());

  test('writes equal bytes again, whatever its threads', async () => {
    await writeSlice(slicePath, path, scan, { startFrame: 20, endFrame: 40 });
    const digests = new Set<string | undefined>();
    for (const threads of [1, 2, 4]) {
      const answers = await answersTo({
        type: 'encode',
        slicePath,
        outputPath,
        workPath,
        settings: fastSettings(),
        threads,
        score: null,
      });
      digests.add(only(answers, 'encoded')[0]?.sha256);
    }
    expect(digests.size).toBe(1);
  });

  test('of one frame and of 110 frames have one sequence header and one keyframe each', async () => {
    const headers = new Set<string>();
    for (const range of [
      { startFrame: 7, endFrame: 8 },
      { startFrame: 10, endFrame: 120 },
    ]) {
      await writeSlice(slicePath, path, scan, range);
      await encode();
      const proof = await prove(frameCount(range));
      if (proof.type !== 'proved') throw new Error(JSON.stringify(proof));
      headers.add(Buffer.from(proof.streamHeader).toString('hex'));
      const keyframes: boolean[] = [];
      for await (const { frame } of decodeSource(outputPath)) keyframes.push(frame.keyFrame === 1);
      expect(keyframes).toEqual(Array.from({ length: frameCount(range) }, (_, i) => i === 0));
    }
    expect(headers.size).toBe(1);
  });

  test('says colour and HDR10 metadata in its stream', async () => {
    const { picture, ...choices } = fastSettings();
    const colour = { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 3 };
    const hdr10 = { masteringDisplay: MASTERING_DISPLAY, contentLight: CONTENT_LIGHT };
    await writeSlice(slicePath, path, scan, { startFrame: 0, endFrame: 4 });
    await encode({ ...choices, picture: { ...picture, colour, ...hdr10 } });
    for await (const { frame } of decodeSource(outputPath)) {
      const { colorPrimaries, colorTrc, colorSpace, colorRange, chromaLocation } = frame;
      expect([colorPrimaries, colorTrc, colorSpace, colorRange, chromaLocation]).toEqual([9, 16, 9, 1, 3]);
      expect(hdr10Numbers(frame)).toEqual(HDR10_NUMBERS);
      break;
    }
  });

  test('whose slice starts too late fails by its frames, leaves no file, and the child lives on', async () => {
    const hevc = await makeSource('hevc-open-mkv', directory);
    const open = await scanSource(hevc.path, directory);
    const keyframe = open.keyframes.find(({ frame }) => frame > 2);
    if (keyframe === undefined) throw new Error('the source has no open GOP');
    // Taken for shown first, so that the frames before it, which refer to the GOP before, lack theirs.
    const lying = { ...open, keyframes: [{ ...keyframe, frame: 0 }] };
    const range = { startFrame: keyframe.frame - 2, endFrame: keyframe.frame + 4 };
    await writeSlice(slicePath, hevc.path, lying, range);
    expect((await encode()).at(-1)).toMatchObject({ type: 'attempt-failed', cause: 'frames' });
    await expect(access(outputPath)).rejects.toThrow();

    await writeSlice(slicePath, hevc.path, open, range);
    expect((await encode()).at(-1)?.type).toBe('encoded');
    await open.files.close();
  });

  test('of a slice that is cut short or is none fails by its slice', async () => {
    await writeSlice(slicePath, path, scan, { startFrame: 0, endFrame: 10 });
    await truncate(slicePath, 3000);
    expect((await encode()).at(-1)).toMatchObject({ type: 'attempt-failed', cause: 'slice' });
    await writeFile(slicePath, 'not a slice at all');
    expect((await encode()).at(-1)).toMatchObject({ type: 'attempt-failed', cause: 'slice' });
  });

  test('that SVT-AV1 refuses fails by its encoder', async () => {
    await writeSlice(slicePath, path, scan, { startFrame: 0, endFrame: 10 });
    const wrong = { ...fastSettings(), params: { 'tile-columns': '99' } };
    expect((await encode(wrong)).at(-1)).toMatchObject({ type: 'attempt-failed', cause: 'encoder' });
  });
});

describe('the proof of a result', () => {
  let frames: number;
  beforeAll(async () => {
    const source = await makeSource('h264-short-shots-mkv', directory);
    const scan = await scanSource(source.path, directory);
    frames = 12;
    await writeSlice(slicePath, source.path, scan, { startFrame: 20, endFrame: 32 });
    await scan.files.close();
    await encode();
  });

  test('refuses another number of frames', async () => {
    expect(await prove(frames - 1)).toEqual({
      type: 'refused',
      reason: 'The result has 12 frames, expected 11.',
    });
  });

  test('refuses a result that is cut short, is no video, or is damaged', async () => {
    const whole = await readFile(outputPath);
    await writeFile(outputPath, whole.subarray(0, whole.length - 5));
    expect(await prove(frames)).toMatchObject({ type: 'refused' });
    await writeFile(outputPath, 'no video');
    expect(await prove(frames)).toMatchObject({ type: 'refused' });
    const damaged = Buffer.from(whole);
    const unit = parseIvf(damaged).frames[4]?.data;
    unit?.fill(0xff, 2);
    await writeFile(outputPath, damaged);
    expect(await prove(frames)).toMatchObject({ type: 'refused' });
    await writeFile(outputPath, whole);
    expect(await prove(frames)).toMatchObject({ type: 'proved', frameCount: frames });
  });
});

describe('the build of an encoder', () => {
  test('is measured by a digest that depends on the settings, not on the threads', async () => {
    const measure = async (preset: number, threads: number): Promise<string | undefined> => {
      const settings = { ...fastSettings(1920, 1080), preset };
      const answers = await answersTo({
        type: 'measure-build',
        workPath,
        settings: buildProbe(settings),
        threads,
      });
      const [build] = only(answers, 'build-measured');
      expect(build?.encoder).toMatch(/^SVT-AV1 via FFmpeg \d/);
      return build?.digest;
    };
    const digest = await measure(10, 1);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await measure(10, 2)).toBe(digest);
    expect(await measure(8, 1)).not.toBe(digest);
  });

  test.each(['x264', 'x265'] as const)('%s goes over a chunk again, and leaves no file', async (encoder) => {
    const digests = new Set<string | undefined>();
    for (const passes of [1, 2, 3]) {
      const rate = { type: 'bitrate', kbps: 300 } as const;
      const settings = buildProbe({ ...fastSettings(320, 180, 8), encoder, preset: 8, rate, passes });
      const answers = await answersTo({ type: 'measure-build', workPath, settings, threads: 2 });
      digests.add(only(answers, 'build-measured')[0]?.digest);
      await expect(access(workPath)).rejects.toThrow();
    }
    expect(digests.size).toBe(3);
    expect(digests).not.toContain(undefined);
  });
});
