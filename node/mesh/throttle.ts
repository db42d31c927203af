import { setTimeout as sleep } from 'node:timers/promises';
import { createBucket, type TokenBucket, takeBytes } from '../../src/mesh/token-bucket.ts';
import {
  CAPPED_TRANSFERS,
  MAX_CAPPED_PIECE_BYTES,
  MIN_CAPPED_PIECE_BYTES,
} from '../../src/protocol/limits.ts';
import { monotonicMs } from '../clock.ts';

/** The time a throttle lives in. */
export interface Pacer {
  nowMs(): number;
  pause(ms: number): Promise<void>;
}

/** A pause holds back no process that wants to end. */
const REAL_TIME: Pacer = {
  nowMs: monotonicMs,
  pause: (ms) => sleep(ms, undefined, { ref: false }),
};

/** Caps the bytes of all bulk transfers in one direction together. Messages and heartbeats do not pass through it. */
export class Throttle {
  readonly #pacer: Pacer;
  readonly #bucket: TokenBucket;
  readonly #pieceBytes: number;
  #running = 0;
  /** What lets each transfer begin, in the order they were asked for. */
  readonly #waiting = new Set<() => void>();

  constructor(bytesPerSecond: number, pacer: Pacer = REAL_TIME) {
    this.#pacer = pacer;
    this.#bucket = createBucket(bytesPerSecond, pacer.nowMs());
    const burst = Math.round(this.#bucket.burstBytes);
    this.#pieceBytes = Math.min(MAX_CAPPED_PIECE_BYTES, Math.max(MIN_CAPPED_PIECE_BYTES, burst));
  }

  /** Stage: passes the same bytes on when the cap allows, in pieces small enough that transfers take turns. */
  async *paced(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      for (let start = 0; start < piece.byteLength; start += this.#pieceBytes) {
        const part = piece.subarray(start, start + this.#pieceBytes);
        const waitMs = takeBytes(this.#bucket, part.byteLength, this.#pacer.nowMs());
        if (waitMs > 0) await this.#pacer.pause(waitMs);
        yield part;
      }
    }
  }

  /** Runs a transfer while fewer than CAPPED_TRANSFERS others run, first come, first served. */
  async inTurn<Result>(signal: AbortSignal, transfer: () => Promise<Result>): Promise<Result> {
    while (this.#running >= CAPPED_TRANSFERS) await this.#turn(signal);
    this.#running += 1;
    try {
      return await transfer();
    } finally {
      this.#running -= 1;
      const [next] = this.#waiting;
      next?.();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(begin);
        signal.removeEventListener('abort', onAbort);
      };
      const begin = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      this.#waiting.add(begin);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }
}
