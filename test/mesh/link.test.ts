import { decode } from 'cborg';
import { expect, test } from 'vitest';
import type { ControlStream } from '../../node/mesh/control-stream.ts';
import { Link, type Session } from '../../node/mesh/link.ts';
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

function sessionThatSaves(sent: unknown[]): Session {
  const control = {
    waitingCount: 0,
    send: async (encoded: Uint8Array) => void sent.push(decode(encoded)),
  } as unknown as ControlStream;
  return { connection: {} as Session['connection'], control, openedMs: 0, nextIndex: 0 };
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
