import { withLoopback } from '../../node/mesh/loopback.ts';
import type { MeshEvent } from '../../node/mesh/mesh.ts';
import { describeMesh } from '../contracts/mesh.contract.ts';
import { startNode, startPair } from './mesh-fixture.ts';

describeMesh('two daemons over libp2p', async () => {
  const [far, near] = await startPair();
  return {
    near: near.mesh,
    farId: far.mesh.id,
    nearId: near.mesh.id,
    farEvents: far.events,
    setServe: (serve) => {
      far.serve = serve;
    },
    stop: async () => void (await Promise.all([near.mesh.stop(), far.mesh.stop()])),
  };
});

describeMesh('a daemon and itself', async () => {
  const node = await startNode();
  const events: MeshEvent[] = [];
  const mesh = withLoopback(node.mesh, {
    onEvent: (event) => void events.push(event),
    serve: (peer, request) => node.serve(peer, request),
    worksWith: () => true,
  });
  return {
    near: mesh,
    farId: mesh.id,
    nearId: mesh.id,
    farEvents: events,
    setServe: (serve) => {
      node.serve = serve;
    },
    stop: () => mesh.stop(),
  };
});
