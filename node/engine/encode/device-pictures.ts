import {
  AV_HWDEVICE_TYPE_VAAPI,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_P010LE,
  AV_PIX_FMT_VAAPI,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avGetPixFmtName,
  type CodecContext,
  Frame,
  HardwareDeviceContext,
  HardwareFramesContext,
} from 'node-av/lib';
import type { Hardware } from '../../../src/encoder/encoder-definition.ts';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { check } from '../media/check.ts';
import { convertBy, type FrameConverter } from '../media/to-encoder-format.ts';

/** Pictures that an encoder may hold at once: what it looks ahead, and its references. */
const POOL_SIZE = 64;

/** Brings pictures to where an encoder in hardware takes them. */
export interface DevicePictures {
  readonly format: AVPixelFormat;
  /** Before the encoder is opened. */
  prepare(context: CodecContext): void;
  /** Lent until the next is asked for. */
  bring(frame: Frame): Promise<Frame>;
  free(): void;
}

/** @throws a sentence when there is no such device. */
export function openDevicePictures({ pictures }: Hardware, picture: EncodedPicture): DevicePictures {
  const format = picture.bitDepth === 10 ? AV_PIX_FMT_P010LE : AV_PIX_FMT_NV12;
  const converter = toSemiPlanar(picture.bitDepth);
  return pictures === 'memory'
    ? new OwnPictures(format, converter)
    : new SentPictures(format, converter, picture);
}

/** The same samples with both kinds of chroma in one plane, as hardware takes them. */
export function toSemiPlanar(bitDepth: 8 | 10): FrameConverter {
  const name = avGetPixFmtName(bitDepth === 10 ? AV_PIX_FMT_P010LE : AV_PIX_FMT_NV12);
  return convertBy(() => [['format', `pix_fmts=${name}`]]);
}

class OwnPictures implements DevicePictures {
  readonly format: AVPixelFormat;
  readonly #converter: FrameConverter;

  constructor(format: AVPixelFormat, converter: FrameConverter) {
    this.format = format;
    this.#converter = converter;
  }

  prepare(): void {}

  async bring(frame: Frame): Promise<Frame> {
    return this.#converter.convert(frame);
  }

  free(): void {
    this.#converter.free();
  }
}

class SentPictures implements DevicePictures {
  readonly format = AV_PIX_FMT_VAAPI;
  readonly #converter: FrameConverter;
  readonly #device = new HardwareDeviceContext();
  readonly #frames = new HardwareFramesContext();
  readonly #sent = new Frame();

  constructor(format: AVPixelFormat, converter: FrameConverter, { width, height }: EncodedPicture) {
    this.#converter = converter;
    this.#sent.alloc();
    check(this.#device.create(AV_HWDEVICE_TYPE_VAAPI, null, null), 'a VAAPI device was opened');
    this.#frames.alloc(this.#device);
    this.#frames.format = AV_PIX_FMT_VAAPI;
    this.#frames.swFormat = format;
    this.#frames.width = width;
    this.#frames.height = height;
    this.#frames.initialPoolSize = POOL_SIZE;
    check(this.#frames.init(), 'the VAAPI device got memory for pictures');
  }

  prepare(context: CodecContext): void {
    context.hwFramesCtx = this.#frames;
  }

  async bring(frame: Frame): Promise<Frame> {
    this.#sent.unref();
    check(this.#frames.getBuffer(this.#sent), 'the VAAPI device got room for a picture');
    check(
      await this.#frames.transferData(this.#sent, this.#converter.convert(frame)),
      'a picture was sent to the VAAPI device',
    );
    return this.#sent;
  }

  free(): void {
    this.#converter.free();
    this.#sent.free();
    this.#frames.free();
    this.#device.free();
  }
}
