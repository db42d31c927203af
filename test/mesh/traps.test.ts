import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Stream } from '@libp2p/interface';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { receiveBounded, sendBounded } from '../../node/mesh/bounded-stream.ts';
import { fetchBulk, serveBulk } from '../../node/mesh/bulk.ts';
import { ControlStream, encodeMessage } from '../../node/mesh/control-stream.ts';
import { createNode, toMultiaddr } from '../../node/mesh/create-libp2p.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { BulkRequest } from '../../src/protocol/messages.ts';
import { connectNodes, MIB, type StreamPair, settled } from './stream-fixture.ts';

/**
 * The ways in which libp2p 3's streams lose data, memory or themselves (numbers as in our notes on it). Amounts are
 * measured in bytes handed over or not, never in seconds.
 */

const BOUNDS = { maxBufferBytes: 256 * 1024, stallMs: 20_000 };
/** Windows of both ends, what the sockets hold, our own buffers: nothing in it grows with the amount sent. */
const IN_FLIGHT_BYTES = 6 * MIB;
const REQUEST: BulkRequest = { kind: 'slice', job: 'job-1', attempt: 1 };
const never = new AbortController().signal;

let pair: StreamPair;
beforeEach(async () => {
  pair = await connectNodes();
});
afterEach(async () => {
  await pair.stop();
});

