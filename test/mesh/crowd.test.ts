import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { parsePeerAddress } from '../../src/mesh/peer-address.ts';
import { MAX_STRANGERS } from '../../src/protocol/limits.ts';
import { startNode, type TestNode, until, untilMet } from './mesh-fixture.ts';
import { dialRaw } from './raw-peer.ts';

/** Connections of whoever is no peer: a machine of the LAN that is broken, or means harm. */

const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7'];
const SOCKETS_A_HOST = 60;
const nodes: TestNode[] = [];
const crowds: Crowd[] = [];
afterEach(async () => {
  for (const crowd of crowds.splice(0)) crowd.stop();
  await Promise.all(nodes.splice(0).map(({ mesh }) => mesh.stop()));
});

/** Opens connections from other addresses of this machine, and another one for each that is closed. */
class Crowd {
  /** Not yet closed at this end. */
  readonly sockets = new Set<Socket>();
  openedCount = 0;
  readonly #port: number;
  #isOver = false;

  constructor(address: string) {
    const parsed = parsePeerAddress(address);
    if ('error' in parsed) throw new Error(parsed.error);
    this.#port = parsed.port;
    for (const host of HOSTS) {
      for (let number = 0; number < SOCKETS_A_HOST; number += 1) this.#knock(host, number % 2 === 0);
    }
  }

  stop(): void {
    this.#isOver = true;
    for (const socket of this.sockets) socket.destroy();
  }

  #knock(localAddress: string, isSilent: boolean): void {
    if (this.#isOver) return;
    const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress });
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      this.openedCount += 1;
      if (!isSilent) socket.write(randomBytes(200));
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      setTimeout(() => this.#knock(localAddress, isSilent), 250);
    });
  }
}

async function fileCount(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

test('a crowd that says nothing, or nonsense, keeps no peer out, and its connections are few', async () => {
  const node = await startNode();
  nodes.push(node);
  const address = node.mesh.addresses[0] ?? '';
  const filesBefore = await fileCount();
  const crowd = new Crowd(address);
  crowds.push(crowd);
  await until(() => crowd.openedCount > 5 * MAX_STRANGERS);
  const friend = await startNode({ name: 'friend', peers: [address] });
  nodes.push(friend);
  await untilMet(node, friend);
  // It was let in when it first knocked, and not by luck at last.
  expect(friend.events.map(({ type }) => type)).toEqual(['peer-joined']);
  const files = (await fileCount()) - filesBefore - crowd.sockets.size;
  expect(files).toBeLessThan(2 * MAX_STRANGERS);
  await friend.mesh.send(node.mesh.id, { type: 'room-offered', leases: 2 });
  await until(() => node.events.some(({ type }) => type === 'message'));
  crowd.stop();
  await friend.mesh.stop();
  while ((await fileCount()) > filesBefore) await until(() => crowd.sockets.size === 0);
});

test('of whoever was met libp2p keeps nothing: a crowd of ever new names would fill memory', async () => {
  const node = await startNode();
  nodes.push(node);
  const raw = await dialRaw(node.mesh.addresses[0] ?? '');
  expect(await raw.node.libp2p.peerStore.all()).toEqual([]);
  await raw.stop();
});
