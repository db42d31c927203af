import { createHash, type Hash } from 'node:crypto';
import type { Stream } from '@libp2p/interface';
import { decode, encode } from 'cborg';
import { pipe } from 'it-pipe';
import * as limits from '../../src/protocol/limits.ts';
import type { BulkHeader, BulkRequest } from '../../src/protocol/messages.ts';
import { clipWords } from '../../src/protocol/words.ts';
import { bulkHeaderSchema, bulkRequestSchema } from '../protocol/schemas.ts';
import { sentenceOf } from '../sentence.ts';
import { receiveBounded, type StreamBounds, sendBounded } from './bounded-stream.ts';
import { ByteReader } from './byte-reader.ts';
import type { BulkAnswer } from './mesh.ts';
import { readWire } from './read-wire.ts';
import type { Throttle } from './throttle.ts';

/**
 * One transfer is one stream: request → header → bytes → sha256. Requests and headers are CBOR after a 32-bit
 * big-endian length. The length and the digest are checked always: when a sender is killed, its streams look as if
 * they had ended well.
 */

const DIGEST_BYTES = 32;
const LENGTH_BYTES = 4;

const WRITE_BOUNDS: StreamBounds = {
  maxBufferBytes: limits.MAX_BULK_WRITE_BUFFER_BYTES,
  stallMs: limits.BULK_STALL_MS,
};
const READ_BOUNDS: StreamBounds = {
  maxBufferBytes: limits.MAX_BULK_READ_BUFFER_BYTES,
  stallMs: limits.BULK_STALL_MS,
};

/** The end that wants bytes. `sink` is waited for at each piece. Rejects with a sentence; the stream is over then. */
export async function fetchBulk(
  stream: Stream,
  request: BulkRequest,
  sink: (piece: Uint8Array) => Promise<void>,
  signal: AbortSignal,
  throttle: Throttle | null = null,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const reader = new ByteReader(receiveBounded(stream, READ_BOUNDS));
  const onAbort = (): void => stream.abort(new Error('The transfer was cancelled'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await sendFrame(stream, request);
    await stream.close();
    const header = readWire(bulkHeaderSchema, decode(await receiveFrame(reader)), 'bulk header');
    if ('refused' in header) throw new Error(`The peer refused the transfer: ${header.refused}`);
    const digest = createHash('sha256');
    await pipe(() => reader.pieces(header.bytes), digested(digest), pacedBy(throttle), into(sink));
    const sha256 = checkDigest(digest, await reader.exactly(DIGEST_BYTES));
    await reader.end();
    return { bytes: header.bytes, sha256 };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await endStream(stream, reader);
  }
}

/** The end that has the bytes. Never throws: the other end learns of a failure by a refusal or a broken stream. */
export async function serveBulk(
  stream: Stream,
  serve: (request: BulkRequest) => Promise<BulkAnswer>,
  throttle: Throttle | null = null,
): Promise<void> {
  const reader = new ByteReader(receiveBounded(stream, READ_BOUNDS));
  try {
    const request = readWire(bulkRequestSchema, decode(await receiveFrame(reader)), 'bulk request');
    await reader.end();
    const answer = await answerTo(request, serve);
    if ('refused' in answer) {
      await sendFrame(stream, { refused: clipWords(answer.refused) });
      return;
    }
    await sendFrame(stream, { bytes: answer.bytes });
    const digest = createHash('sha256');
    await pipe(
      answer.source,
      exactlyLong(answer.bytes),
      digested(digest),
      inPiecesOf(limits.BULK_PIECE_BYTES),
      pacedBy(throttle),
      (pieces) => sendAll(stream, pieces),
    );
    const sum = digest.digest();
    answer.onSent?.(sum.toString('hex'));
    await sendBounded(stream, sum, WRITE_BOUNDS);
  } catch (error) {
    stream.abort(new Error(sentenceOf(error)));
  } finally {
    await endStream(stream, reader);
  }
}

async function answerTo(
  request: BulkRequest,
  serve: (request: BulkRequest) => Promise<BulkAnswer>,
): Promise<BulkAnswer> {
  try {
    return await serve(request);
  } catch (error) {
    return { refused: sentenceOf(error) };
  }
}

/** A stream that is not closed by both ends counts against the limit of its connection for ever. */
async function endStream(stream: Stream, reader: ByteReader): Promise<void> {
  try {
    await stream.close({ signal: AbortSignal.timeout(limits.BULK_STALL_MS) });
    await reader.stop();
  } catch (error) {
    stream.abort(new Error(`The stream did not close: ${sentenceOf(error)}`));
  }
}

async function sendFrame(stream: Stream, value: BulkRequest | BulkHeader): Promise<void> {
  const body = encode(value);
  const frame = new Uint8Array(LENGTH_BYTES + body.byteLength);
  new DataView(frame.buffer).setUint32(0, body.byteLength);
  frame.set(body, LENGTH_BYTES);
  await sendBounded(stream, frame, WRITE_BOUNDS);
}

async function receiveFrame(reader: ByteReader): Promise<Uint8Array> {
  const head = await reader.exactly(LENGTH_BYTES);
  const bytes = new DataView(head.buffer).getUint32(0);
  if (bytes > limits.MAX_BULK_HEADER_BYTES) {
    throw new Error(
      `The peer announced a bulk header of ${bytes} bytes; at most ${limits.MAX_BULK_HEADER_BYTES} are allowed`,
    );
  }
  return await reader.exactly(bytes);
}

async function sendAll(stream: Stream, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) await sendBounded(stream, piece, WRITE_BOUNDS);
}

