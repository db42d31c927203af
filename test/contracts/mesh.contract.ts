import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BulkAnswer, Mesh, MeshEvent } from '../../node/mesh/mesh.ts';
import type { BulkRequest, JobMessage } from '../../src/protocol/messages.ts';

/** One end that talks to another: two daemons of a swarm, or a daemon and itself. */
export interface MeshPair {
  readonly near: Mesh;
  /** Id under which `near` reaches the far end, and under which the far end knows it. */
  readonly farId: string;
  readonly nearId: string;
  /** What the far end was told, from now on. */
  readonly farEvents: MeshEvent[];
  /** How the far end answers. */
  setServe(serve: (peer: string, request: BulkRequest) => Promise<BulkAnswer>): void;
  stop(): Promise<void>;
}

const REQUEST: BulkRequest = { kind: 'slice', job: 'job-1', attempt: 3 };
const never = new AbortController().signal;

/** What holds for every mesh, real or not. */
export function describeMesh(name: string, connect: () => Promise<MeshPair>): void {
  describe(`the mesh contract: ${name}`, () => {
    test('messages arrive in order, after send, and whole', async () => {
      const pair = await connect();
      try {
        const sent: JobMessage[] = Array.from({ length: 500 }, (_, attempt) => ({
          type: 'frames-decoded',
          job: 'job-1',
          attempt,
          firstFrame: attempt,
          fingerprints: new Uint8Array(16 * (1 + (attempt % 40))).fill(attempt),
        }));
        const sends = sent.map((message) => pair.near.send(pair.farId, message));
        expect(messagesOf(pair.farEvents)).toEqual([]);
        await Promise.all(sends);
        await until(() => messagesOf(pair.farEvents).length >= sent.length);
        expect(messagesOf(pair.farEvents)).toEqual(
          sent.map((message) => ({ type: 'message', peer: pair.nearId, message })),
        );
      } finally {
        await pair.stop();
      }
    });

    test('a message out of its range is refused where it is sent', async () => {
      const pair = await connect();
      try {
        const message: JobMessage = { type: 'room-offered', leases: -1 };
        await expect(pair.near.send(pair.farId, message)).rejects.toThrow(/room-offered/);
        await pair.near.send(pair.farId, { type: 'room-offered', leases: 1 });
        await until(() => messagesOf(pair.farEvents).length > 0);
        expect(messagesOf(pair.farEvents)).toHaveLength(1);
      } finally {
        await pair.stop();
      }
    });

    test('a peer that is not there is named in the error', async () => {
      const pair = await connect();
      try {
        await expect(pair.near.send('nobody', { type: 'job-ended', job: 'job-1' })).rejects.toThrow(/nobody/);
        await expect(pair.near.fetch('nobody', REQUEST, async () => undefined, never)).rejects.toThrow(
          /nobody/,
        );
      } finally {
        await pair.stop();
      }
    });

    test('a fetch brings the bytes of the right request, with length and sha256', async () => {
      const pair = await connect();
      try {
        const data = randomBytes(3_000_001);
        const requests: unknown[] = [];
        pair.setServe(async (peer, request) => {
          requests.push([peer, request]);
          return { bytes: data.byteLength, source: piecesOf(data, 100_000) };
        });
        const { pieces, sink } = collector();
        const result = await pair.near.fetch(pair.farId, REQUEST, sink, never);
        expect(result).toEqual({
          bytes: data.byteLength,
          sha256: createHash('sha256').update(data).digest('hex'),
        });
        expect(Buffer.concat(pieces).equals(data)).toBe(true);
        expect(requests).toEqual([[pair.nearId, REQUEST]]);
      } finally {
        await pair.stop();
      }
    });

    test('nothing is a valid answer too', async () => {
      const pair = await connect();
      try {
        pair.setServe(async () => ({ bytes: 0, source: piecesOf(new Uint8Array(0), 1) }));
        const { pieces, sink } = collector();
        expect((await pair.near.fetch(pair.farId, REQUEST, sink, never)).bytes).toBe(0);
        expect(pieces).toEqual([]);
      } finally {
        await pair.stop();
      }
    });

    test('the sink is waited for, piece by piece', async () => {
      const pair = await connect();
      try {
        const data = randomBytes(2_000_000);
        pair.setServe(async () => ({ bytes: data.byteLength, source: piecesOf(data, 200_000) }));
        let running = 0;
        let most = 0;
        const sink = async (): Promise<void> => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 1));
          running -= 1;
        };
        await pair.near.fetch(pair.farId, REQUEST, sink, never);
        expect(most).toBe(1);
      } finally {
        await pair.stop();
      }
    });

    test('a refusal rejects with its reason', async () => {
      const pair = await connect();
      try {
        pair.setServe(async () => ({ refused: 'attempt 3 is not known here' }));
        await expect(pair.near.fetch(pair.farId, REQUEST, async () => undefined, never)).rejects.toThrow(
          'attempt 3 is not known here',
        );
      } finally {
        await pair.stop();
      }
    });

    test('fewer or more bytes than announced reject, and so does a source or sink that fails', async () => {
      const pair = await connect();
      try {
        const data = randomBytes(600_000);
        const fetchOnce = () => pair.near.fetch(pair.farId, REQUEST, async () => undefined, never);
        pair.setServe(async () => ({ bytes: data.byteLength + 1, source: piecesOf(data, 50_000) }));
        await expect(fetchOnce()).rejects.toThrow();
        pair.setServe(async () => ({ bytes: data.byteLength - 1, source: piecesOf(data, 50_000) }));
        await expect(fetchOnce()).rejects.toThrow();
        pair.setServe(async () => ({ bytes: data.byteLength, source: failingAfter(data) }));
        await expect(fetchOnce()).rejects.toThrow();
        pair.setServe(async () => ({ bytes: data.byteLength, source: piecesOf(data, 50_000) }));
        const broken = async (): Promise<void> => {
          throw new Error('the disk is full');
        };
        await expect(pair.near.fetch(pair.farId, REQUEST, broken, never)).rejects.toThrow('the disk is full');
        expect((await fetchOnce()).bytes).toBe(data.byteLength);
      } finally {
        await pair.stop();
      }
    });

    test('an abort ends the transfer at both ends', async () => {
      const pair = await connect();
      try {
        let isSourceEnded = false;
        pair.setServe(async () => ({
          bytes: 1e9,
          source: (async function* () {
            try {
              for (;;) yield new Uint8Array(100_000);
            } finally {
              isSourceEnded = true;
            }
          })(),
        }));
        const controller = new AbortController();
        let received = 0;
        const fetching = pair.near.fetch(
          pair.farId,
          REQUEST,
          async (piece) => {
            received += piece.byteLength;
            if (received > 1_000_000) controller.abort(new Error('cancelled by the user'));
          },
          controller.signal,
        );
        await expect(fetching).rejects.toThrow('cancelled by the user');
        await until(() => isSourceEnded);
      } finally {
        await pair.stop();
      }
    });
  });
}

function messagesOf(events: readonly MeshEvent[]): MeshEvent[] {
  return events.filter(({ type }) => type === 'message');
}

async function* piecesOf(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.byteLength; start += size) yield data.slice(start, start + size);
}

async function* failingAfter(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data.subarray(0, 1000);
  throw new Error('the source vanished');
}

function collector() {
  const pieces: Uint8Array[] = [];
  return { pieces, sink: async (piece: Uint8Array): Promise<void> => void pieces.push(piece.slice()) };
}

/** Waits for something that must come; the test's own time limit ends it otherwise. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
