import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { encodedPicture } from '../../../src/media/conversions.ts';
import type { Rational } from '../../../src/media/rational.ts';
import type { VideoFacts } from '../../../src/media/source-video.ts';
import { guessFirstTimestamp, TimestampRebuilder } from '../../../src/media/timestamps.ts';
import { videoFacts } from '../inspect/video-facts.ts';
import { PacketReader } from '../scan/packet-reader.ts';
import { codecFactsOf, openDecoder } from './decoder.ts';
import { chooseVideoStream, openSource } from './open-source.ts';

/** Timestamps of packets that gave no frame are forgotten after this many more: no decoder holds back as many. */
const MOST_PENDING = 512;

/** Failures of one packet are few; a decoder that goes on failing without taking in more would never end. */
const MOST_DECODE_ERRORS = 64;

/** A decoded frame, lent until the next is asked for, and its time in the stream's time base. */
export interface FileFrame {
  readonly frame: Frame;
  readonly pts: bigint;
}

/** The frames of a file's video in presentation order, one at a time. */
export class FileFrames {
  readonly #format: FormatContext;
  readonly #decoder: CodecContext;
  readonly #reader: PacketReader;
  readonly #clock: TimestampRebuilder;
  readonly #packet: Packet;
  readonly #frame = new Frame();
  /** Real timestamps by decode index, which is what goes through the decoder. */
  readonly #pts = new Map<number, bigint | null>();
  /** When the first frame is shown, should it not say so itself. */
  readonly #firstGuess: bigint;
  readonly timeBase: Rational;
  readonly video: VideoFacts;
  /** What the frames are, as an encoder would get them. */
  readonly picture: EncodedPicture;
  #packetCount = 0;

  private constructor(opened: OpenedVideo, facts: VideoFacts, decoder: CodecContext) {
    const { frameRate, timeBase } = facts;
    this.#format = opened.format;
    this.#reader = opened.reader;
    this.#packet = opened.firstPacket;
    this.#decoder = decoder;
    this.picture = encodedPicture({ video: facts }, facts.bitDepth > 8 ? 10 : 8);
    const frameTicks = (timeBase.den * frameRate.den) / (timeBase.num * frameRate.num);
    const { dts } = this.#packet;
    const firstDts = dts === AV_NOPTS_VALUE ? null : dts;
    this.#clock = new TimestampRebuilder(frameTicks);
    this.#firstGuess = guessFirstTimestamp(firstDts, opened.stream.codecpar.videoDelay, frameTicks);
    this.#frame.alloc();
    this.timeBase = timeBase;
    this.video = facts;
  }

  /**
   * @param hasGrain false to leave out the film grain that a decoder would synthesise.
   * @throws a sentence when the file is no video, or none that can be decoded.
   */
  static async open(path: string, hasGrain = true): Promise<FileFrames> {
    const facts = await inspectVideo(path);
    const opened = await openVideo(path);
    const codec = codecFactsOf(opened.stream, opened.firstPacket.data);
    return new FileFrames(opened, facts, await openDecoder(codec, { hasGrain }));
  }

  /** The next frame, or null after the last. */
  next(): FileFrame | null {
    this.#frame.unref();
    for (let errors = 0; errors < MOST_DECODE_ERRORS; ) {
      const result = this.#decoder.receiveFrameSync(this.#frame);
      if (result >= 0) return this.#see();
      if (result === AVERROR_EOF) return null;
      if (result !== AVERROR_EAGAIN) {
        errors += 1;
        continue;
      }
      this.#givePacket();
      errors = 0;
    }
    return null;
  }

  async close(): Promise<void> {
    this.#packet.free();
    this.#frame.free();
    this.#decoder.freeContext();
    await this.#format.closeInput();
  }

  #givePacket(): void {
    const packet = this.#packet;
    if (this.#packetCount > 0 && !this.#reader.read(packet)) {
      this.#decoder.sendPacketSync(null);
      return;
    }
    const tag = this.#packetCount++;
    this.#pts.set(tag, packet.pts === AV_NOPTS_VALUE ? null : packet.pts);
    this.#pts.delete(tag - MOST_PENDING);
    packet.pts = BigInt(tag);
    packet.dts = packet.pts;
    // A packet that is refused is damaged: it gives no frame, which the comparison shows.
    this.#decoder.sendPacketSync(packet);
    packet.unref();
  }

  #see(): FileFrame {
    const stamp = this.#frame.pts;
    const tag = stamp === AV_NOPTS_VALUE ? this.#packetCount - 1 : Number(stamp);
    const { pts } = this.#clock.next(this.#pts.get(tag) ?? null, this.#firstGuess);
    this.#pts.delete(tag);
    return { frame: this.#frame, pts };
  }
}

/** What the file's video is; looking at it reads from the beginning, so it is opened for that alone. */
async function inspectVideo(path: string): Promise<VideoFacts> {
  const format = await openSource(path);
  try {
    return await videoFacts(path, format, videoStream(path, format));
  } finally {
    await format.closeInput();
  }
}

interface OpenedVideo {
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly reader: PacketReader;
  /** Already read: some decoders are set up by what is in it. */
  readonly firstPacket: Packet;
}

async function openVideo(path: string): Promise<OpenedVideo> {
  const format = await openSource(path);
  const stream = videoStream(path, format);
  const reader = new PacketReader(path, format, stream.index);
  const firstPacket = new Packet();
  firstPacket.alloc();
  if (!reader.read(firstPacket)) throw new Error(`${path} has no video packet: the file was cut short.`);
  return { format, stream, reader, firstPacket };
}

function videoStream(path: string, format: FormatContext): Stream {
  const stream = chooseVideoStream(format);
  if (stream === undefined) throw new Error(`${path} has no video stream.`);
  return stream;
}
