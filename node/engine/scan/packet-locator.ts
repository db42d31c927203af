import { readSync } from 'node:fs';

/** Bytes between the position that a demuxer reports and the packet itself: headers of blocks, chunks, tags. */
const SEARCH_BYTES = 128;
/** Packets in a row that may be missed before a container is taken for one that never stores packets whole. */
const MOST_MISSES = 64;
/** Bytes that are looked for; the whole packet is compared where they are found. */
const PREFIX_BYTES = 32;

/**
 * Finds packets in their source file, so that any chunk's packets can be read again without being kept. A demuxer's
 * position is only a hint: a packet counts as found when all of its bytes are there.
 */
export class PacketLocator {
  readonly #file: number;
  #window = new Uint8Array(0);
  #distance = 0;
  #misses = 0;

  /** @param file descriptor of the source; the caller closes it. */
  constructor(file: number) {
    this.#file = file;
  }

  /** Offset in the source at which exactly these bytes stand, or null. */
  find(position: number, packet: Buffer): number | null {
    if (position < 0 || packet.length === 0 || this.#misses >= MOST_MISSES) return null;
    const window = this.#read(position, packet.length + SEARCH_BYTES);
    const distance = distanceIn(window, packet, this.#distance);
    this.#misses = distance === null ? this.#misses + 1 : 0;
    if (distance === null) return null;
    this.#distance = distance;
    return position + distance;
  }

  #read(position: number, length: number): Buffer {
    if (this.#window.length < length) this.#window = new Uint8Array(2 * length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#file, this.#window, done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return Buffer.from(this.#window.buffer, 0, done);
  }
}

/** Most containers keep one distance for all packets: it is tried first. */
function distanceIn(window: Buffer, packet: Buffer, likely: number): number | null {
  if (isAt(window, packet, likely)) return likely;
  const prefix = packet.subarray(0, PREFIX_BYTES);
  for (
    let at = window.indexOf(prefix);
    at !== -1 && at <= SEARCH_BYTES;
    at = window.indexOf(prefix, at + 1)
  ) {
    if (isAt(window, packet, at)) return at;
  }
  return null;
}

function isAt(window: Buffer, packet: Buffer, distance: number): boolean {
  const end = distance + packet.length;
  return end <= window.length && window.compare(packet, 0, packet.length, distance, end) === 0;
}
