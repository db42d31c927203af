import type { BulkRequest, JobMessage } from '../../src/protocol/messages.ts';

/** A peer that said hello and speaks our protocol. */
export interface MeshPeer {
  /** libp2p peer id, as text. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly instance: string;
  readonly slots: number;
  readonly addresses: readonly string[];
  /** How it was met first. */
  readonly metBy: 'mdns' | 'address' | 'remembered' | 'inbound';
}

export type MeshEvent =
  | { readonly type: 'peer-joined'; readonly peer: MeshPeer }
  /** Its connection is gone, without a goodbye. Its link is kept for a while: messages to it wait, and it may come back. */
  | { readonly type: 'peer-away'; readonly peer: string; readonly reason: string }
  /** Who was away goes on over the same link: no message was lost, those that waited come next. */
  | { readonly type: 'peer-back'; readonly peer: MeshPeer }
  /** For good: it said goodbye, broke the rules, was started anew or stayed away for too long. The reason names it. */
  | { readonly type: 'peer-left'; readonly peer: string; readonly reason: string }
  /** It goes on from another address, and nothing was lost. */
  | { readonly type: 'peer-moved'; readonly peer: MeshPeer }
  | { readonly type: 'peer-suspect'; readonly peer: string }
  | { readonly type: 'peer-alive'; readonly peer: string }
  | { readonly type: 'message'; readonly peer: string; readonly message: JobMessage }
  /** A peer that was met but cannot be worked with (other protocol version, our own identity): a sentence. */
  | { readonly type: 'peer-refused'; readonly peer: string; readonly reason: string }
  /** An address that the user named does not answer: a sentence, said once until it answers. It is retried for ever. */
  | { readonly type: 'peer-unreachable'; readonly address: string; readonly reason: string }
  /** Who was refused or did not answer is joined to us now, or it has not happened again for long. */
  | { readonly type: 'trouble-over'; readonly peer: string };

/**
 * What a bulk request is answered with: exactly `bytes` bytes, or a refusal that names the reason. A piece that was
 * yielded belongs to the mesh: its memory is not written again.
 */
export type BulkAnswer =
  | {
      readonly bytes: number;
      readonly source: AsyncIterable<Uint8Array>;
      /** Called with the sha256 of all of them before the other end can know that it has them. */
      readonly onSent?: (sha256: string) => void;
    }
  | { readonly refused: string };

/** The swarm as the daemon sees it. The libp2p mesh and the loopback to our own slots both keep this contract. */
export interface Mesh {
  readonly id: string;
  peers(): readonly MeshPeer[];
  /**
   * Hands a message to a peer, in order. Resolves when the bounded send buffer took it, where it waits while the peer
   * is away; rejects with a sentence when the peer has left.
   */
  send(peer: string, message: JobMessage): Promise<void>;
  /**
   * Fetches bytes over the bulk connection and gives them to `sink` piece by piece, waiting for it each time.
   * Resolves only when length and sha256 are right; rejects with a sentence otherwise, and when `signal` aborts.
   */
  fetch(
    peer: string,
    request: BulkRequest,
    sink: (piece: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly sha256: string }>;
  stop(): Promise<void>;
}

/**
 * What the mesh calls back. `onEvent` must not throw; `serve` answers other peers' bulk requests; `worksWith` tells whether there is a
 * job between the two, so that one must notice soon when the other falls silent.
 */
export interface MeshHandlers {
  readonly onEvent: (event: MeshEvent) => void;
  readonly serve: (peer: string, request: BulkRequest) => Promise<BulkAnswer>;
  /** Nobody is greeted before: until it is so, whoever dials waits for our hello. Left out: at once. */
  readonly whenReady?: Promise<void>;
  readonly worksWith: (peer: string) => boolean;
}
