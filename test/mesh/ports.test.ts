import { createServer } from 'node:net';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { expect, onTestFinished, test } from 'vitest';
import { choosePort } from '../../node/mesh/network.ts';
import { startMesh } from '../../node/mesh/swarm.ts';

const LISTEN = ['127.0.0.1'];

test('a port that is taken between its choice and its use is left to who has it', async () => {
  const port = await choosePort(LISTEN, null);
  const other = createServer().on('error', () => undefined);
  onTestFinished(() => void other.close());
  const options = {
    privateKey: await generateKeyPair('Ed25519'),
    name: 'test',
    version: '0.0.0',
    // Read once the port is chosen, and before it is listened on.
    get instance() {
      // Without a host it is taken before this returns.
      if (!other.listening) other.listen(port);
      return 'test';
    },
    slots: 1,
    port: null,
    listen: LISTEN,
    swarm: 'test',
    peers: [],
    mdns: false,
  };
  const mesh = await startMesh(options, {
    onEvent: () => undefined,
    serve: async () => ({ refused: 'nothing is served' }),
    worksWith: () => false,
  });
  await mesh.stop();
  expect(mesh.port).not.toBe(port);
});
