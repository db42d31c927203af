import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { AV_FRAME_DATA_FILM_GRAIN_PARAMS } from 'node-av/constants';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeResult } from '../../node/engine/encode/decode-result.ts';
import { findProgram } from '../../node/engine/encode/find-program.ts';
import { type Engine, startEngine } from '../../node/engine/engine.ts';
import type { EncodeMessage, EncodeRequest, ProveMessage, ProveRequest } from '../../node/engine/messages.ts';
import { isProgram } from '../../src/encoder/encoder-definition.ts';
import { ENCODER_NAMES, type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import { parseIvf } from '../../src/encoder/ivf.ts';
import type { EncodeSettings, Rate } from '../../src/encoder/settings.ts';
import { frameCount } from '../../src/media/frame-range.ts';
import { comparePictures } from '../../src/proof/compare-pictures.ts';
import { untilGone } from '../daemon/cli-process.ts';
import { CONTENT_LIGHT, HDR10_NUMBERS, hdr10Numbers, MASTERING_DISPLAY } from '../fixtures/hdr10.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { makeSource, readFrameNumber } from '../sources/make-source.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { writeSlice } from '../sources/slice-file.ts';

const PROGRAMS = ENCODER_NAMES.filter((name) => isProgram(encoderOf(name).engine));

let directory: string;
let path: string;
let scan: ScannedSource;
let slicePath: string;
let outputPath: string;
let workPath: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'programs-'));
  slicePath = join(directory, 'slice');
  outputPath = join(directory, 'result.ivf');
  workPath = join(directory, 'encoder');
  ({ path } = await makeSource('h264-single-shot-mkv', directory));
  scan = await scanSource(path, directory);
});
afterAll(async () => {
  await scan.files.close();
  await rm(directory, { recursive: true });
});

/** Has no option for HDR10's data; the container has it all the same. */
const WITHOUT_HDR10: EncoderName = 'aomenc';

/** The fastest there is, in a colour that has a name in every encoder, and of an HDR10 source. */
function settingsFor(encoder: EncoderName, rate: Rate, passes = 1): EncodeSettings {
  const { presets, bitDepth } = encoderOf(encoder);
  const colour = { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 };
  return {
    encoder,
    preset: presets.length - 1,
    rate,
    passes,
    grain: 0,
    params: {},
    filtering: null,
    picture: {
      ...PICTURE,
      bitDepth,
      colour,
      masteringDisplay: MASTERING_DISPLAY,
      contentLight: CONTENT_LIGHT,
    },
  };
}

function requestFor(settings: EncodeSettings): EncodeRequest {
  return { type: 'encode', slicePath, outputPath, workPath, settings, threads: 2, score: null };
}

/** The last word of an encode child. */
async function encode(
  engine: Engine<EncodeRequest, EncodeMessage>,
  settings: EncodeSettings,
): Promise<EncodeMessage> {
  await engine.send(requestFor(settings));
  for await (const answer of engine) {
    if (['encoded', 'attempt-failed', 'failed'].includes(answer.type)) return answer;
  }
  throw new Error((await engine.exited).words);
}

async function prove(engine: Engine<ProveRequest, ProveMessage>, encoder: EncoderName, count: number) {
  await engine.send({ type: 'prove', path: outputPath, frameCount: count, encoder });
  const { value } = await engine[Symbol.asyncIterator]().next();
  if (value?.type !== 'proved') throw new Error(JSON.stringify(value));
  return value;
}

/** What the first picture says. */
async function hdr10InResult(): Promise<number[] | null> {
  for await (const frame of decodeResult(parseIvf(await readFile(outputPath)))) return hdr10Numbers(frame);
  throw new Error('The result has no picture.');
}

async function numbersIn(file: string): Promise<(number | null)[]> {
  const numbers: (number | null)[] = [];
  for await (const { frame } of decodeSource(file)) numbers.push(readFrameNumber(frame));
  return numbers;
}

describe('a slice goes through every encoder program that this machine has', () => {
  let encoder: Engine<EncodeRequest, EncodeMessage>;
  let prover: Engine<ProveRequest, ProveMessage>;
  beforeAll(() => {
    encoder = startEngine('encode', { niceness: 0 });
    prover = startEngine('prove', { niceness: 0 });
  });
  afterAll(() => Promise.all([encoder.kill(), prover.kill()]));

  test.each(PROGRAMS)('%s', async (name) => {
    const { title, codec, quality, passes, engine } = encoderOf(name);
    if (!isProgram(engine) || (await findProgram(engine)) === null) {
      console.warn(`${title} is not installed: nothing of it is tested.`);
      return;
    }
    const rates: Rate[] = [{ type: 'quality', value: Math.round((quality.min + quality.max) / 2) }];
    // VVenC fails over so few frames.
    if (name !== 'vvenc') rates.push({ type: 'bitrate', kbps: 300 });
    for (const rate of rates) {
      const headers = new Set<string>();
      for (const range of [
        { startFrame: 20, endFrame: 32 },
        { startFrame: 60, endFrame: 65 },
      ]) {
        await writeSlice(slicePath, path, scan, range);
        const answer = await encode(encoder, settingsFor(name, rate, passes[rate.type]));
        expect(answer).toMatchObject({ type: 'encoded', frameCount: frameCount(range) });
        const proof = await prove(prover, name, frameCount(range));
        expect(proof.isKeyframeFirst).toBe(true);
        const frames = await scan.files.frames(range.startFrame, range.endFrame);
        expect(
          comparePictures(
            frames.map(({ picture }) => picture),
            proof.pictures,
          ),
        ).toBeNull();
        const wanted = Array.from({ length: frameCount(range) }, (_, i) => range.startFrame + i);
        // Of IVF files FFmpeg reads those of AV1.
        if (codec === 'av1') expect(await numbersIn(outputPath)).toEqual(wanted);
        headers.add(Buffer.from(proof.streamHeader).toString('hex'));
        await expect(access(workPath)).rejects.toThrow();
        expect(await hdr10InResult()).toEqual(name === WITHOUT_HDR10 ? null : HDR10_NUMBERS);
      }
      expect(headers.size).toBe(1);
    }
    if (codec !== 'av1') return;
    for await (const { frame } of decodeSource(outputPath)) {
      expect([frame.colorPrimaries, frame.colorTrc, frame.colorSpace]).toEqual([9, 16, 9]);
      break;
    }
  });
});

