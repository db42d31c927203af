import { readFile } from 'node:fs/promises';
import {
  AV_FRAME_FLAG_KEY,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_DECODER_H264,
  FF_DECODER_HEVC,
  FF_DECODER_LIBDAV1D,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import type { VideoCodec } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { type IvfFile, type IvfFrame, parseIvf } from '../../../src/encoder/ivf.ts';
import { findStreamHeader } from '../../../src/encoder/stream-header.ts';
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
  const { codec } = encoderOf(request.encoder);
  if (file.codec !== codec) throw new Error(`The result holds ${file.codec}, expected ${codec}.`);
  const [first] = file.frames;
  const streamHeader = first === undefined ? null : findStreamHeader(first.data, codec);
  if (streamHeader === null) throw new Error("The result does not begin with its stream's header.");
  const decoder = await openResultDecoder(codec);
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
      streamHeader: Uint8Array.from(streamHeader),
      isKeyframeFirst: frames.isKeyframeFirst,
      cpuSeconds: (user + system) / 1e6,
    };
  } finally {
    frames.free();
    decoder.freeContext();
  }
}

const DECODERS = { av1: FF_DECODER_LIBDAV1D, hevc: FF_DECODER_HEVC, h264: FF_DECODER_H264 } as const;

/** Film grain is left to whoever shows the video: it is not in the source's pictures. */
async function openResultDecoder(name: VideoCodec): Promise<CodecContext> {
  const codec = Codec.findDecoderByName(DECODERS[name]);
  if (codec === null) {
    throw new Error(
      `This build of FFmpeg has no decoder ${DECODERS[name]}. Install vadeio-node again with npm.`,
    );
  }
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    // One thread costs a sixth less CPU time than two, and the other cores have encodes to do.
    context.threadCount = 1;
    check(context.setOption('export_side_data', 'film_grain'), 'the decoder was told to add no film grain');
    check(await context.open2(codec, null), 'the decoder was opened');
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
    packet.pts = unit.pts;
    packet.dts = BigInt(index);
    let sent = await decoder.sendPacket(packet);
    while (sent === AVERROR_EAGAIN) {
      await frames.take(decoder);
      sent = await decoder.sendPacket(packet);
    }
    check(sent, `picture ${index} of the result was decoded`);
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
