import type { Stream } from '@libp2p/interface';
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils';
import { decode, encode } from 'cborg';
import * as limits from '../../src/protocol/limits.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { messageSchema } from '../protocol/schemas.ts';
import { sentenceOf } from '../sentence.ts';
import { type StreamBounds, untilSent } from './bounded-stream.ts';
import { readWire } from './read-wire.ts';

const BOUNDS: StreamBounds = {
  maxBufferBytes: limits.MAX_CONTROL_WRITE_BUFFER_BYTES,
  // The heartbeat judges a silent peer; this only ends what would wait for ever.
  stallMs: limits.BULK_STALL_MS,
};

export function encodeMessage(message: Message): Uint8Array {
  const bytes = encode(message);
  if (bytes.byteLength > limits.MAX_MESSAGE_BYTES) {
    throw new Error(
      `A ${message.type} message of ${bytes.byteLength} bytes cannot be sent: at most ${limits.MAX_MESSAGE_BYTES} are allowed`,
    );
  }
  return bytes;
}

/** Messages both ways over one stream that lives as long as the session: length, CBOR, checked by schema. */
export class ControlStream {
  readonly #stream: Stream;
  readonly #framed: LengthPrefixedStream;
  #lastWrite: Promise<void> = Promise.resolve();
  #waitingCount = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#framed = lpStream(stream, { maxDataLength: limits.MAX_MESSAGE_BYTES });
  }

  /** Messages that were handed over and are not yet with the muxer. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Sends encoded messages one after the other, each when the one before has left the bounded buffer. */
  send(encoded: Uint8Array): Promise<void> {
    this.#waitingCount += 1;
    const write = this.#lastWrite.then(() => this.#write(encoded));
    this.#lastWrite = write
      .catch(() => undefined)
      .finally(() => {
        this.#waitingCount -= 1;
      });
    return write;
  }

  /** The next message's raw value, or null when the other end is done. Throws a sentence on anything else. */
  async receiveRaw(signal?: AbortSignal): Promise<unknown> {
    let frame: Uint8Array;
    try {
      frame = (await this.#framed.read(signal === undefined ? {} : { signal })).subarray();
    } catch (error) {
      // Reset: the other end gave the whole connection up, as one does whose peer was silent for long.
      if (error instanceof Error && ['UnexpectedEOFError', 'StreamResetError'].includes(error.name))
        return null;
      throw error;
    }
    try {
      return decode(frame, { strict: true, allowUndefined: false, rejectDuplicateMapKeys: true });
    } catch (error) {
      throw new Error(`The peer sent a message that is not CBOR: ${sentenceOf(error)}`);
    }
  }

  async receive(): Promise<Message | null> {
    const raw = await this.receiveRaw();
    return raw === null ? null : readWire(messageSchema, raw, 'message');
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#stream.close({ signal: AbortSignal.timeout(limits.STOP_TIMEOUT_MS) });
  }

  async #write(encoded: Uint8Array): Promise<void> {
    try {
      await this.#framed.write(encoded);
    } catch (error) {
      // libp2p rejects with an Event when the stream closes meanwhile.
      throw error instanceof Error
        ? error
        : new Error('The connection to the peer closed while a message was sent');
    }
    await untilSent(this.#stream, BOUNDS);
  }
}
