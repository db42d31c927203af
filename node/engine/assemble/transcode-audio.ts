import { type CodecParameters, type Frame, type Packet, Rational, type Stream } from 'node-av/lib';
import type { AudioTranscode } from '../../../src/container/carry.ts';
import { AudioDecoder } from './audio-decoder.ts';
import { AudioEncoder } from './audio-encoder.ts';
import { AudioGraph, type SoundFormat, soundFormatOf } from './audio-graph.ts';

/**
 * Sound from one codec to another: decoded, brought to the encoder's format, gaps filled with silence and overlaps
 * cut, so that every sample stays where its timestamp puts it, then encoded. Sound before time zero is cut.
 */
export class TranscodeAudio {
  readonly #decoder: AudioDecoder;
  readonly #encoder: AudioEncoder;
  readonly #wish: AudioTranscode;
  /** From the decoder's format of the moment: broadcasts change between stereo and 5.1. */
  #convert: AudioGraph | null = null;
  #convertFrom = '';
  /** In the encoder's format: keeps time, and cuts the frames that the encoder wants. */
  #conform: AudioGraph | null = null;

  private constructor(decoder: AudioDecoder, encoder: AudioEncoder, wish: AudioTranscode) {
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#wish = wish;
  }

  static async open(stream: Stream, wish: AudioTranscode): Promise<TranscodeAudio> {
    return new TranscodeAudio(await AudioDecoder.open(stream), await AudioEncoder.open(stream, wish), wish);
  }

  /** What the packets' times count in. */
  get timeBase(): Rational {
    return new Rational(1, this.#encoder.input.sampleRate);
  }

  describe(parameters: CodecParameters): void {
    this.#encoder.describe(parameters);
  }

  /** Takes a packet of the source; `take` is lent every packet that is ready. */
  transcode(packet: Packet, take: (packet: Packet) => void): void {
    this.#decoder.decode(packet, (frame) => this.#convertFrame(frame, take));
  }

  /** The source has ended. */
  drain(take: (packet: Packet) => void): void {
    this.#decoder.decode(null, (frame) => this.#convertFrame(frame, take));
    this.#convert?.filter(null, (frame) => this.#conformFrame(frame, take));
    this.#conform?.filter(null, (frame) => this.#encoder.encode(frame, take));
    this.#encoder.encode(null, take);
  }

  close(): void {
    this.#decoder.close();
    this.#convert?.close();
    this.#conform?.close();
    this.#encoder.close();
  }

  #convertFrame(frame: Frame, take: (packet: Packet) => void): void {
    const format = soundFormatOf(frame);
    const key = JSON.stringify(format);
    if (key !== this.#convertFrom) {
      this.#convert?.filter(null, (last) => this.#conformFrame(last, take));
      this.#convert?.close();
      this.#convert = this.#openConvert(format);
      this.#convertFrom = key;
    }
    this.#convert?.filter(frame, (converted) => this.#conformFrame(converted, take));
  }

  #openConvert(from: SoundFormat): AudioGraph {
    const { sampleRate, sampleFormat, layout } = this.#encoder.input;
    const { lfeMixLevel } = this.#wish;
    const mix = lfeMixLevel === null ? '' : `:lfe_mix_level=${lfeMixLevel}`;
    return new AudioGraph(from, [
      ['aresample', `${sampleRate}${mix}`],
      ['aformat', `sample_fmts=${sampleFormat}:sample_rates=${sampleRate}:channel_layouts=${layout}`],
    ]);
  }

  #conformFrame(frame: Frame, take: (packet: Packet) => void): void {
    this.#conform ??= this.#openConform(frame.pts < 0n);
    this.#conform.filter(frame, (conformed) => this.#encoder.encode(conformed, take));
  }

  #openConform(startsBeforeZero: boolean): AudioGraph {
    return new AudioGraph(this.#encoder.input, [
      ['aresample', `async=1${startsBeforeZero ? ':first_pts=0' : ''}`],
      ['asetnsamples', `n=${this.#encoder.frameSize}:p=0`],
    ]);
  }
}
