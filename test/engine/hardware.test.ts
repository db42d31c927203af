import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_PIX_FMT_YUV420P10LE } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { expect, onTestFinished, test } from 'vitest';
import { toSemiPlanar } from '../../node/engine/encode/device-pictures.ts';
import { type Engine, startEngine } from '../../node/engine/engine.ts';
import type { EncodeMessage, MeasureBuildRequest } from '../../node/engine/messages.ts';
import { buildProbe } from '../../src/encoder/build-probe.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { isHardware } from '../../src/encoder/encoder-definition.ts';
import { ENCODER_NAMES, encoderOf } from '../../src/encoder/encoders.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';

const HARDWARE = ENCODER_NAMES.filter((name) => isHardware(encoderOf(name).engine));

/** What comes instead of the driver's words where FFmpeg was built without the encoder. */
const NOT_BUILT = /This build of FFmpeg has no /;

test('an encoder in hardware is tried: where there is none its driver says why, and the child lives on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hardware-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const engine: Engine<MeasureBuildRequest, EncodeMessage> = startEngine('encode', { niceness: 0 });
  onTestFinished(() => engine.kill());
  for (const name of HARDWARE) {
    const settings = buildProbe(defaultSettings(PICTURE, name));
    await engine.send({ type: 'measure-build', workPath: join(folder, name), settings, threads: 2 });
    const { value: answer } = await engine[Symbol.asyncIterator]().next();
    if (answer?.type === 'build-measured') {
      console.warn(`${answer.encoder} is there: that it is missing is not tested.`);
      continue;
    }
    const message = answer !== undefined && 'message' in answer ? answer.message : '';
    const [, words = ''] = /^This machine has no .+ that works\. Its driver says: (.+)$/.exec(message) ?? [];
    expect([name, message, words !== '' || NOT_BUILT.test(message)]).toEqual([name, message, true]);
    // An error's number alone would tell nobody what to do.
    expect(words).not.toMatch(/^FFmpeg failed before/);
  }
});

test('pictures for hardware have the very samples, laid out anew', () => {
  const [width, height] = [34, 18];
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P10LE;
  frame.width = width;
  frame.height = height;
  frame.allocBuffer();
  const sample = (plane: number, x: number, y: number): number => (plane * 300 + x * 29 + y * 17) & 1023;
  for (const [plane, data] of (frame.data ?? []).entries()) {
    const scale = plane === 0 ? 1 : 2;
    for (let y = 0; y < height / scale; y++) {
      for (let x = 0; x < width / scale; x++) {
        data.writeUInt16LE(sample(plane, x, y), y * (frame.linesize[plane] ?? 0) + 2 * x);
      }
    }
  }
  const converter = toSemiPlanar(10);
  const { data, linesize } = converter.convert(frame);
  const [luma, chroma] = data as [Buffer, Buffer];
  const [lumaLine = 0, chromaLine = 0] = linesize;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      expect(luma.readUInt16LE(y * lumaLine + 2 * x)).toBe(sample(0, x, y) << 6);
      const place = (y >> 1) * chromaLine + 2 * x;
      expect(chroma.readUInt16LE(place)).toBe(sample(1 + (x & 1), x >> 1, y >> 1) << 6);
    }
  }
  converter.free();
  frame.free();
});
