import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_ENOMEM, AVERROR_EOF } from 'node-av/constants';
import {
  avGetCodecName,
  avRescaleQ,
  Codec,
  CodecContext,
  Frame,
  type Packet,
  type Stream,
} from 'node-av/lib';
import { check } from '../media/check.ts';

/** A damaged packet fails once for each frame in it; a decoder that fails without end is left alone until the next. */
const MAX_FAILURES = 64;

/** An audio decoder: packets in, frames out, their times in `1 / sampleRate` of the frame. */
export class AudioDecoder {
  readonly #context: CodecContext;
  readonly #frame = new Frame();
  readonly #stream: Stream;
  #expected = 0n;

  private constructor(context: CodecContext, stream: Stream) {
    this.#context = context;
    this.#stream = stream;
    this.#frame.alloc();
  }

  static async open(stream: Stream): Promise<AudioDecoder> {
    const { codecId } = stream.codecpar;
    const name = avGetCodecName(codecId) ?? `number ${codecId}`;
    const codec = Codec.findDecoder(codecId);
    if (codec === null) {
      throw new Error(
        `Audio stream ${stream.index} (${name}) cannot be transcoded: FFmpeg has no decoder for it. Copy it, or leave audio out with --no-audio.`,
      );
    }
    const context = new CodecContext();
    context.allocContext3(codec);
    check(context.parametersToContext(stream.codecpar), `the ${name} decoder was given its parameters`);
    context.pktTimebase = stream.timeBase;
    check(await context.open2(codec, null), `the ${name} decoder was opened`);
    return new AudioDecoder(context, stream);
  }

  /**
   * Decodes a packet, or the end with null; `take` is lent every frame that is ready. A damaged packet gives none: the
   * gap becomes silence.
   */
  decode(packet: Packet | null, take: (frame: Frame) => void): void {
    const sent = this.#context.sendPacketSync(packet);
    if (sent === AVERROR_ENOMEM) check(sent, 'the audio decoder took a packet');
    for (let failures = 0; failures < MAX_FAILURES; ) {
      const result = this.#context.receiveFrameSync(this.#frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      if (result < 0) {
        failures += 1;
        continue;
      }
      this.#retime();
      take(this.#frame);
      this.#frame.unref();
    }
  }

  close(): void {
    this.#frame.free();
    this.#context.freeContext();
  }

  #retime(): void {
    const frame = this.#frame;
    const tick = { num: 1, den: frame.sampleRate };
    frame.pts =
      frame.pts === AV_NOPTS_VALUE ? this.#expected : avRescaleQ(frame.pts, this.#stream.timeBase, tick);
    this.#expected = frame.pts + BigInt(frame.nbSamples);
  }
}
