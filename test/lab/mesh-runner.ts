import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { MeshEvent } from '../../node/mesh/mesh.ts';
import { type MeshOptions, startMesh } from '../../node/mesh/swarm.ts';

/**
 * A mesh without a daemon, for the lab: options as JSON in the first argument, one JSON line for each event on
 * standard output. Lines on standard input are numbers, sent to every peer as `room-offered`.
 */
export type RunnerLine =
  | { readonly type: 'up'; readonly id: string; readonly addresses: readonly string[]; readonly atMs: number }
  | { readonly type: 'failed'; readonly words: string; readonly atMs: number }
  | (MeshEvent & { readonly atMs: number });

const options: Partial<MeshOptions> = JSON.parse(process.argv[2] ?? '{}');
const say = (line: object): void =>
  void process.stdout.write(`${JSON.stringify({ ...line, atMs: Date.now() })}\n`);

const mesh = await startMesh(
  {
    name: 'runner',
    version: '0.0.0',
    instance: randomBytes(8).toString('hex'),
    slots: 1,
    port: null,
    listen: [],
    swarm: 'lab',
    peers: [],
    mdns: true,
    ...options,
  },
  { onEvent: say, serve: async () => ({ refused: 'a runner has nothing' }), worksWith: () => true },
);
say({ type: 'up', id: mesh.id, addresses: mesh.addresses });

createInterface({ input: process.stdin }).on('line', (line) => {
  for (const { id } of mesh.peers()) {
    mesh.send(id, { type: 'room-offered', leases: Number(line) }).catch((error: unknown) => {
      say({ type: 'failed', words: String(error) });
    });
  }
});

process.on('SIGTERM', async () => {
  await mesh.stop();
  process.exit(0);
});
