import { AVERROR_EAGAIN, AVERROR_EIO, AVERROR_EOF } from 'node-av/constants';
import type { FormatContext, Packet } from 'node-av/lib';

/** Demuxers find their way again after some damage; one that fails this often in a row has nothing left. */
const MOST_FAILURES = 64;

/** Reads the packets of one stream, over damaged places. */
export class PacketReader {
  readonly #path: string;
  readonly #format: FormatContext;
  readonly #streamIndex: number;
  #damagedCount = 0;

  constructor(path: string, format: FormatContext, streamIndex: number) {
    this.#path = path;
    this.#format = format;
    this.#streamIndex = streamIndex;
  }

  /** Places at which the demuxer complained. */
  get damagedCount(): number {
    return this.#damagedCount;
  }

  /**
   * Fills `packet` with the stream's next one that holds anything; false at the end.
   *
   * @throws a sentence when the disk or network below fails.
   */
  read(packet: Packet): boolean {
    for (let failures = 0; failures < MOST_FAILURES; ) {
      const result = this.#format.readFrameSync(packet);
      if (result === AVERROR_EOF) return false;
      if (result === AVERROR_EIO) {
        throw new Error(
          `${this.#path} cannot be read any further: its disk reports a fault. Check the disk.`,
        );
      }
      if (result >= 0) {
        // An empty packet would tell the decoder that the stream ends.
        if (packet.streamIndex === this.#streamIndex && packet.size > 0) return true;
        packet.unref();
        failures = 0;
      } else {
        failures++;
        if (result !== AVERROR_EAGAIN) this.#damagedCount++;
      }
    }
    return false;
  }
}
