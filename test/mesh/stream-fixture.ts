import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, Stream } from '@libp2p/interface';
import { createNode, type Node, toMultiaddr } from '../../node/mesh/create-libp2p.ts';
import { choosePort } from '../../node/mesh/network.ts';

export const MIB = 1024 * 1024;
const PROTOCOL = '/test/1';

/** Two libp2p nodes on 127.0.0.1 with the settings of the daemon, and as many streams between them as wanted. */
export interface StreamPair {
  readonly connection: Connection;
  /** A new stream: our end, and the other node's end of it. */
  open(): Promise<{ readonly near: Stream; readonly far: Stream }>;
  farConnections(): readonly Connection[];
  stop(): Promise<void>;
}

export async function connectNodes(): Promise<StreamPair> {
  const far = await startLibp2p();
  const near = await startLibp2p();
  const waiting: ((stream: Stream) => void)[] = [];
  await far.node.libp2p.handle(PROTOCOL, (stream) => waiting.shift()?.(stream), {
    maxInboundStreams: 64,
    maxOutboundStreams: 64,
  });
  const connection = await near.node.libp2p.dial(toMultiaddr({ host: '127.0.0.1', port: far.port }));
  return {
    connection,
    open: async () => {
      const arrival = new Promise<Stream>((resolve) => void waiting.push(resolve));
      const stream = await connection.newStream(PROTOCOL, { maxOutboundStreams: 64 });
      return { near: stream, far: await arrival };
    },
    farConnections: () => far.node.libp2p.getConnections(),
    stop: async () => void (await Promise.all([near.node.libp2p.stop(), far.node.libp2p.stop()])),
  };
}

async function startLibp2p(): Promise<{ readonly node: Node; readonly port: number }> {
  const port = await choosePort(['127.0.0.1'], 0);
  const privateKey = await generateKeyPair('Ed25519');
  const node = await createNode({
    privateKey,
    listen: [{ host: '127.0.0.1', port }],
    accepts: () => true,
    mdns: null,
  });
  await node.libp2p.start();
  return { node, port };
}

/** Waits until a count has stopped to change, and returns it. */
export async function settled(count: () => number): Promise<number> {
  let last = Number.NaN;
  for (let same = 0; same < 8; ) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    same = count() === last ? same + 1 : 0;
    last = count();
  }
  return last;
}
