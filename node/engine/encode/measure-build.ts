import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE } from 'node-av/constants';
import { Frame, getFFmpegInfo } from 'node-av/lib';
import { PROBE_CLIP } from '../../../src/encoder/build-probe.ts';
import { type EncoderDefinition, isHardware, isProgram } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { type EncodePlace, encodePasses, type PassFrames } from './encode-passes.ts';
import { describeProgram, programVersion, requireProgram } from './find-program.ts';
import { openEncoder } from './frame-encoder.ts';
import { hearing, reasonIn } from './heard-words.ts';

/** What an encoder build is known by (invariant 8). */
export interface BuildMeasure {
  /** Hex sha256 of what it writes for the built-in clip at the job's settings. */
  readonly digest: string;
  /** For people. */
  readonly encoder: string;
}

/** Encodes the built-in clip at the settings that `buildProbe` makes of a job's. */
export async function measureBuild(probe: EncodeSettings, place: EncodePlace): Promise<BuildMeasure> {
  const hash = createHash('sha256');
  const { title, engine } = encoderOf(probe.encoder);
  const device = isHardware(engine) ? await nameDevice(probe, place) : null;
  if (device !== null) hash.update(device);
  const written: string[] = [];
  await encodePasses(probe, place, builtInClip(probe.picture.bitDepth), async ({ data }) => {
    hash.update(data);
    const version = writtenVersion(engine, data);
    if (version !== null && !written.includes(version)) written.push(version);
  });
  const digest = hash.digest('hex');
  if (isProgram(engine)) {
    const version = await programVersion(await requireProgram(title, engine), engine);
    return { digest, encoder: describeProgram(title, version) };
  }
  const on = device === null ? [] : [`on ${device}`];
  const encoder = [title, ...written, ...on, 'via FFmpeg', getFFmpegInfo().version].join(' ');
  return { digest, encoder };
}

/**
 * The device behind an encoder in hardware and its driver, as they tell; and this FFmpeg, as two that drive a device differently
 * may write alike for a small clip. Throws with the driver's words when there is none.
 */
async function nameDevice(settings: EncodeSettings, { threads, workPath }: EncodePlace): Promise<string> {
  const { title, engine } = encoderOf(settings.encoder);
  const run = { settings, threads, pass: 1, statsPath: join(workPath, 'stats') };
  const { result, fault, lines } = await hearing(() => openEncoder(run, async () => undefined));
  await result?.free();
  if (result === null) {
    const words = reasonIn(lines);
    if (words === '') throw fault;
    throw new Error(`This machine has no ${title} that works. Its driver says: ${words}`);
  }
  const marks = isProgram(engine) ? [] : (engine.hardware?.told ?? []);
  const told = lines.flatMap(({ text }) => marks.flatMap((mark) => mark.exec(text)?.[0] ?? []));
  const device = told.length === 0 ? `a device of ${hostname()} that tells no name` : told.join(', ');
  return `${device}, FFmpeg ${getFFmpegInfo().version}`;
}

function writtenVersion(engine: EncoderDefinition['engine'], data: Uint8Array): string | null {
  return !isProgram(engine) && 'written' in engine.version ? engine.version.written(data) : null;
}

function builtInClip(bitDepth: 8 | 10): PassFrames {
  return {
    async *frames() {
      for (let index = 0; index < PROBE_CLIP.frames; index++) {
        const frame = drawFrame(index, bitDepth);
        try {
          yield frame;
        } finally {
          frame.free();
        }
      }
    },
    onTaken: async () => undefined,
  };
}

/** One frame of the built-in clip: a slow gradient, texture that moves with it, and a block that moves against it. */
function drawFrame(index: number, bitDepth: 8 | 10): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  frame.width = PROBE_CLIP.width;
  frame.height = PROBE_CLIP.height;
  frame.allocBuffer();
  const shift = bitDepth - 8;
  for (let plane = 0; plane < 3; plane++) {
    const data = frame.data?.[plane];
    const lineSize = frame.linesize[plane];
    if (data === undefined || lineSize === undefined) throw new Error('The built-in clip got no memory.');
    const scale = plane === 0 ? 1 : 2;
    for (let y = 0; y < PROBE_CLIP.height / scale; y++) {
      for (let x = 0; x < PROBE_CLIP.width / scale; x++) {
        const value = sampleAt(x * scale, y * scale, index, plane) << shift;
        if (shift === 0) data[y * lineSize + x] = value;
        else data.writeUInt16LE(value, y * lineSize + 2 * x);
      }
    }
  }
  return frame;
}

/** 8-bit sample of a plane; whole-number arithmetic only, so that every machine draws the same clip. */
function sampleAt(x: number, y: number, index: number, plane: number): number {
  const isBlock = Math.abs(x - 150 + 5 * index) < 20 && Math.abs(y - 50) < 16;
  if (isBlock) return plane === 0 ? 190 - ((x * y) & 15) : 90 + 40 * plane;
  const moved = x + 3 * index;
  if (plane > 0) return 118 + plane * 4 + ((moved >> 4) & 7) + (y >> 5);
  return 40 + (x >> 2) + (y >> 1) + ((moved * 37 + y * 91 + ((moved * y) >> 3)) & 31);
}
