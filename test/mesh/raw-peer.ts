import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, Stream } from '@libp2p/interface';
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils';
import { decode, encode } from 'cborg';
import { createNode, type Node, toMultiaddr } from '../../node/mesh/create-libp2p.ts';
import { choosePort } from '../../node/mesh/network.ts';
import { decidesFor } from '../../src/mesh/choose-session.ts';
import { HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import { parsePeerAddress } from '../../src/mesh/peer-address.ts';
import { CONTROL_PROTOCOL, PROTOCOL_VERSION } from '../../src/protocol/messages.ts';

/** Somebody who speaks libp2p and our protocol's framing, and says whatever the test wants. */
export interface RawPeer {
  readonly id: string;
  readonly node: Node;
  readonly connection: Connection;
  readonly stream: Stream;
  say(value: unknown): Promise<void>;
  hear(): Promise<unknown>;
  stop(): Promise<void>;
}

export const HELLO = {
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  version: '0.0.0',
  name: 'raw',
  instance: 'raw-1',
  slots: 1,
  port: 9,
  swarm: 'test',
  link: null,
};

/** Dials a daemon and opens a control stream; the greeting is the test's. */
export async function dialRaw(address: string): Promise<RawPeer> {
  const parsed = parsePeerAddress(address);
  if ('error' in parsed) throw new Error(parsed.error);
  const port = await choosePort(['127.0.0.1'], 0);
  const node = await createNode({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [{ host: '127.0.0.1', port }],
    accepts: () => true,
    mdns: null,
  });
  await node.libp2p.start();
  const connection = await node.libp2p.dial(toMultiaddr(parsed));
  const stream = await connection.newStream(CONTROL_PROTOCOL);
  const framed: LengthPrefixedStream = lpStream(stream);
  return {
    id: node.libp2p.peerId.toString(),
    node,
    connection,
    stream,
    say: (value) => framed.write(encode(value)),
    hear: async () => decode((await framed.read()).subarray()),
    stop: async () => await node.libp2p.stop(),
  };
}

/** Greets as a daemon would, whichever end decides. */
export async function joinRaw(address: string): Promise<RawPeer> {
  const peer = await dialRaw(address);
  if (decidesFor(peer.id, peer.connection.remotePeer.toString())) {
    await peer.hear();
    await peer.say({ ...HELLO, link: { id: 'raw-link', received: 0 } });
  } else {
    await peer.say(HELLO);
    await peer.hear();
  }
  await peer.say({ type: 'heartbeat', received: 0, everyMs: HEARTBEAT_MS });
  return peer;
}
