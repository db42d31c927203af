import { randomBytes } from 'node:crypto';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { BulkAnswer, MeshEvent } from '../../node/mesh/mesh.ts';
import { type MeshOptions, type RunningSwarm, startMesh } from '../../node/mesh/swarm.ts';
import type { BulkRequest } from '../../src/protocol/messages.ts';

type Serve = (peer: string, request: BulkRequest) => Promise<BulkAnswer>;

/** A daemon's mesh on 127.0.0.1, without multicast. */
export interface TestNode {
  readonly mesh: RunningSwarm;
  readonly events: MeshEvent[];
  serve: Serve;
  /** Whether there is a job between it and its peers. */
  isBusy: boolean;
}

export async function startNode(
  options: Partial<MeshOptions> = {},
  whenReady: Promise<void> = Promise.resolve(),
): Promise<TestNode> {
  const events: MeshEvent[] = [];
  const node: { mesh: RunningSwarm | null; events: MeshEvent[]; serve: Serve; isBusy: boolean } = {
    mesh: null,
    events,
    serve: async () => ({ refused: 'nothing is served' }),
    isBusy: true,
  };
  node.mesh = await startMesh(
    {
      privateKey: await generateKeyPair('Ed25519'),
      name: 'test',
      version: '0.0.0',
      instance: randomBytes(8).toString('hex'),
      slots: 1,
      port: 0,
      listen: ['127.0.0.1'],
      swarm: 'test',
      peers: [],
      mdns: false,
      ...options,
    },
    {
      onEvent: (event) => void events.push(event),
      serve: (peer, request) => node.serve(peer, request),
      whenReady,
      worksWith: () => node.isBusy,
    },
  );
  return node as TestNode;
}

/** Two nodes, the second one told of the first, that have met. */
export async function startPair(): Promise<readonly [TestNode, TestNode]> {
  const first = await startNode({ name: 'first' });
  const second = await startNode({ name: 'second', peers: first.mesh.addresses });
  await untilMet(first, second);
  return [first, second];
}

export async function untilMet(...nodes: readonly TestNode[]): Promise<void> {
  await until(() =>
    nodes.every(({ mesh }) => nodes.every((other) => other.mesh.id === mesh.id || knows(mesh, other))),
  );
}

function knows(mesh: RunningSwarm, other: TestNode): boolean {
  return mesh.peers().some(({ id }) => id === other.mesh.id);
}

/** Waits for something that must come; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