describe('sending waits for the reader', () => {
  test('1: not only the first time', async () => {
    const { near, far } = await pair.open();
    const sender = startSending(near, 64 * MIB);
    const reader = startReading(far);
    for (let round = 0; round < 3; round += 1) {
      reader.allow(4 * MIB);
      await settled(() => reader.read());
      const handed = await settled(() => sender.handed());
      expect(handed - reader.read()).toBeLessThan(IN_FLIGHT_BYTES);
      expect(reader.read()).toBeGreaterThanOrEqual(4 * MIB * (round + 1));
    }
    near.abort(new Error('enough'));
    await sender.ended;
    await reader.ended;
  });

  test('2: and is not woken by the progress of other streams of the connection', async () => {
    const { near, far } = await pair.open();
    const reader = startReading(far);
    const sender = startSending(near, 64 * MIB);
    await settled(() => sender.handed());
    // What the muxer tells every stream whenever the connection's own buffer has emptied.
    for (let drains = 0; drains < 300; drains += 1) {
      near.dispatchEvent(new Event('drain'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sender.handed()).toBeLessThan(IN_FLIGHT_BYTES);
    near.abort(new Error('enough'));
    await Promise.all([sender.ended, reader.ended]);
  });
});

describe('receiving is bounded', () => {
  test('3: a reader that does not read is not sent more', async () => {
    const { near, far } = await pair.open();
    const reader = startReading(far);
    reader.allow(1);
    const total = 48 * MIB;
    // A sender without any manners: everything at once.
    for (let sent = 0; sent < total; sent += MIB) near.send(new Uint8Array(MIB));
    const left = await settled(() => near.writeBufferLength);
    expect(total - left).toBeLessThan(IN_FLIGHT_BYTES);
    near.abort(new Error('enough'));
    await reader.ended;
  });

  test('5: a sink that waits for long does not end the transfer', async () => {
    const data = randomBytes(12 * MIB);
    const { near, far } = await pair.open();
    let handed = 0;
    void serveBulk(far, async () => ({
      bytes: data.byteLength,
      source: counted(data, (bytes) => (handed += bytes)),
    }));
    const pieces: Uint8Array[] = [];
    let isFirst = true;
    await fetchBulk(
      near,
      REQUEST,
      async (piece) => {
        if (isFirst) expect(await settled(() => handed)).toBeLessThan(IN_FLIGHT_BYTES);
        isFirst = false;
        pieces.push(piece.slice());
      },
      never,
    );
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  });

  test('6: a paused stream stays open, whatever its window has grown to', async () => {
    const { near, far } = await pair.open();
    const reader = startReading(far);
    reader.allow(16 * MIB);
    const sender = startSending(near, 64 * MIB);
    await settled(() => reader.read());
    await settled(() => sender.handed());
    expect(far.status).toBe('open');
    expect(far.readBufferLength).toBeLessThanOrEqual(limits.STREAM_READ_BUFFER_BYTES);
    expect(limits.STREAM_WINDOW_BYTES).toBeLessThanOrEqual(limits.STREAM_READ_BUFFER_BYTES);
    reader.allow(Number.POSITIVE_INFINITY);
    await sender.ended;
    await near.close();
    await reader.ended;
    expect(reader.read()).toBe(64 * MIB);
  });

  test('7: it stays paused when resuming brings more than the buffer may hold', async () => {
    const { near, far } = await pair.open();
    const sender = startSending(near, 24 * MIB);
    let read = 0;
    let most = 0;
    for await (const piece of receiveBounded(far, { ...BOUNDS, maxBufferBytes: 64 * 1024 })) {
      read += piece.byteLength;
      // Lets the sender run as far as it can before each piece is taken, every so often.
      if (read % (2 * MIB) < piece.byteLength) await settled(() => sender.handed());
      else await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, sender.handed() - read);
      if (read === 24 * MIB) void near.close();
    }
    expect(read).toBe(24 * MIB);
    expect(most).toBeLessThan(IN_FLIGHT_BYTES);
  });
});

describe('the end of a stream is noticed', () => {
  test('4: also when it came before anyone listened', async () => {
    const { near, far } = await pair.open();
    await sendBounded(near, new Uint8Array(100_000), BOUNDS);
    await near.close();
    await until(() => far.remoteWriteStatus === 'closed');
    expect(await countBytes(far)).toBe(100_000);
    const empty = await pair.open();
    await empty.near.close();
    await until(() => empty.far.remoteWriteStatus === 'closed');
    expect(await countBytes(empty.far)).toBe(0);
  });

  test('4: and a broken stream is not taken for an ended one', async () => {
    const { near, far } = await pair.open();
    await sendBounded(near, new Uint8Array(1000), BOUNDS);
    near.abort(new Error('broken'));
    await until(() => far.status !== 'open');
    await expect(countBytes(far)).rejects.toThrow();
  });

  test('what had arrived is read after the connection is gone', async () => {
    const { near, far } = await pair.open();
    const reader = startReading(far, 64 * 1024);
    reader.allow(1);
    // Less than the first window, so that all of it goes although the reader does not read on.
    for (let sent = 0; sent < 5; sent += 1) await sendBounded(near, new Uint8Array(40_000), BOUNDS);
    expect(await settled(() => far.readBufferLength)).toBeGreaterThan(0);
    await near.close();
    await pair.connection.close();
    await until(() => pair.farConnections().length === 0);
    reader.allow(Number.POSITIVE_INFINITY);
    await reader.ended;
    expect(reader.read()).toBe(200_000);
  });

  test('8: a sender that was killed is not a sender that has finished', async () => {
    const program = fileURLToPath(new URL('killed-sender.ts', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    const node = await createNode({
      privateKey: await generateKeyPair('Ed25519'),
      listen: [],
      accepts: () => true,
      mdns: null,
    });
    await node.libp2p.start();
    try {
      const connection = await node.libp2p.dial(toMultiaddr({ host: '127.0.0.1', port: Number(line) }));
      const stream = await connection.newStream('/test/1');
      let received = 0;
      const fetching = fetchBulk(
        stream,
        REQUEST,
        async (piece) => {
          received += piece.byteLength;
          if (received > MIB) child.kill('SIGKILL');
        },
        never,
      );
      await expect(fetching).rejects.toThrow(/of 1000000000 bytes|closed/);
    } finally {
      child.kill('SIGKILL');
      await node.libp2p.stop();
    }
  });
});

describe('streams are given back', () => {
  test('9: hundreds of transfers, refused and failed ones too, leave none behind', async () => {
    for (let round = 0; round < 120; round += 1) {
      const { near, far } = await pair.open();
      void serveBulk(far, async () => {
        if (round % 3 === 0) return { refused: 'not here' };
        const bytes = round % 3 === 1 ? 1000 : 2000;
        return { bytes, source: counted(new Uint8Array(1000), () => undefined) };
      });
      await fetchBulk(near, REQUEST, async () => undefined, never).catch(() => undefined);
    }
    await until(() => pair.connection.streams.length === 0);
    await until(() => pair.farConnections().every(({ streams }) => streams.length === 0));
  });
});

describe('errors are errors', () => {
  test('10: a closed stream rejects with a sentence, and throws nothing past its caller', async () => {
    const { near } = await pair.open();
    const waiting = sendAmount(near, 32 * MIB, () => undefined);
    near.abort(new Error('pulled'));
    await expect(waiting).rejects.toThrow(/stream to the peer is closed/);
    const other = await pair.open();
    const large = sendBounded(other.near, new Uint8Array(32 * MIB), BOUNDS);
    other.near.abort(new Error('pulled'));
    await expect(large).rejects.toThrow(/stream to the peer is closed/);
    await expect(sendBounded(near, new Uint8Array(1), BOUNDS)).rejects.toThrow(
      /stream to the peer is closed/,
    );
  });

  test('10: a control stream that closes while it waits does so too', async () => {
    const { near, far } = await pair.open();
    far.pause();
    const control = new ControlStream(near);
    const message = encodeMessage({
      type: 'frames-decoded',
      job: 'job-1',
      attempt: 1,
      firstFrame: 0,
      fingerprints: new Uint8Array(limits.MAX_FINGERPRINT_BYTES),
    });
    const sends = Array.from({ length: 200 }, () => control.send(message));
    const outcomes = Promise.allSettled(sends);
    await settled(() => control.waitingCount);
    expect(control.waitingCount).toBeGreaterThan(0);
    near.abort(new Error('pulled'));
    const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) expect(reason).toBeInstanceOf(Error);
  });
});

async function sendAmount(stream: Stream, bytes: number, onHanded: (bytes: number) => void): Promise<void> {
  for (let sent = 0; sent < bytes; sent += 128 * 1024) {
    onHanded(128 * 1024);
    await sendBounded(stream, new Uint8Array(128 * 1024), BOUNDS);
  }
}

function startSending(stream: Stream, bytes: number) {
  let handed = 0;
  const ended = sendAmount(stream, bytes, (count) => {
    handed += count;
  }).catch(() => undefined);
  return { handed: () => handed, ended };
}

/** Reads on only while it is allowed to. */
function startReading(stream: Stream, maxBufferBytes = BOUNDS.maxBufferBytes) {
  let read = 0;
  let allowed = 0;
  let wake = (): void => undefined;
  const run = async (): Promise<void> => {
    for await (const piece of receiveBounded(stream, { ...BOUNDS, maxBufferBytes })) {
      read += piece.byteLength;
      while (read >= allowed && stream.status === 'open') {
        await new Promise<void>((resolve) => {
          wake = resolve;
          stream.addEventListener('close', () => resolve());
        });
      }
    }
  };
  const ended = run().catch(() => undefined);
  const allow = (bytes: number): void => {
    allowed += bytes;
    wake();
  };
  return { read: () => read, allow, ended };
}

async function countBytes(stream: Stream): Promise<number> {
  let bytes = 0;
  for await (const piece of receiveBounded(stream, BOUNDS)) bytes += piece.byteLength;
  return bytes;
}

async function* counted(data: Uint8Array, onHanded: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.byteLength; start += 64 * 1024) {
    const piece = data.slice(start, start + 64 * 1024);
    onHanded(piece.byteLength);
    yield piece;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
