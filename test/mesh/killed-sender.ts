import { generateKeyPair } from '@libp2p/crypto/keys';
import { serveBulk } from '../../node/mesh/bulk.ts';
import { createNode } from '../../node/mesh/create-libp2p.ts';
import { choosePort } from '../../node/mesh/network.ts';

/** Serves a gigabyte of zeros over bulk streams until it is killed. Says its port on standard output. */
const port = await choosePort(['127.0.0.1'], 0);
const { libp2p } = await createNode({
  privateKey: await generateKeyPair('Ed25519'),
  listen: [{ host: '127.0.0.1', port }],
  accepts: () => true,
  mdns: null,
});
await libp2p.start();
await libp2p.handle('/test/1', (stream) => {
  void serveBulk(stream, async () => ({ bytes: 1e9, source: zeros() }));
});
console.log(port);

async function* zeros(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 1e9; sent += 1e5) yield new Uint8Array(1e5);
}
