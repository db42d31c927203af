import { decode } from 'cborg';
import { expect, test } from 'vitest';
import type { ControlStream } from '../../node/mesh/control-stream.ts';
import { Link, type Session } from '../../node/mesh/link.ts';
import { LinkBook } from '../../node/mesh/link-book.ts';
import type { MeshEvent } from '../../node/mesh/mesh.ts';
import { HEARTBEAT_MS, IDLE_HEARTBEAT_MS } from '../../src/mesh/membership.ts';

const PEER = {
  id: 'p',
  name: 'peer',
  version: '1',
  instance: 'i',
  slots: 1,
  addresses: [],
  metBy: 'mdns',
} as const;

function sessionThatSaves(sent: unknown[], ...heard: unknown[]): Session {
  const control = {
    waitingCount: 0,
    send: async (encoded: Uint8Array) => void sent.push(decode(encoded)),
    receive: () => heard.shift() ?? new Promise(() => undefined),
  } as unknown as ControlStream;
  return {
    connection: { abort: () => undefined } as unknown as Session['connection'],
    control,
    openedMs: 0,
    nextIndex: 0,
  };
}

test('the other end learns at once how often it is to hear of us, sooner and later, and on each session, wherever it is met then', () => {
  const sent: unknown[] = [];
  const link = new Link('l', PEER, sessionThatSaves(sent));
  for (const everyMs of [HEARTBEAT_MS, IDLE_HEARTBEAT_MS, IDLE_HEARTBEAT_MS, HEARTBEAT_MS])
    link.keepBeating(everyMs);
  const moved = { ...PEER, addresses: ['10.0.0.2:1'] };
  link.resume(sessionThatSaves(sent), 0, moved);
  expect(link.peer).toBe(moved);
  link.keepBeating(HEARTBEAT_MS);
  expect(sent).toEqual(
    [HEARTBEAT_MS, IDLE_HEARTBEAT_MS, HEARTBEAT_MS, HEARTBEAT_MS].map((everyMs) => ({
      type: 'heartbeat',
      received: 0,
      everyMs,
    })),
  );
});

test('a peer that goes on from another address is told of with it, one that goes on from the same is not', async () => {
  const events: MeshEvent[] = [];
  const book = new LinkBook(
    (event) => void events.push(event),
    () => true,
  );
  await book.join(
    PEER,
    'l',
    null,
    sessionThatSaves([], { type: 'heartbeat', received: 0, everyMs: HEARTBEAT_MS }),
  );
  await book.join(PEER, 'l', null, sessionThatSaves([]));
  const moved = { ...PEER, addresses: ['10.0.0.2:1'] };
  await book.join(moved, 'l', null, sessionThatSaves([]));
  expect(events).toEqual([
    { type: 'peer-joined', peer: PEER },
    { type: 'peer-moved', peer: moved },
  ]);
  expect(book.peers()).toEqual([moved]);
});
