import { isLeaderMessage, isPeerMessage } from '../../src/protocol/message-kinds.ts';
import type { BulkRequest } from '../../src/protocol/messages.ts';
import { formatCount } from '../../src/report/format.ts';
import { metByWords } from '../../src/report/met-by.ts';
import { monotonicMs } from '../clock.ts';
import type { BulkAnswer, MeshEvent, MeshHandlers } from '../mesh/mesh.ts';
import type { Log } from './daemon.ts';
import type { Leader } from './leader.ts';
import type { PeerBook } from './peer-book.ts';
import type { Worker } from './worker.ts';

interface Halves {
  readonly leader: Leader;
  readonly worker: Worker;
}

/**
 * Brings what the mesh says to the half it concerns. No peer is greeted before both stand: what a peer sends until then waits
 * at its end, whose send buffer is bounded.
 */
export class Switchboard {
  readonly handlers: MeshHandlers;
  readonly #peers: PeerBook;
  readonly #log: Log;
  #halves: Halves | null = null;
  #setReady: () => void = () => undefined;

  constructor(peers: PeerBook, log: Log) {
    this.#peers = peers;
    this.#log = log;
    this.handlers = {
      onEvent: (event) => this.#onEvent(event),
      serve: (peer, request) => this.#serve(peer, request),
      whenReady: new Promise((resolve) => {
        this.#setReady = resolve;
      }),
      worksWith: (peer) => this.#worksWith(peer),
    };
  }

  connect(leader: Leader, worker: Worker): void {
    this.#halves = { leader, worker };
    this.#setReady();
  }

  #onEvent(event: MeshEvent): void {
    this.#peers.note(event);
    if (event.type === 'peer-refused' || event.type === 'peer-unreachable') this.#log(event.reason);
    else if (this.#halves !== null) this.#tell(this.#halves, event);
  }

  #tell({ leader, worker }: Halves, event: MeshEvent): void {
    switch (event.type) {
      case 'peer-joined':
        this.#log(
          `${event.peer.name} joined (${formatCount(event.peer.slots, 'slot')}, met by ${metByWords(event.peer.metBy)})`,
        );
        worker.onLeaderJoined(event.peer.id);
        return leader.onPeerJoined(event.peer.id, event.peer.slots);
      case 'peer-away':
        this.#log(`${this.#peers.nameOf(event.peer)} is gone, and may come back: ${event.reason}`);
        worker.onLeaderAway(event.peer);
        return leader.onPeerAway(event.peer);
      case 'peer-back':
        this.#log(`${event.peer.name} is back`);
        worker.onLeaderBack(event.peer.id);
        return leader.onPeerBack(event.peer.id, event.peer.slots);
      case 'peer-moved':
        return this.#log(`${event.peer.name} goes on from ${event.peer.addresses.join(', ')}`);
      case 'peer-left':
        this.#log(event.reason);
        worker.onLeaderLeft(event.peer);
        return leader.onPeerLeft(event.peer);
      case 'message':
        if (isLeaderMessage(event.message)) worker.onMessage(event.peer, event.message);
        else if (isPeerMessage(event.message)) leader.onMessage(event.peer, event.message);
        return;
      case 'peer-suspect':
        return leader.record({ type: 'peer-suspected', peer: event.peer });
      case 'peer-alive':
        return leader.record({ type: 'peer-heard', peer: event.peer, nowMs: monotonicMs() });
    }
  }

  #worksWith(peer: string): boolean {
    return this.#halves !== null && (this.#halves.leader.isBusy || this.#halves.worker.hasJobsOf(peer));
  }

  async #serve(peer: string, request: BulkRequest): Promise<BulkAnswer> {
    if (this.#halves === null) return { refused: 'the daemon is still starting' };
    const { leader, worker } = this.#halves;
    switch (request.kind) {
      case 'slice':
        return leader.serveSlice(peer, request);
      case 'result':
        return worker.serveResult(peer, request);
      case 'stolen-slice':
        return worker.serveStolenSlice(peer, request);
    }
  }
}
