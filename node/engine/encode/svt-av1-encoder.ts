import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  type AVChromaLocation,
  type AVColorPrimaries,
  type AVColorRange,
  type AVColorSpace,
  type AVColorTransferCharacteristic,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBSVTAV1,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, type Frame, Packet, Rational } from 'node-av/lib';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { svtAv1Options } from '../../../src/encoder/svt-av1-options.ts';
import { check } from '../media/check.ts';

/** One run of the embedded SVT-AV1: frames of one chunk in, temporal units out. */
export class SvtAv1Encoder {
  readonly #context: CodecContext;
  readonly #packet: Packet;
  readonly #onPacket: (data: Buffer) => Promise<void>;
  #frameCount = 0;

  private constructor(context: CodecContext, onPacket: (data: Buffer) => Promise<void>) {
    this.#context = context;
    this.#packet = new Packet();
    this.#packet.alloc();
    this.#onPacket = onPacket;
  }

  /** @param onPacket gets each temporal unit in order; its bytes are good until the returned promise resolves. */
  static async open(
    settings: EncodeSettings,
    threads: number,
    onPacket: (data: Buffer) => Promise<void>,
  ): Promise<SvtAv1Encoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBSVTAV1);
    if (codec === null) {
      throw new Error('This build of FFmpeg has no SVT-AV1 (libsvtav1). Install vadeio-node again with npm.');
    }
    const context = new CodecContext();
    context.allocContext3(codec);
    const options = Dictionary.fromObject(svtAv1Options(settings, threads));
    try {
      describePicture(context, settings);
      // Asynchronous: node-av's open2Sync frees its options twice.
      check(await context.open2(codec, options), 'SVT-AV1 was opened with these settings');
      return new SvtAv1Encoder(context, onPacket);
    } catch (error) {
      context.freeContext();
      throw error;
    } finally {
      options.free();
    }
  }

  /** Gives a frame of the settings' size and depth to the encoder; it is copied. */
  async encode(frame: Frame): Promise<void> {
    frame.pts = BigInt(this.#frameCount);
    frame.pictType = AV_PICTURE_TYPE_NONE;
    check(await this.#context.sendFrame(frame), `frame ${this.#frameCount} was given to SVT-AV1`);
    this.#frameCount += 1;
    await this.#drain();
  }

  /** No frame follows: gives out everything that is still inside. */
  async finish(): Promise<void> {
    check(await this.#context.sendFrame(null), 'SVT-AV1 was told that the chunk ends');
    await this.#drain();
  }

  /** Blocks for seconds when called in mid-encode: cancel by killing the process instead. */
  free(): void {
    this.#packet.free();
    this.#context.freeContext();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const result = await this.#context.receivePacket(this.#packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, 'SVT-AV1 gave out its next packet');
      if (this.#packet.data !== null) await this.#onPacket(this.#packet.data);
      this.#packet.unref();
    }
  }
}

function describePicture(context: CodecContext, { picture }: EncodeSettings): void {
  const { width, height, bitDepth, frameRate, sampleAspectRatio, colour } = picture;
  context.width = width;
  context.height = height;
  context.pixelFormat = bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(frameRate.den, frameRate.num);
  context.framerate = new Rational(frameRate.num, frameRate.den);
  context.sampleAspectRatio = new Rational(sampleAspectRatio.num, sampleAspectRatio.den);
  context.colorPrimaries = colour.primaries as AVColorPrimaries;
  context.colorTrc = colour.transfer as AVColorTransferCharacteristic;
  context.colorSpace = colour.matrix as AVColorSpace;
  context.colorRange = colour.range as AVColorRange;
  context.chromaLocation = colour.chromaLocation as AVChromaLocation;
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
}