/** Stage: as fast as a cap allows; without one, as they come. */
function pacedBy(throttle: Throttle | null) {
  return (pieces: AsyncIterable<Uint8Array>) => (throttle === null ? pieces : throttle.paced(pieces));
}

/** Stage: passes on what it hashes. */
export function digested(digest: Hash) {
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      digest.update(piece);
      yield piece;
    }
  };
}

/** Stage: breaks off when there is more or less than was announced. */
export function exactlyLong(bytes: number) {
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let seen = 0;
    for await (const piece of pieces) {
      seen += piece.byteLength;
      if (seen > bytes) throw new Error(`More than the announced ${bytes} bytes came from the source`);
      yield piece;
    }
    if (seen < bytes) throw new Error(`${seen} of the announced ${bytes} bytes came from the source`);
  };
}

/** Stage: the same bytes in pieces of one size, the last one shorter. A piece of that size passes uncopied. */
export function inPiecesOf(size: number) {
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let gathered: Uint8Array | null = null;
    let filled = 0;
    for await (const part of pieces) {
      for (let taken = 0; taken < part.byteLength; ) {
        const count = Math.min(size - filled, part.byteLength - taken);
        const next = part.subarray(taken, taken + count);
        taken += count;
        if (count === size) {
          yield next;
          continue;
        }
        // Not from Node's pool: a piece lives until the socket has taken it.
        gathered ??= Buffer.allocUnsafeSlow(size);
        gathered.set(next, filled);
        filled += count;
        if (filled < size) continue;
        yield gathered;
        gathered = null;
        filled = 0;
      }
    }
    if (gathered !== null) yield gathered.subarray(0, filled);
  };
}

/** End of a pipe: one piece after the other. */
export function into(sink: (piece: Uint8Array) => Promise<void>) {
  return async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) await sink(piece);
  };
}

/** Hex of the digest that was computed; throws when it is not the one that was sent. */
function checkDigest(computed: Hash, sent: Uint8Array): string {
  const got = computed.digest('hex');
  const expected = Buffer.from(sent).toString('hex');
  if (got !== expected) {
    throw new Error(
      `The data that arrived has sha256 ${got}, the peer sent ${expected}: it was damaged on the way`,
    );
  }
  return got;
}
