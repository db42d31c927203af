import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeResult } from '../../node/engine/encode/decode-result.ts';
import { findProgram } from '../../node/engine/encode/find-program.ts';
import { type Engine, startEngine } from '../../node/engine/engine.ts';
import type { EncodeMessage, EncodeRequest } from '../../node/engine/messages.ts';
import { isHardware, isProgram } from '../../src/encoder/encoder-definition.ts';
import { ENCODER_NAMES, type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import { pictureIn } from '../../src/encoder/hdr10-plus-units.ts';
import { parseIvf } from '../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { hdr10PlusIn, hdr10PlusOf } from '../fixtures/hdr10-plus.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';
import { makeHdr10Plus } from '../sources/dynamic-hdr.ts';
import { type ScannedSource, scanSource } from '../sources/scan-source.ts';
import { writeSlice } from '../sources/slice-file.ts';

const SOFTWARE = ENCODER_NAMES.filter((name) => !isHardware(encoderOf(name).engine));
/** Its first frames refer to the keyframe before. */
const RANGE = { startFrame: 27, endFrame: 40 };

function settingsFor(encoder: EncoderName): EncodeSettings {
  const { codec, presets, quality, bitDepth } = encoderOf(encoder);
  return {
    encoder,
    preset: presets.length - 1,
    rate: { type: 'quality', value: Math.round((quality.min + quality.max) / 2) },
    passes: 1,
    grain: 0,
    params: {},
    filtering: null,
    picture: pictureIn(codec, { ...PICTURE, bitDepth, hdr10Plus: true }),
  };
}

describe('HDR10+ of every frame comes through every encoder', () => {
  let directory: string;
  let scan: ScannedSource;
  let encoder: Engine<EncodeRequest, EncodeMessage>;
  let told: (string | null)[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hdr10-plus-'));
    const source = join(directory, 'film.mkv');
    await makeHdr10Plus(source, [60]);
    scan = await scanSource(source, directory);
    told = (await hdr10PlusIn(source)).slice(RANGE.startFrame, RANGE.endFrame);
    await writeSlice(join(directory, 'slice'), source, scan, RANGE);
    encoder = startEngine('encode', { niceness: 0 });
  });
  afterAll(async () => {
    await encoder.kill();
    await scan.files.close();
    await rm(directory, { recursive: true });
  });

  test.each(SOFTWARE)('%s', async (name) => {
    const { title, codec, engine } = encoderOf(name);
    if (isProgram(engine) && (await findProgram(engine)) === null) {
      console.warn(`${title} is not installed: nothing of it is tested.`);
      return;
    }
    expect(new Set(told).size).toBe(RANGE.endFrame - RANGE.startFrame);
    const isCarried = codec === 'av1' || codec === 'hevc';
    expect(await encode(settingsFor(name))).toEqual(told.map((message) => (isCarried ? message : null)));
  });

  test.each(['svt-av1', 'x265'] as const)('and none where it is not wanted: %s', async (name) => {
    const settings = settingsFor(name);
    const { hdr10Plus: _, ...picture } = settings.picture;
    expect(await encode({ ...settings, picture })).toEqual(told.map(() => null));
  });

  /** What the result says of each of its frames. */
  async function encode(settings: EncodeSettings): Promise<(string | null)[]> {
    const [slicePath, outputPath, workPath] = ['slice', 'result.ivf', 'work'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    await encoder.send({
      type: 'encode',
      slicePath,
      outputPath,
      workPath,
      settings,
      threads: 2,
      score: null,
    });
    for await (const answer of { [Symbol.asyncIterator]: () => encoder[Symbol.asyncIterator]() }) {
      if (answer.type === 'encoded') break;
      if (answer.type === 'attempt-failed' || answer.type === 'failed')
        throw new Error(JSON.stringify(answer));
    }
    const found: (string | null)[] = [];
    for await (const frame of decodeResult(parseIvf(await readFile(outputPath)))) {
      found.push(hdr10PlusOf(frame));
    }
    return found;
  }
});
