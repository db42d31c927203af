import type { Connection } from '@libp2p/interface';
import { HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { LinkState } from '../../src/protocol/messages.ts';
import { monotonicMs } from '../clock.ts';
import { type ControlStream, encodeMessage } from './control-stream.ts';
import type { MeshPeer } from './mesh.ts';

/** One control connection on which both ends said hello. */
export interface Session {
  readonly connection: Connection;
  readonly control: ControlStream;
  readonly openedMs: number;
  /** Number of the next message that arrives on it, counted over the whole link. */
  nextIndex: number;
}

/**
 * What joins us to a peer from peer-joined to peer-left, over one session after another, and none while the peer is
 * away. Messages are kept until the other end confirmed them, so that a connection that died costs nothing but time.
 */
export class Link {
  readonly id: string;
  #peer: MeshPeer;
  #session: Session;
  /** Sent and not confirmed; the first one has the number #confirmed. */
  #unconfirmed: Uint8Array[] = [];
  #unconfirmedBytes = 0;
  #confirmed = 0;
  #received = 0;
  #toldReceived = 0;
  /** When we said last that we live, and how often we said then that we would; null: not on this session. */
  #beatMs = 0;
  #toldEveryMs: number | null = null;
  #everyMs = HEARTBEAT_MS;
  /** Callers of `send` that wait for room. */
  #waitingCount = 0;
  /** Messages that came since the other end last confirmed any of ours. */
  #heardUnconfirmed = 0;
  #turn: Promise<void> = Promise.resolve();
  #onRoom: () => void = () => undefined;
  #ended: Error | null = null;

  constructor(id: string, peer: MeshPeer, session: Session) {
    this.id = id;
    this.#peer = peer;
    this.#session = session;
  }

  /** As it was met last: it may have moved to another address. */
  get peer(): MeshPeer {
    return this.#peer;
  }

  get session(): Session {
    return this.#session;
  }

  /** What a hello says of this link. */
  state(): LinkState {
    return { id: this.id, received: this.#received };
  }

  /** Goes on over another session, and sends again what the other end has not got. */
  resume(session: Session, receivedThere: number, peer: MeshPeer): void {
    this.#peer = peer;
    this.#session = session;
    this.#toldEveryMs = null;
    this.confirm(receivedThere);
    for (const encoded of this.#unconfirmed) this.#hand(encoded);
  }

  /** Resolves when the message is in the bounded buffer; rejects when the link ends first. */
  send(encoded: Uint8Array): Promise<void> {
    this.#waitingCount += 1;
    const turn = this.#turn
      .then(() => this.#take(encoded))
      .finally(() => {
        this.#waitingCount -= 1;
      });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** The other end has everything before `received`. Throws when it was never sent. */
  confirm(received: number): void {
    const count = received - this.#confirmed;
    if (count < 0) return;
    if (count > this.#unconfirmed.length) {
      throw new Error(
        `The peer confirmed ${received} messages, but only ${this.#confirmed + this.#unconfirmed.length} were sent`,
      );
    }
    for (const encoded of this.#unconfirmed.splice(0, count)) this.#unconfirmedBytes -= encoded.byteLength;
    this.#confirmed = received;
    if (count > 0) this.#heardUnconfirmed = 0;
    this.#onRoom();
  }

  /** Counts a message that arrived on a session. False when it arrived before, on another one. */
  accept(session: Session): boolean {
    const index = session.nextIndex;
    session.nextIndex += 1;
    if (index < this.#received) return false;
    if (index > this.#received) throw new Error('The peer left out messages');
    this.#received += 1;
    this.#heardUnconfirmed += 1;
    if (this.#waitingCount > 0 && this.#heardUnconfirmed > limits.MAX_HEARD_UNCONFIRMED)
      throw new Error(`The peer sent ${this.#heardUnconfirmed} messages and confirmed none of ours`);
    if (this.#received - this.#toldReceived >= limits.CONFIRM_AFTER_MESSAGES) this.#beat();
    return true;
  }

  /** To be called every HEARTBEAT_MS. @param everyMs how often the other end is to hear from us from now on */
  keepBeating(everyMs: number): void {
    this.#everyMs = everyMs;
    // Who is to hear of us less often must know it before it takes our silence for a fault.
    const isOtherwise = everyMs !== this.#toldEveryMs;
    const isUnconfirmed = this.#received > this.#toldReceived;
    // By a timer that is a little early it would come a whole HEARTBEAT_MS late.
    const isDue = monotonicMs() - this.#beatMs > everyMs - HEARTBEAT_MS / 2;
    if (isOtherwise || isUnconfirmed || isDue) this.#beat();
  }

  /** Says that we live, and what arrived. Not when the last such messages still wait here. */
  #beat(): void {
    if (this.#session.control.waitingCount > 1) return;
    this.#toldReceived = this.#received;
    this.#toldEveryMs = this.#everyMs;
    this.#beatMs = monotonicMs();
    this.#hand(encodeMessage({ type: 'heartbeat', received: this.#received, everyMs: this.#everyMs }));
  }

  /** Whoever waits for room learns why there will be none. */
  end(reason: string): void {
    this.#ended = new Error(reason);
    this.#onRoom();
  }

  async #take(encoded: Uint8Array): Promise<void> {
    while (this.#ended === null && !this.#hasRoom(encoded.byteLength)) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
    if (this.#ended !== null) throw this.#ended;
    this.#unconfirmed.push(encoded);
    this.#unconfirmedBytes += encoded.byteLength;
    this.#hand(encoded);
  }

  #hasRoom(bytes: number): boolean {
    return (
      this.#unconfirmed.length < limits.MAX_UNCONFIRMED_MESSAGES &&
      this.#unconfirmedBytes + bytes <= limits.MAX_UNCONFIRMED_BYTES
    );
  }

  /** A write that fails is a session that ends: whoever reads the session notices. */
  #hand(encoded: Uint8Array): void {
    this.#session.control.send(encoded).catch(() => undefined);
  }
}
