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

/** Brings what the mesh says to the half it concerns. What comes before both halves stand waits for them. */
export class Switchboard {
  readonly handlers: MeshHandlers;
  readonly #peers: PeerBook;
  readonly #log: Log;
  #early: MeshEvent[] = [];
  #halves: { readonly leader: Leader; readonly worker: Worker } | null = null;

  constructor(peers: PeerBook, log: Log) {
    this.#peers = peers;
    this.#log = log;
    this.handlers = {
      onEvent: (event) => this.#onEvent(event),
      serve: (peer, request) => this.#serve(peer, request),
    };
  }

  connect(leader: Leader, worker: Worker): void {
    this.#halves = { leader, worker };
    for (const event of this.#early.splice(0)) this.#onEvent(event);
  }

  #onEvent(event: MeshEvent): void {
    if (this.#halves === null) {
      this.#early.push(event);
      return;
    }
    const { leader, worker } = this.#halves;
    this.#peers.note(event);
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
      case 'peer-left':
        this.#log(event.reason);
        worker.onLeaderLeft(event.peer);
        return leader.onPeerLeft(event.peer);
      case 'peer-refused':
      case 'peer-unreachable':
        return this.#log(event.reason);
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
