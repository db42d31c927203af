import type { Stream } from '@libp2p/interface';
import type { Uint8ArrayList } from 'uint8arraylist';

/**
 * Bounded sending and receiving over a libp2p 3 stream. The library's own ways of waiting (`onDrain`, async
 * iteration, its `pipe`) lose track of what is buffered; these look at the state of the stream instead of
 * believing its events. test/mesh/traps.test.ts has a test for each way in which they could fail.
 */

export interface StreamBounds {
  readonly maxBufferBytes: number;
  /** How long nothing may move while the other end owes us something. */
  readonly stallMs: number;
}

/**
 * Hands data to the stream, then waits until no more than `maxBufferBytes` of it are still here.
 * Rejects when the stream closes first, or when nothing moves for `stallMs`. `data` must not be changed afterwards.
 */
export async function sendBounded(
  stream: Stream,
  data: Uint8Array | Uint8ArrayList,
  bounds: StreamBounds,
): Promise<void> {
  assertWritable(stream);
  stream.send(data);
  await untilSent(stream, bounds);
}

/** Waits until no more than `maxBufferBytes` are waiting to be sent. */
export async function untilSent(stream: Stream, bounds: StreamBounds): Promise<void> {
  while (stream.writeBufferLength > bounds.maxBufferBytes) {
    // `drain` is told to every stream of a connection, whether its own bytes went or not: hence the loop.
    await anyEvent(stream, ['drain', 'idle', 'close'], bounds.stallMs, 'takes no data');
    // An aborted stream empties its buffer, which must not look like success.
    assertWritable(stream);
  }
}

/**
 * Yields what arrives, and pauses the stream while `maxBufferBytes` wait here. Needs a muxer window that is not
 * larger than the stream's read buffer. Leaving early aborts the stream: the other end must not go on sending.
 */
export async function* receiveBounded(stream: Stream, bounds: StreamBounds): AsyncGenerator<Uint8Array> {
  const inbox = new StreamInbox(stream, bounds.maxBufferBytes);
  let isComplete = false;
  try {
    for (;;) {
      const piece = inbox.take();
      if (piece !== undefined) {
        yield piece;
      } else if (inbox.hasEnded()) {
        isComplete = true;
        return;
      } else {
        await inbox.changed(bounds.stallMs);
      }
    }
  } finally {
    inbox.detach();
    if (!isComplete) stream.abort(new Error('The reader stopped before the end of the stream'));
  }
}

/** What arrived and was not yet taken. */
class StreamInbox {
  readonly #stream: Stream;
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isResuming = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Stream, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    stream.addEventListener('message', this.#onMessage);
    stream.addEventListener('close', this.#onClose);
    stream.addEventListener('remoteCloseWrite', this.#onChange);
    stream.addEventListener('end', this.#onChange);
  }

  detach(): void {
    this.#stream.removeEventListener('message', this.#onMessage);
    this.#stream.removeEventListener('close', this.#onClose);
    this.#stream.removeEventListener('remoteCloseWrite', this.#onChange);
    this.#stream.removeEventListener('end', this.#onChange);
  }

  take(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (piece === undefined) return undefined;
    this.#bytes -= piece.byteLength;
    if (this.#bytes <= this.#maxBytes / 2 && this.#stream.readStatus === 'paused') this.#resume();
    return piece;
  }

  /** By the state of the stream: its events may have fired before anyone listened. Throws when it broke. */
  hasEnded(): boolean {
    const stream = this.#stream;
    if (this.#pieces.length > 0) return false;
    if (this.#error !== undefined) throw this.#error;
    if (stream.status === 'aborted' || stream.status === 'reset') throw closedError(stream);
    if (stream.readBufferLength > 0 && stream.readStatus !== 'closed') return false;
    return stream.remoteWriteStatus !== 'writable' || stream.status === 'closed';
  }

  changed(stallMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(stalledError('sends no data', stallMs)), stallMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  readonly #onChange = (): void => this.#wake();

  readonly #onMessage = (event: { data: Uint8Array | Uint8ArrayList }): void => {
    for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) {
      this.#pieces.push(piece);
      this.#bytes += piece.byteLength;
    }
    // A pause inside resume() would be undone by yamux, which opens its window after it dispatched.
    if (!this.#isResuming) this.#pauseWhenFull();
    this.#wake();
  };

  readonly #onClose = (event: { error?: Error }): void => {
    this.#error = event.error;
    this.#wake();
  };

  #pauseWhenFull(): void {
    if (this.#bytes >= this.#maxBytes && this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  #resume(): void {
    this.#isResuming = true;
    try {
      this.#stream.resume();
    } catch (error) {
      // The connection is gone; what had arrived was handed over before this was thrown.
      if (this.#stream.status === 'open') throw error;
    } finally {
      this.#isResuming = false;
    }
    this.#pauseWhenFull();
  }
}

/** libp2p's send() throws when the stream is closed; this says so in a sentence. */
function assertWritable(stream: Stream): void {
  if (stream.writeStatus !== 'writable' || stream.status !== 'open') throw closedError(stream);
}

function closedError(stream: Stream): Error {
  return new Error(`The stream to the peer is closed (${stream.status}) before everything was transferred`);
}

function stalledError(what: string, stallMs: number): Error {
  return new Error(`The peer ${what} for ${Math.round(stallMs / 1000)} s`);
}

type StreamEvent = 'drain' | 'idle' | 'close';

function anyEvent(
  stream: Stream,
  names: readonly StreamEvent[],
  timeoutMs: number,
  what: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const name of names) stream.removeEventListener(name, done);
      resolve();
    };
    const timer = setTimeout(() => {
      reject(stalledError(what, timeoutMs));
      done();
    }, timeoutMs);
    for (const name of names) stream.addEventListener(name, done);
  });
}
