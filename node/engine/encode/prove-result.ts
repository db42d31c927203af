import { readFile } from 'node:fs/promises';
import { AV_FRAME_FLAG_KEY, AVERROR_EAGAIN, AVERROR_EOF, FF_DECODER_LIBDAV1D } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { findSequenceHeader } from '../../../src/encoder/av1-obu.ts';
import { type IvfFile, type IvfFrame, parseIvf } from '../../../src/encoder/ivf.ts';
import { PICTURE_BYTES } from '../../../src/media/sketch.ts';
import { check } from '../media/check.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';
import type { ProveMessage, ProveRequest } from '../messages.ts';

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
  const sequenceHeader = findSequenceHeader((file.frames[0] as IvfFrame).data);
  if (sequenceHeader === null) throw new Error('The result does not begin with an AV1 sequence header.');
  const decoder = await openAv1Decoder();
  const frames = new ProvedFrames(file);
  try {
    for (const [index, unit] of file.frames.entries()) await sendUnit(decoder, unit, index, frames);
    check(await decoder.sendPacket(null), 'the decoder was told that the result ends');
    await frames.take(decoder);
    const pictures = frames.pictures();
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      type: 'proved',
      frameCount: file.frameCount,
      pictures,
      sequenceHeader: Uint8Array.from(sequenceHeader),
      isKeyframeFirst: frames.isKeyframeFirst,
      cpuSeconds: (user + system) / 1e6,
    };
  } finally {
    frames.free();
    decoder.freeContext();
  }
}

/** dav1d, with film grain left to whoever shows the video: grain is not in the source's pictures. */
async function openAv1Decoder(): Promise<CodecContext> {
  const codec = Codec.findDecoderByName(FF_DECODER_LIBDAV1D);
  if (codec === null) {
    throw new Error(
      'This build of FFmpeg has no AV1 decoder (libdav1d). Install vadeio-node again with npm.',
    );
  }
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    // One thread costs a sixth less CPU time than two, and the other cores have encodes to do.
    context.threadCount = 1;
    check(
      context.setOption('export_side_data', 'film_grain'),
      'the AV1 decoder was told to add no film grain',
    );
    check(await context.open2(codec, null), 'the AV1 decoder was opened');
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

async function sendUnit(
  decoder: CodecContext,
  unit: IvfFrame,
  index: number,
  frames: ProvedFrames,
): Promise<void> {
  const packet = new Packet();
  packet.alloc();
  try {
    packet.data = Buffer.from(unit.data.buffer, unit.data.byteOffset, unit.data.length);
    packet.pts = BigInt(index);
    packet.dts = packet.pts;
    let sent = await decoder.sendPacket(packet);
    while (sent === AVERROR_EAGAIN) {
      await frames.take(decoder);
      sent = await decoder.sendPacket(packet);
    }
    check(sent, `frame ${index} of the result was decoded`);
  } finally {
    packet.free();
  }
  await frames.take(decoder);
}

/** Takes decoded frames, each checked to be the next one and of the announced size. */
class ProvedFrames {
  readonly #file: IvfFile;
  readonly #frame = new Frame();
  readonly #sketcher: FrameSketcher;
  readonly #pictures: Uint8Array;
  #count = 0;
  isKeyframeFirst = false;

  constructor(file: IvfFile) {
    this.#file = file;
    this.#frame.alloc();
    this.#pictures = new Uint8Array(file.frameCount * PICTURE_BYTES);
    this.#sketcher = new FrameSketcher({
      width: file.width,
      height: file.height,
      bitDepth: 10,
      colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
    });
  }

  async take(decoder: CodecContext): Promise<void> {
    for (;;) {
      const result = await decoder.receiveFrame(this.#frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, `frame ${this.#count} of the result was decoded`);
      this.#keep(this.#frame);
      this.#frame.unref();
    }
  }

  /** PICTURE_BYTES for each frame of the result. */
  pictures(): Uint8Array {
    if (this.#count === this.#file.frameCount) return this.#pictures;
    throw new Error(`The result decoded to ${this.#count} frames, expected ${this.#file.frameCount}.`);
  }

  free(): void {
    this.#sketcher.free();
    this.#frame.free();
  }

  #keep(frame: Frame): void {
    const { width, height } = this.#file;
    if (Number(frame.pts) !== this.#count || this.#count >= this.#file.frameCount) {
      throw new Error(`The result's frame ${frame.pts} came where frame ${this.#count} was expected.`);
    }
    if (frame.width !== width || frame.height !== height) {
      throw new Error(
        `Frame ${this.#count} of the result is ${frame.width}x${frame.height}, expected ${width}x${height}.`,
      );
    }
    if (this.#count === 0) this.isKeyframeFirst = frame.hasFlags(AV_FRAME_FLAG_KEY);
    this.#pictures.set(this.#sketcher.sketch(frame).picture, this.#count * PICTURE_BYTES);
    this.#count += 1;
    if (this.#count % FRAMES_A_COLLECTION === 0) releaseViews();
  }
}
