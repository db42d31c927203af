import { setImmediate } from 'node:timers/promises';
import { AVERROR_EIO, AVERROR_EOF, AVMEDIA_TYPE_SUBTITLE } from 'node-av/constants';
import { type FormatContext, Packet, type Stream } from 'node-av/lib';
import { rescale } from '../../../src/container/output-ticks.ts';
import { check } from '../media/check.ts';
import { PacketClock } from './packet-clock.ts';

/** A packet for the output's muxer, in the time base of the output's stream. */
export interface TimedPacket {
  readonly seconds: number;
  readonly packet: Packet;
}

/** What becomes of the packets of one stream of the source. The packet given is only lent. */
export interface PacketSink {
  accept(packet: Packet): TimedPacket[];
  /** The source has ended: what was held back. */
  drain(): TimedPacket[];
}

/** Muxers interleave to about a second; streams that trail further come later, which every container allows. */
const INTERLEAVE_SECONDS = 3;

/**
 * Packets waiting for the picture to catch up. 16 MiB are minutes of sound, and a bound for a source whose streams
 * stand one after another instead of interleaved.
 */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Reading is synchronous, 10 µs a packet; between batches this process notices that the daemon is gone. */
const BATCH_PACKETS = 256;

/** Demuxers find their way again after some damage; one that fails this often in a row has nothing left. */
const MOST_FAILURES = 64;

/** Everything but the picture of a source, read as far as the picture has got: never the whole file in memory. */
export class SourcePackets {
  readonly #format: FormatContext;
  readonly #sinks: ReadonlyMap<number, PacketSink>;
  readonly #clocks: ReadonlyMap<number, PacketClock>;
  /** Seconds that each stream without long gaps has been read up to; sparse subtitles say nothing about progress. */
  readonly #reached = new Map<number, number>();
  readonly #packet = new Packet();
  #waiting: TimedPacket[] = [];
  #waitingBytes = 0;
  #hasEnded: boolean;
  #failures = 0;

  /**
   * @param videoIndex the stream that is encoded: its packets are thrown away, and tell how far the file was read.
   * @param delay added to every timestamp, counted in the video stream's time base.
   */
  constructor(
    format: FormatContext,
    videoIndex: number,
    sinks: ReadonlyMap<number, PacketSink>,
    delay: bigint,
  ) {
    this.#format = format;
    this.#sinks = sinks;
    this.#hasEnded = sinks.size === 0;
    this.#packet.alloc();
    const { streams } = format;
    const ticks = streams[videoIndex]?.timeBase ?? { num: 1, den: 1 };
    const clocks = new Map<number, PacketClock>();
    for (const index of [videoIndex, ...sinks.keys()]) {
      const isSparse = streams[index]?.codecpar.codecType === AVMEDIA_TYPE_SUBTITLE;
      if (!isSparse) this.#reached.set(index, Number.NEGATIVE_INFINITY);
      const offset = rescale(delay, ticks, streams[index]?.timeBase ?? ticks);
      clocks.set(index, new PacketClock(!isSparse, offset));
    }
    this.#clocks = clocks;
  }

  /** The packets up to `seconds`, in order of time. The caller frees them. */
  async takeUpTo(seconds: number): Promise<Packet[]> {
    await this.#read(() => this.#progress() > seconds + INTERLEAVE_SECONDS);
    return this.#take(this.#firstAfter(seconds));
  }

  /** The packets that are left, some at a time: call until it gives none. */
  async takeRest(): Promise<Packet[]> {
    await this.#read(() => false);
    // Half stays while there is more to come: streams that are not quite in step are still put in order.
    return this.#take(this.#hasEnded ? this.#waiting.length : Math.ceil(this.#waiting.length / 2));
  }

  close(): void {
    for (const { packet } of this.#waiting) packet.free();
    this.#waiting = [];
    this.#packet.free();
  }

  #progress(): number {
    return Math.min(...this.#reached.values());
  }

  async #read(isEnough: () => boolean): Promise<void> {
    for (let count = 1; !this.#hasEnded && !isEnough(); count++) {
      if (this.#waitingBytes > MAX_WAITING_BYTES) return;
      this.#readOne();
      if (count % BATCH_PACKETS === 0) await setImmediate();
    }
  }

  #readOne(): void {
    const packet = this.#packet;
    const result = this.#format.readFrameSync(packet);
    if (result === AVERROR_EOF) return this.#end();
    if (result === AVERROR_EIO) check(result, 'the source was read to its end');
    this.#failures = result < 0 ? this.#failures + 1 : 0;
    if (this.#failures > MOST_FAILURES) return this.#end();
    if (result < 0) return;
    const stream = this.#format.streams[packet.streamIndex];
    if (stream !== undefined) this.#accept(stream, packet);
    packet.unref();
  }

  #accept(stream: Stream, packet: Packet): void {
    const { index, timeBase } = stream;
    const clock = this.#clocks.get(index);
    if (clock === undefined) return;
    clock.set(packet);
    const reached = this.#reached.get(index);
    if (reached !== undefined) {
      this.#reached.set(index, Math.max(reached, (Number(packet.dts) * timeBase.num) / timeBase.den));
    }
    const sink = this.#sinks.get(index);
    if (sink !== undefined) this.#keep(sink.accept(packet));
  }

  #end(): void {
    this.#hasEnded = true;
    for (const sink of this.#sinks.values()) this.#keep(sink.drain());
  }

  #keep(packets: readonly TimedPacket[]): void {
    for (const timed of packets) {
      this.#waiting.splice(this.#firstAfter(timed.seconds), 0, timed);
      this.#waitingBytes += timed.packet.size;
    }
  }

  /** Waiting packets are in order of time; equal times keep the order they were read in. */
  #firstAfter(seconds: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle]?.seconds ?? 0) > seconds) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #take(count: number): Packet[] {
    const taken = this.#waiting.splice(0, count).map(({ packet }) => packet);
    for (const packet of taken) this.#waitingBytes -= packet.size;
    return taken;
  }
}
