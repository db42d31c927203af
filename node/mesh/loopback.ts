import { createHash } from 'node:crypto';
import { pipe } from 'it-pipe';
import type { BulkRequest, JobMessage } from '../../src/protocol/messages.ts';
import { digested, exactlyLong, into } from './bulk.ts';
import type { Mesh, MeshHandlers } from './mesh.ts';
import { checkOwnMessage } from './read-wire.ts';

/**
 * The same mesh, with this daemon reachable in it under its own id: a leader uses its own slots as it uses any
 * peer's. Messages arrive later, never inside `send`, and in order; transfers keep the contract of `fetch`.
 */
export function withLoopback(mesh: Mesh, handlers: MeshHandlers): Mesh {
  let isStopped = false;
  const deliver = (message: JobMessage): void => {
    if (!isStopped) handlers.onEvent({ type: 'message', peer: mesh.id, message });
  };
  return {
    id: mesh.id,
    peers: () => mesh.peers(),
    send: async (peer, message) => {
      if (peer !== mesh.id) return await mesh.send(peer, message);
      checkOwnMessage(message);
      setImmediate(deliver, message);
    },
    fetch: async (peer, request, sink, signal) =>
      peer === mesh.id
        ? await fetchOwn(mesh.id, handlers, request, sink, signal)
        : await mesh.fetch(peer, request, sink, signal),
    stop: async () => {
      isStopped = true;
      await mesh.stop();
    },
  };
}

async function fetchOwn(
  ownId: string,
  handlers: MeshHandlers,
  request: BulkRequest,
  sink: (piece: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  signal.throwIfAborted();
  const answer = await handlers.serve(ownId, request);
  if ('refused' in answer) throw new Error(`The peer refused the transfer: ${answer.refused}`);
  const digest = createHash('sha256');
  await pipe(
    answer.source,
    exactlyLong(answer.bytes),
    digested(digest),
    into(async (piece) => {
      signal.throwIfAborted();
      await sink(piece);
    }),
  );
  const sha256 = digest.digest('hex');
  answer.onSent?.(sha256);
  return { bytes: answer.bytes, sha256 };
}
