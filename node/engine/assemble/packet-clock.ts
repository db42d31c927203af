import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { Packet } from 'node-av/lib';

/**
 * Makes the timestamps of one carried stream usable: every packet has both, and decode times never fall. Only what is
 * missing or goes backward is changed; after a step back (a transport stream whose clock was reset) the rest of the
 * stream follows on.
 */
export class PacketClock {
  readonly #isStrict: boolean;
  #offset: bigint;
  #expected: bigint | null = null;
  #last: bigint | null = null;

  /**
   * @param isStrict whether decode times must rise: for sound they do, while subtitles may stand together.
   * @param offset what is added to all timestamps, in the packets' time base.
   */
  constructor(isStrict: boolean, offset: bigint) {
    this.#isStrict = isStrict;
    this.#offset = offset;
  }

  /** Changes the packet's timestamps where needed, in its own time base. */
  set(packet: Packet): void {
    const given = packet.dts !== AV_NOPTS_VALUE ? packet.dts : packet.pts;
    const raw = given === AV_NOPTS_VALUE ? (this.#expected ?? this.#offset) : given + this.#offset;
    const dts = this.#follow(raw);
    if (given !== AV_NOPTS_VALUE) this.#offset = dts - given;
    packet.pts = packet.pts === AV_NOPTS_VALUE ? dts : packet.pts + this.#offset;
    packet.dts = dts;
    this.#last = dts;
    this.#expected = dts + (packet.duration > 0n ? packet.duration : 0n);
  }

  #follow(raw: bigint): bigint {
    if (this.#last === null) return raw;
    const earliest = this.#isStrict ? this.#last + 1n : this.#last;
    if (raw >= earliest) return raw;
    const expected = this.#expected ?? earliest;
    return expected < earliest ? earliest : expected;
  }
}
