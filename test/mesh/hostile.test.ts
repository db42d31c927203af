import { randomBytes } from 'node:crypto';
import { encode } from 'cborg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MeshEvent } from '../../node/mesh/mesh.ts';
import { HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import * as limits from '../../src/protocol/limits.ts';
import { BULK_PROTOCOL } from '../../src/protocol/messages.ts';
import { startNode, type TestNode, until, untilMet } from './mesh-fixture.ts';
import { dialRaw, HELLO, joinRaw, type RawPeer } from './raw-peer.ts';

/** Whatever a stranger sends: the stranger is dropped with a sentence, and the daemon goes on. */

let node: TestNode;
let address: string;
const raws: RawPeer[] = [];

beforeEach(async () => {
  node = await startNode();
  address = node.mesh.addresses[0] ?? '';
});
afterEach(async () => {
  await worksStill();
  await node.mesh.stop();
  await Promise.all(raws.splice(0).map((raw) => raw.stop()));
});

/** A friend still joins, and its messages arrive. */
async function worksStill(): Promise<void> {
  const friend = await startNode({ name: 'friend', peers: [address] });
  await untilMet(node, friend);
  await friend.mesh.send(node.mesh.id, { type: 'room-offered', leases: 2 });
  await until(() => node.events.some((event) => event.type === 'message' && event.peer === friend.mesh.id));
  await friend.mesh.stop();
}

async function join(): Promise<RawPeer> {
  const raw = await joinRaw(address);
  raws.push(raw);
  await until(() => node.mesh.peers().some(({ id }) => id === raw.id));
  return raw;
}

async function reasonOfLeaving(raw: RawPeer): Promise<string> {
  const isLeft = (event: MeshEvent): boolean => event.type === 'peer-left' && event.peer === raw.id;
  await until(() => node.events.some(isLeft));
  await until(() => raw.connection.status !== 'open');
  const event = node.events.find(isLeft);
  return event?.type === 'peer-left' ? event.reason : '';
}

test('a message that is not CBOR', async () => {
  const raw = await join();
  raw.stream.send(new Uint8Array([5, 255, 255, 255, 255, 255]));
  expect(await reasonOfLeaving(raw)).toMatch(/raw was dropped: .*not CBOR/);
});

test('a message longer than allowed, announced or sent', async () => {
  const raw = await join();
  raw.stream.send(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x7f]));
  expect(await reasonOfLeaving(raw)).toMatch(/raw was dropped: .*length/i);
  const other = await join();
  await other.say(new Uint8Array(limits.MAX_MESSAGE_BYTES)).catch(() => undefined);
  expect(await reasonOfLeaving(other)).toMatch(/raw was dropped: .*length/i);
});

test('a type that does not exist, a value out of range, a field that is missing', async () => {
  for (const wrong of [
    { type: 'run', command: 'reboot' },
    { type: 'room-offered', leases: 1e9 },
    { type: 'lease-granted', job: '../../x', chunk: 0, attempt: 0, frameCount: 1, sliceBytes: 1 },
    { type: 'attempt-started', job: 'x' },
    { type: 'heartbeat', received: 0, everyMs: 1e9 },
  ]) {
    const raw = await join();
    await raw.say(wrong);
    expect(await reasonOfLeaving(raw)).toMatch(/raw was dropped: The peer sent a message that is not valid/);
  }
  expect(node.events.filter(({ type }) => type === 'message')).toEqual([]);
});

test('random bytes', async () => {
  const raw = await join();
  for (let sent = 0; sent < 20 && raw.stream.status === 'open'; sent += 1) {
    try {
      raw.stream.send(randomBytes(10_000));
    } catch {
      // Dropped already.
    }
  }
  expect(await reasonOfLeaving(raw)).toMatch(/raw was dropped/);
});

test('a flood of messages', async () => {
  const raw = await join();
  const beat = encode({ type: 'heartbeat', received: 0, everyMs: HEARTBEAT_MS });
  const frame = new Uint8Array([beat.byteLength, ...beat]);
  const flood = Buffer.concat(Array.from({ length: 30_000 }, () => frame));
  raw.stream.send(flood);
  expect(await reasonOfLeaving(raw)).toMatch(/more than 20000 messages in 10 s/);
});

test('messages without end from a peer that confirms none of those it gets', async () => {
  const raw = await join();
  const sent = Array.from({ length: limits.MAX_UNCONFIRMED_MESSAGES + 1 }, () =>
    node.mesh.send(raw.id, { type: 'room-offered', leases: 1 }),
  );
  void Promise.allSettled(sent);
  const words = encode({ type: 'room-offered', leases: 1 });
  const frame = new Uint8Array([words.byteLength, ...words]);
  raw.stream.send(Buffer.concat(Array.from({ length: limits.MAX_HEARD_UNCONFIRMED + 1 }, () => frame)));
  expect(await reasonOfLeaving(raw)).toMatch(/sent 8193 messages and confirmed none of ours/);
  expect((await Promise.allSettled(sent)).at(-1)?.status).toBe('rejected');
});

test('a second hello, and a confirmation of what was never sent', async () => {
  const raw = await join();
  await raw.say(HELLO);
  expect(await reasonOfLeaving(raw)).toMatch(/hello in the middle/);
  const other = await join();
  await other.say({ type: 'heartbeat', received: 5, everyMs: HEARTBEAT_MS });
  expect(await reasonOfLeaving(other)).toMatch(/confirmed 5 messages, but only 0 were sent/);
});

test('nothing at all: a connection without hello is closed', async () => {
  const raw = await dialRaw(address);
  raws.push(raw);
  await until(() => raw.connection.status !== 'open');
  expect(node.mesh.peers()).toEqual([]);
});

test('garbage instead of hello', async () => {
  const raw = await dialRaw(address);
  raws.push(raw);
  raw.stream.send(randomBytes(1000));
  await until(() => raw.connection.status !== 'open');
  expect(node.events.filter(({ type }) => type === 'peer-joined')).toEqual([]);
});

test('connection after connection: the peer loses its own', async () => {
  const raw = await join();
  const connections = [raw.connection];
  for (let count = 0; count < 2 * limits.MAX_CONNECTIONS_A_PEER; count += 1) {
    connections.push(await raw.node.libp2p.dial(raw.connection.remoteAddr, { force: true }));
  }
  await until(() => node.events.some(({ type }) => type === 'peer-away'));
  expect(node.events.at(-1)).toMatchObject({ reason: 'The connection to raw was closed' });
  const open = () => connections.filter(({ status }) => status === 'open');
  await until(() => open().length <= limits.MAX_CONNECTIONS_A_PEER);
  expect(open()).toEqual(connections.slice(-limits.MAX_CONNECTIONS_A_PEER));
});

test('bulk requests of someone who is not joined, and bulk requests that make no sense', async () => {
  let isAsked = false;
  node.serve = async () => {
    isAsked = true;
    return { refused: 'no' };
  };
  const stranger = await dialRaw(address);
  raws.push(stranger);
  const early = await stranger.connection.newStream(BULK_PROTOCOL);
  await until(() => early.status !== 'open');
  const raw = await join();
  for (const garbage of [
    randomBytes(2000),
    new Uint8Array([0, 0, 0, 3, 1, 2, 3]),
    new Uint8Array([255, 255, 255, 255]),
  ]) {
    const stream = await raw.connection.newStream(BULK_PROTOCOL);
    stream.send(garbage);
    await stream.close();
    await until(() => stream.status !== 'open');
  }
  expect(isAsked).toBe(false);
});
