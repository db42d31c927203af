import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, Frame, Packet } from 'node-av/lib';
import type { NalCodec } from '../../../src/encoder/annex-b.ts';
import { check } from '../media/check.ts';
import { openResultDecoder } from './decode-result.ts';
import type { EncodedUnit, TakeUnit } from './frame-encoder.ts';

/** A unit whose place among the pictures that are shown is not known yet. */
interface WaitingUnit {
  readonly data: Uint8Array;
  shown: bigint | null;
}

/**
 * Finds in which order the pictures of a stream without timestamps are shown: a decoder gives them in that order, each
 * with the number of its unit. Units leave in the order in which they came.
 */
export class PictureOrder {
  readonly #decoder: CodecContext;
  readonly #take: TakeUnit;
  readonly #frame = new Frame();
  readonly #waiting: WaitingUnit[] = [];
  /** Number of the first unit that waits. */
  #first = 0;
  #shownCount = 0n;

  private constructor(decoder: CodecContext, take: TakeUnit) {
    this.#decoder = decoder;
    this.#take = take;
    this.#frame.alloc();
  }

  static async open(codec: NalCodec, take: TakeUnit): Promise<PictureOrder> {
    return new PictureOrder(await openResultDecoder(codec), take);
  }

  async push(data: Uint8Array): Promise<void> {
    const number = this.#first + this.#waiting.length;
    // The encoder's pipe gives the bytes away again.
    this.#waiting.push({ data: Uint8Array.from(data), shown: null });
    const packet = new Packet();
    packet.alloc();
    try {
      packet.data = Buffer.from(data);
      packet.pts = BigInt(number);
      packet.dts = packet.pts;
      check(await this.#decoder.sendPacket(packet), `picture ${number} was decoded`);
    } finally {
      packet.free();
    }
    await this.#receive();
  }

  /** Throws a sentence when a unit shows no picture. */
  async end(): Promise<void> {
    check(await this.#decoder.sendPacket(null), 'the decoder was told that the chunk ends');
    await this.#receive();
    if (this.#waiting.length === 0) return;
    throw new Error(`Of its pictures ${this.#waiting.length} are never shown, the first is ${this.#first}.`);
  }

  free(): void {
    this.#frame.free();
    this.#decoder.freeContext();
  }

  async #receive(): Promise<void> {
    for (;;) {
      const result = await this.#decoder.receiveFrame(this.#frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) break;
      check(result, 'the encoded pictures were decoded');
      const unit = this.#waiting[Number(this.#frame.pts) - this.#first];
      this.#frame.unref();
      if (unit === undefined) throw new Error('A picture was decoded twice.');
      unit.shown = this.#shownCount;
      this.#shownCount += 1n;
    }
    for (let unit = this.#next(); unit !== null; unit = this.#next()) await this.#take(unit);
  }

  #next(): EncodedUnit | null {
    const [unit] = this.#waiting;
    if (unit === undefined || unit.shown === null) return null;
    this.#waiting.shift();
    this.#first += 1;
    return { index: unit.shown, data: unit.data };
  }
}
