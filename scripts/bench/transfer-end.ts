import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { keepHeapSmall } from '../../node/platform/small-heap.ts';
import { BULK_PIECE_BYTES } from '../../src/protocol/limits.ts';

/**
 * One end of the transfer bench: `serve FILE` or `fetch ADDRESS COUNT`. Slices are read from a file as a leader reads
 * them, and written to one as a peer writes them. One JSON line of results on standard output.
 */
export interface EndReport {
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly idleRssBytes: number;
  readonly peakRssBytes: number;
}

keepHeapSmall();
const { startMesh } = await import('../../node/mesh/swarm.ts');
const [role = '', target = '', count = '0'] = process.argv.slice(2);

async function* read(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(BULK_PIECE_BYTES), 0, BULK_PIECE_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

let onJoin = (_peer: string): void => undefined;
const joined = new Promise<string>((resolve) => {
  onJoin = resolve;
});
const mesh = await startMesh(
  {
    identityPath: `${process.env.BENCH_DIRECTORY}/${role}.key`,
    name: role,
    version: '0.0.0',
    instance: randomBytes(8).toString('hex'),
    slots: 1,
    port: 0,
    listen: ['127.0.0.1'],
    swarm: 'bench',
    peers: role === 'fetch' ? [target] : [],
    mdns: false,
  },
  {
    onEvent: (event) => {
      if (event.type === 'peer-joined') onJoin(event.peer.id);
    },
    serve: async () => {
      const file = await open(target);
      const { size } = await file.stat();
      await file.close();
      return { bytes: size, source: read(target) };
    },
    worksWith: () => false,
  },
);

if (role === 'serve') process.stdout.write(`${mesh.addresses[0]}\n`);
const peer = await joined;
await new Promise((resolve) => setTimeout(resolve, 500));
const idleRssBytes = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
let peakRssBytes = idleRssBytes;
const sampler = setInterval(() => {
  peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
}, 100);
let bytes = 0;

async function finish(): Promise<void> {
  clearInterval(sampler);
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedMs) / 1000;
  const report: EndReport = { bytes, cpuSeconds: (user + system) / 1e6, seconds, idleRssBytes, peakRssBytes };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await mesh.stop();
  process.exit(0);
}

if (role === 'fetch') {
  for (let attempt = 0; attempt < Number(count); attempt += 1) {
    const output = await open(`${process.env.BENCH_DIRECTORY}/fetched`, 'w');
    const write = async (piece: Uint8Array): Promise<void> => void (await output.write(piece));
    const request = { kind: 'slice', job: 'bench', attempt } as const;
    bytes += (await mesh.fetch(peer, request, write, new AbortController().signal)).bytes;
    await output.close();
  }
  await finish();
} else {
  process.on('SIGTERM', () => void finish());
}