test('film grain of a camera is in the stream of aomenc, and its proof sees none of it', async () => {
  const { engine } = encoderOf('aomenc');
  if (!isProgram(engine) || (await findProgram(engine)) === null) {
    console.warn('aomenc is not installed: no film grain is made.');
    return;
  }
  const encoder = startEngine<EncodeRequest, EncodeMessage>('encode', { niceness: 0 });
  const prover = startEngine<ProveRequest, ProveMessage>('prove', { niceness: 0 });
  await writeSlice(slicePath, path, scan, { startFrame: 20, endFrame: 24 });
  const settings = settingsFor('aomenc', { type: 'quality', value: 30 });
  const answer = await encode(encoder, { ...settings, params: { 'photon-noise': '6400' } });
  expect(answer).toMatchObject({ type: 'encoded' });
  const proof = await prove(prover, 'aomenc', 4);
  const frames = await scan.files.frames(20, 24);
  expect(
    comparePictures(
      frames.map(({ picture }) => picture),
      proof.pictures,
    ),
  ).toBeNull();
  const file = parseIvf(await readFile(outputPath));
  for await (const frame of decodeResult(file)) {
    expect(frame.getSideData(AV_FRAME_DATA_FILM_GRAIN_PARAMS)).not.toBeNull();
  }
  await Promise.all([encoder.kill(), prover.kill()]);
});

describe('a program that is not what it should be', () => {
  let script: string;
  let encoder: Engine<EncodeRequest, EncodeMessage>;
  const settings = settingsFor('rav1e', { type: 'quality', value: 100 });

  /** An encode child of which rav1e is this shell script. */
  async function startWith(text: string): Promise<void> {
    script = join(directory, 'rav1e');
    await writeFile(script, `#!/bin/sh\n${text}\n`);
    await chmod(script, 0o755);
    process.env.VADEIO_RAV1E = script;
    encoder = startEngine('encode', { niceness: 0 });
    await writeSlice(slicePath, path, scan, { startFrame: 0, endFrame: 10 });
  }
  afterAll(async () => {
    delete process.env.VADEIO_RAV1E;
    await encoder.kill();
  });

  test('ends: its last words are told, but not its progress', async () => {
    await startWith("printf '3 frames, 5 fps\\r\\n' >&2; echo 'out of luck' >&2; cat >/dev/null; exit 3");
    expect(await encode(encoder, settings)).toEqual({
      type: 'attempt-failed',
      cause: 'encoder',
      message: 'rav1e ended with status 3 after 3 frames. Its last words: out of luck',
    });
    await expect(access(workPath)).rejects.toThrow();
    // The same child goes on when the program is whole again.
    await encoder.kill();
  });

  test('takes nothing more and then ends: not that the pipe broke is told, but its words', async () => {
    await startWith("exec 0<&- 1>&-; sleep 0.1; echo 'no such option' >&2; exit 1");
    expect(await encode(encoder, settings)).toMatchObject({
      message: 'rav1e ended with status 1 after 0 frames. Its last words: no such option',
    });
    await encoder.kill();
  });

  test('writes something else', async () => {
    await startWith('cat');
    expect(await encode(encoder, settings)).toMatchObject({ message: /it does not begin with DKIF/ });
    await encoder.kill();
  });

  test('is not there: what was looked for is told', async () => {
    await startWith('exit 0');
    await rm(script);
    expect(await encode(encoder, settings)).toMatchObject({
      message: `$VADEIO_RAV1E names ${script}, which is no program. Name another, or unset it.`,
    });
    await encoder.kill();
  });

  test('hangs: it is ended, and it is told how far it was', async () => {
    await startWith("echo 'thinking' >&2; sleep 100 & wait");
    const fixture = fileURLToPath(new URL('../fixtures/hung-program.ts', import.meta.url));
    const { stdout } = await execa(process.execPath, ['--no-warnings', fixture, workPath, '400']);
    expect(stdout).toBe('rav1e hung after 0 frames and was ended. Its last words: thinking');
    await encoder.kill();
  });

  test('does not outlive the child that started it, however that ends', async () => {
    const pidPath = join(directory, 'pid');
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await rm(pidPath, { force: true });
      // It has got something: by then the daemon knows of it.
      await startWith(
        `head -c 9 >/dev/null; echo $$ > '${pidPath}.new'; mv '${pidPath}.new' '${pidPath}'; sleep 100 & wait`,
      );
      await encoder.send(requestFor(settings));
      const pid = Number(await untilRead(pidPath));
      process.kill(encoder.pid, signal);
      await encoder.exited;
      await untilGone([pid]);
    }
  });
});

async function untilRead(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
