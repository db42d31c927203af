import {
  AV_NOPTS_VALUE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVPacketFlag,
  type AVPacketSideDataType,
} from 'node-av/constants';
import { type CodecContext, Frame, Packet } from 'node-av/lib';
import type { CodedPacket, SliceFile } from '../../slice/parse-slice.ts';
import { openDecoder } from '../media/decoder.ts';

/** The slice did not decode to exactly the frames that were wanted; one keyframe more of lead-in may help. */
export class WrongFrames extends Error {
  override readonly name = 'WrongFrames';
}

/** The encoder beside it keeps the cores busy, and is the slower of the two. */
const DECODER_THREADS = 1;

/** Failures of one packet are few; a decoder that goes on failing without taking in more would never end. */
const MOST_DECODE_ERRORS = 64;

/**
 * Decodes a slice and gives exactly the wanted frames, in order; frames of the lead-in are dropped. A frame is lent:
 * it is good until the next is asked for.
 *
 * @throws WrongFrames when a frame is missing, comes twice or out of order.
 */
export async function* decodeSlice(slice: SliceFile): AsyncGenerator<Frame, void, undefined> {
  const { codec, wanted } = slice.header;
  const decoder = await openDecoder(codec, { threads: DECODER_THREADS });
  const frame = new Frame();
  frame.alloc();
  const filter = new WantedFrames(wanted);
  let lastTag = slice.header.firstTag;
  try {
    for await (const packet of slice.packets()) {
      lastTag = packet.tag;
      await sendPacket(decoder, packet);
      while (await receiveFrame(decoder, frame)) {
        if (filter.takes(tagOf(frame, lastTag))) yield frame;
        frame.unref();
      }
    }
    await decoder.sendPacket(null);
    while (await receiveFrame(decoder, frame)) {
      if (filter.takes(tagOf(frame, lastTag))) yield frame;
      frame.unref();
    }
    filter.end();
  } finally {
    frame.free();
    decoder.freeContext();
  }
}

/** Fills `frame` with the decoder's next one; false when it wants another packet or is empty. */
async function receiveFrame(decoder: CodecContext, frame: Frame): Promise<boolean> {
  for (let errors = 0; errors < MOST_DECODE_ERRORS; errors++) {
    const result = await decoder.receiveFrame(frame);
    if (result >= 0) return true;
    if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return false;
  }
  return false;
}

/** A decoder that loses timestamps gives each packet's frame at once; the scan tags it the same way. */
function tagOf(frame: Frame, lastTag: number): number {
  return frame.pts === AV_NOPTS_VALUE ? lastTag : Number(frame.pts);
}

/**
 * Gives one packet to the decoder, its tag as timestamp. What a decoder says of damaged packets is not asked: the
 * whole-file decode of the scan met the same packets, and frames and fingerprints tell whether both made the same of
 * them.
 */
async function sendPacket(decoder: CodecContext, coded: CodedPacket): Promise<void> {
  const packet = new Packet();
  packet.alloc();
  try {
    packet.data = coded.data;
    packet.pts = BigInt(coded.tag);
    packet.dts = packet.pts;
    packet.flags = coded.flags as AVPacketFlag;
    for (const { type, data } of coded.sideData) {
      packet.addSideData(type as AVPacketSideDataType, Buffer.from(data));
    }
    await decoder.sendPacket(packet);
  } finally {
    packet.free();
  }
}

/** Knows which frame must come next. */
class WantedFrames {
  readonly #wanted: readonly number[];
  readonly #tags: ReadonlySet<number>;
  #next = 0;

  constructor(wanted: readonly number[]) {
    this.#wanted = wanted;
    this.#tags = new Set(wanted);
  }

  /** True for the next wanted frame, false for one of the lead-in. */
  takes(tag: number): boolean {
    if (!this.#tags.has(tag)) return false;
    if (tag !== this.#wanted[this.#next]) {
      throw new WrongFrames(
        `Frame ${this.#next} of ${this.#wanted.length} of the chunk was expected, decoded from packet ${this.#wanted[this.#next] ?? 'none'}; the decoder gave the one of packet ${tag}.`,
      );
    }
    this.#next += 1;
    return true;
  }

  end(): void {
    if (this.#next === this.#wanted.length) return;
    throw new WrongFrames(
      `The slice decoded to ${this.#next} of the chunk's ${this.#wanted.length} frames; the first one missing is of packet ${this.#wanted[this.#next]}.`,
    );
  }
}
