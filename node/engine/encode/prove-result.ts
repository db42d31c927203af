import { readFile } from 'node:fs/promises';
import { AV_FRAME_FLAG_KEY } from 'node-av/constants';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { type IvfFile, parseIvf } from '../../../src/encoder/ivf.ts';
import { findStreamHeader, isKeyUnit } from '../../../src/encoder/stream-header.ts';
import { PICTURE_BYTES } from '../../../src/media/sketch.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';
import type { ProveMessage, ProveRequest } from '../messages.ts';
import { decodeResult } from './decode-result.ts';

type Proof = Extract<ProveMessage, { readonly type: 'proved' }>;

/**
 * Decodes a whole result and makes the small picture of every frame.
 *
 * @throws a sentence for anything that is not right about it: no IVF, damaged, other frames than announced.
 */
export async function proveResult(request: ProveRequest): Promise<Proof> {
  const cpuBefore = process.cpuUsage();
  // A chunk's result is some seconds of compressed video; holding it whole costs less than reading it twice.
  const file = parseIvf(await readFile(request.path));
  if (file.frameCount !== request.frameCount) {
    throw new Error(`The result has ${file.frameCount} frames, expected ${request.frameCount}.`);
  }
  const { codec } = encoderOf(request.encoder);
  if (file.codec !== codec) throw new Error(`The result holds ${file.codec}, expected ${codec}.`);
  const [first] = file.frames;
  const streamHeader = first === undefined ? null : findStreamHeader(first.data, codec);
  if (first === undefined || streamHeader === null)
    throw new Error("The result does not begin with its stream's header.");
  const seen = await sketchFrames(file);
  // FFmpeg's decoder of VVC marks no picture.
  const isKeyframeFirst = seen.isKeyframeFirst || (codec === 'vvc' && isKeyUnit(first.data, codec));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    type: 'proved',
    frameCount: file.frameCount,
    pictures: seen.pictures,
    isKeyframeFirst,
    streamHeader: Uint8Array.from(streamHeader),
    cpuSeconds: (user + system) / 1e6,
  };
}

async function sketchFrames(file: IvfFile): Promise<Pick<Proof, 'pictures' | 'isKeyframeFirst'>> {
  const { width, height, frameCount } = file;
  const sketcher = new FrameSketcher({
    width,
    height,
    bitDepth: 10,
    colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
  });
  const pictures = new Uint8Array(frameCount * PICTURE_BYTES);
  let isKeyframeFirst = false;
  let count = 0;
  try {
    for await (const frame of decodeResult(file)) {
      if (count === 0) isKeyframeFirst = frame.hasFlags(AV_FRAME_FLAG_KEY);
      pictures.set(sketcher.sketch(frame).picture, count * PICTURE_BYTES);
      count += 1;
      if (count % FRAMES_A_COLLECTION === 0) releaseViews();
    }
    return { pictures, isKeyframeFirst };
  } finally {
    sketcher.free();
  }
}
