import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EncoderBuilds } from '../../node/daemon/encoder-builds.ts';
import { Worker } from '../../node/daemon/worker.ts';
import type { BulkAnswer, Mesh } from '../../node/mesh/mesh.ts';
import { type MeshOptions, startMesh } from '../../node/mesh/swarm.ts';
import { openBuildBook } from '../../node/storage/build-book.ts';
import { ownVersion } from '../../node/version.ts';
import { isLeaderMessage } from '../../src/protocol/message-kinds.ts';
import type { BulkRequest, LeaderMessage, PeerMessage } from '../../src/protocol/messages.ts';

/** How a peer lies: each part may be left out. */
export interface Lie {
  /** Changes what it says; null: it does not say it. */
  readonly words?: (message: PeerMessage) => PeerMessage | null;
  /** Changes what it hands in, and says the right length and digest of that. `frames`: of the chunk. */
  readonly result?: (result: Buffer, frames: number) => Promise<Buffer> | Buffer;
  /** Hands in nothing. */
  readonly isEmptyHanded?: boolean;
  /** How what it says gets to the leader, and what the leader says to it. */
  readonly delivery?: Delivery;
}

/** A way for messages; once: as they come. */
export type Delivery = <Message>(hand: (message: Message) => void) => (message: Message) => void;

export interface LyingPeer {
  /** Results that were handed in, or asked for in vain. */
  readonly askedCount: number;
  stop(): Promise<void>;
}

/** The real worker over a real mesh, with a liar between the two. @param change where it is not on loopback */
export async function startLyingPeer(
  directory: string,
  leaderAddress: string,
  lie: Lie,
  change: Partial<MeshOptions> = {},
): Promise<LyingPeer> {
  await mkdir(directory, { recursive: true });
  const handed = new Map<string, Buffer>();
  let askedCount = 0;
  let worker: Worker | null = null;
  const deliver: Delivery = lie.delivery ?? ((hand) => hand);
  const hear = deliver<{ readonly leader: string; readonly message: LeaderMessage }>(({ leader, message }) =>
    worker?.onMessage(leader, message),
  );
  const say = deliver<{ readonly leader: string; readonly message: PeerMessage }>(({ leader, message }) => {
    swarm.send(leader, message).catch(() => undefined);
  });
  const swarm = await startMesh(
    {
      identityPath: join(directory, 'identity.key'),
      name: 'liar',
      version: await ownVersion(),
      instance: 'liar',
      slots: 1,
      port: 0,
      listen: ['127.0.0.1'],
      swarm: 'test',
      peers: [leaderAddress],
      mdns: false,
      ...change,
    },
    {
      onEvent: (event) => {
        if (event.type === 'peer-joined') worker?.onLeaderJoined(event.peer.id);
        if (event.type === 'peer-away') worker?.onLeaderAway(event.peer);
        if (event.type === 'peer-back') worker?.onLeaderBack(event.peer.id);
        if (event.type === 'peer-left') worker?.onLeaderLeft(event.peer);
        if (event.type === 'message' && isLeaderMessage(event.message))
          hear({ leader: event.peer, message: event.message });
      },
      worksWith: () => true,
      serve: async (leader, request) => {
        askedCount += 1;
        if (lie.isEmptyHanded === true) return { refused: 'there is nothing' };
        const result = handed.get(nameOf(request));
        if (result !== undefined) return { bytes: result.length, source: once(result) };
        return worker?.serveResult(leader, request) ?? { refused: 'not yet' };
      },
    },
  );
  const mesh: Mesh = {
    id: swarm.id,
    peers: () => swarm.peers(),
    stop: () => swarm.stop(),
    fetch: (...args) => swarm.fetch(...args),
    async send(leader, message) {
      const said = message as PeerMessage;
      const told = lie.words === undefined ? said : lie.words(said);
      if (told === null) return;
      if (told.type !== 'attempt-encoded' || lie.result === undefined || worker === null)
        return say({ leader, message: told });
      const request: BulkRequest = { kind: 'result', job: told.job, attempt: told.attempt };
      const result = await lie.result(
        await readAnswer(await worker.serveResult(leader, request)),
        told.frameCount,
      );
      handed.set(nameOf(request), result);
      const sha256 = createHash('sha256').update(result).digest('hex');
      say({ leader, message: { ...told, bytes: result.length, sha256 } });
    },
  };
  worker = new Worker({
    mesh,
    workDirectory: directory,
    slots: change.slots ?? 1,
    memoryBytes: 4e9,
    niceness: 0,
    builds: new EncoderBuilds(await openBuildBook(join(directory, 'builds.json'))),
  });
  for (const peer of swarm.peers()) worker.onLeaderJoined(peer.id);
  return {
    get askedCount() {
      return askedCount;
    },
    async stop() {
      await worker?.shutDown();
      await swarm.stop();
    },
  };
}

function nameOf({ job, attempt }: BulkRequest): string {
  return `${job}-${attempt}`;
}

async function readAnswer(answer: BulkAnswer): Promise<Buffer> {
  if ('refused' in answer) throw new Error(answer.refused);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.source) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
