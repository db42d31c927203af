import {
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
  type FFEncoderCodec,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, type Frame, Packet, Rational } from 'node-av/lib';
import { type EmbeddedEngine, type EncodeRun, isHardware } from '../../../src/encoder/encoder-definition.ts';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { check } from '../media/check.ts';
import { type DevicePictures, openDevicePictures } from './device-pictures.ts';
import type { FrameEncoder, TakeUnit } from './frame-encoder.ts';

/** One run of an encoder inside FFmpeg. */
export class EmbeddedEncoder implements FrameEncoder {
  readonly #title: string;
  readonly #context: CodecContext;
  readonly #packet: Packet;
  readonly #take: TakeUnit;
  /** Of one in hardware. */
  readonly #device: DevicePictures | null;
  #frameCount = 0;

  private constructor(title: string, context: CodecContext, device: DevicePictures | null, take: TakeUnit) {
    this.#title = title;
    this.#context = context;
    this.#device = device;
    this.#packet = new Packet();
    this.#packet.alloc();
    this.#take = take;
  }

  static async open(
    title: string,
    engine: EmbeddedEngine,
    run: EncodeRun,
    take: TakeUnit,
  ): Promise<EmbeddedEncoder> {
    const codec = Codec.findEncoderByName(engine.library as FFEncoderCodec);
    if (codec === null) {
      const instead = isHardware(engine)
        ? 'what npm has for this system comes without it. Choose'
        : 'install vadeio-node again with npm, or choose';
      throw new Error(
        `This build of FFmpeg has no ${title} (${engine.library}): ${instead} another --encoder.`,
      );
    }
    const { picture } = run.settings;
    const device = engine.hardware === undefined ? null : openDevicePictures(engine.hardware, picture);
    const context = new CodecContext();
    context.allocContext3(codec);
    const options = Dictionary.fromObject({ ...engine.options(run) });
    try {
      describePicture(context, picture);
      if (device !== null) {
        context.pixelFormat = device.format;
        device.prepare(context);
      }
      // Asynchronous: node-av's open2Sync frees its options twice.
      check(await context.open2(codec, options), `${title} was opened with these settings`);
      return new EmbeddedEncoder(title, context, device, take);
    } catch (error) {
      context.freeContext();
      device?.free();
      throw error;
    } finally {
      options.free();
    }
  }

  async encode(frame: Frame): Promise<void> {
    const given = (await this.#device?.bring(frame)) ?? frame;
    given.pts = BigInt(this.#frameCount);
    given.pictType = AV_PICTURE_TYPE_NONE;
    check(await this.#context.sendFrame(given), `frame ${this.#frameCount} was given to ${this.#title}`);
    this.#frameCount += 1;
    await this.#drain();
  }

  async finish(): Promise<void> {
    check(await this.#context.sendFrame(null), `${this.#title} was told that the chunk ends`);
    await this.#drain();
  }

  /** Blocks for seconds when called in mid-encode: cancel by killing the process instead. */
  async free(): Promise<void> {
    this.#packet.free();
    this.#context.freeContext();
    this.#device?.free();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const result = await this.#context.receivePacket(this.#packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, `${this.#title} gave out its next packet`);
      const { data, pts } = this.#packet;
      if (data !== null) await this.#take({ index: pts, data });
      this.#packet.unref();
    }
  }
}

/** Without AV_CODEC_FLAG_GLOBAL_HEADER every chunk begins with its stream's header. */
function describePicture(context: CodecContext, picture: EncodedPicture): void {
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
}
