import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_AAC,
  FF_ENCODER_FLAC,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants';
import {
  avChannelLayoutDescribe,
  avGetSampleFmtFromName,
  Codec,
  CodecContext,
  type CodecParameters,
  type Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import type { AudioTranscode } from '../../../src/container/carry.ts';
import { transcodedSound } from '../../../src/container/transcoded-sound.ts';
import { check } from '../media/check.ts';
import type { SoundFormat } from './audio-graph.ts';

const ENCODERS = { opus: FF_ENCODER_LIBOPUS, aac: FF_ENCODER_AAC, flac: FF_ENCODER_FLAC } as const;

/** FLAC keeps more than 16 bits as 24, which is what such sources hold. */
const SHALLOW_BITS = 16;
const DEEP_BITS = 24;

/** An audio encoder: frames of its own format and size in, packets out. Times count in `1 / sampleRate`. */
export class AudioEncoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly input: SoundFormat;

  private constructor(context: CodecContext, input: SoundFormat) {
    this.#context = context;
    this.#packet.alloc();
    this.input = input;
  }

  static async open(source: Stream, wish: AudioTranscode): Promise<AudioEncoder> {
    const { codecpar } = source;
    const sound = transcodedSound(codecpar, wish);
    const bits = Math.max(codecpar.bitsPerRawSample, codecpar.bitsPerCodedSample);
    const isDeep = wish.codec === 'flac' && bits > SHALLOW_BITS;
    const sampleFormat = { opus: 'flt', aac: 'fltp', flac: isDeep ? 's32' : 's16' }[wish.codec];
    const layout = { nbChannels: sound.channels, order: AV_CHANNEL_ORDER_NATIVE, mask: sound.layoutMask };
    const codec = Codec.findEncoderByName(ENCODERS[wish.codec]);
    if (codec === null) throw new Error(`This build of FFmpeg has no encoder for ${wish.codec}.`);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.sampleRate = sound.sampleRate;
    context.sampleFormat = avGetSampleFmtFromName(sampleFormat);
    context.channelLayout = layout;
    context.timeBase = new Rational(1, sound.sampleRate);
    if (sound.bitrate > 0) context.bitRate = BigInt(sound.bitrate);
    if (isDeep) context.bitsPerRawSample = DEEP_BITS;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    check(await context.open2(codec, null), `the ${wish.codec} encoder was opened`);
    return new AudioEncoder(context, {
      sampleRate: sound.sampleRate,
      sampleFormat,
      layout: avChannelLayoutDescribe(layout) ?? '',
    });
  }

  /** Samples of every frame but the last. */
  get frameSize(): number {
    return this.#context.frameSize;
  }

  /** Writes into `parameters` what a muxer must know; the delay of the encoder is part of it. */
  describe(parameters: CodecParameters): void {
    check(parameters.fromContext(this.#context), 'the audio stream was described');
  }

  /** Encodes a frame, or the end with null; `take` is lent every packet that is ready. */
  encode(frame: Frame | null, take: (packet: Packet) => void): void {
    check(this.#context.sendFrameSync(frame), 'the audio encoder took a frame');
    for (;;) {
      const result = this.#context.receivePacketSync(this.#packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, 'the audio encoder gave a packet');
      take(this.#packet);
      this.#packet.unref();
    }
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}
