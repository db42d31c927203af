import * as membership from '../../src/mesh/membership.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { LinkState, Message } from '../../src/protocol/messages.ts';
import { monotonicMs } from '../clock.ts';
import { sentenceOf } from '../sentence.ts';
import { sendGoodbye } from './greet.ts';
import { Link, type Session } from './link.ts';
import type { MeshEvent, MeshPeer } from './mesh.ts';

/** A replaced connection stays open until the other end has surely replaced it too: it would take its end for ours. */
const REPLACED_LASTS_MS = 2000;

/** Every peer that is joined, and what arrives from it. */
export class LinkBook {
  readonly #links = new Map<string, Link>();
  readonly #members = membership.emptyMembership();
  readonly #onEvent: (event: MeshEvent) => void;
  #isClosed = false;

  constructor(onEvent: (event: MeshEvent) => void) {
    this.#onEvent = onEvent;
  }

  get(peerId: string): Link | undefined {
    return this.#links.get(peerId);
  }

  peers(): MeshPeer[] {
    return [...this.#links.values()].map(({ peer }) => peer);
  }

  get isFull(): boolean {
    return this.#links.size >= limits.MAX_PEERS;
  }

  /** Goodbye was said: nobody joins any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Joined, and heard of lately. */
  isWell(peerId: string): boolean {
    return membership.liveness(this.#members, peerId) === 'alive';
  }

  silenceMs(peerId: string): number {
    return membership.silenceMs(this.#members, peerId, monotonicMs()) ?? Number.POSITIVE_INFINITY;
  }

  /** A peer said hello on a new session, and `linkId` is the link that both ends agreed on: the one in use, or a new one. */
  join(peer: MeshPeer, linkId: string, theirs: LinkState | null, session: Session): void {
    const inUse = this.#links.get(peer.id);
    if (inUse?.id === linkId) {
      if (membership.heard(this.#members, peer.id, monotonicMs()))
        this.#tell({ type: 'peer-alive', peer: peer.id });
      const { connection: replaced } = inUse.session;
      inUse.resume(session, theirs?.received ?? 0);
      setTimeout(() => replaced.abort(new Error('replaced by a new connection')), REPLACED_LASTS_MS).unref();
      void this.#read(inUse, session);
      return;
    }
    if (inUse !== undefined) this.leave(peer.id, `${inUse.peer.name} connected anew`);
    const link = new Link(linkId, peer, session);
    this.#links.set(peer.id, link);
    membership.watch(this.#members, peer.id, monotonicMs());
    this.#tell({ type: 'peer-joined', peer });
    void this.#read(link, session);
  }

  leave(peerId: string, reason: string): void {
    const link = this.#links.get(peerId);
    if (link === undefined) return;
    this.#links.delete(peerId);
    membership.unwatch(this.#members, peerId);
    link.end(reason);
    link.session.connection.abort(new Error(reason));
    this.#tell({ type: 'peer-left', peer: peerId, reason });
  }

  /** To be called every HEARTBEAT_MS. */
  tick(): void {
    for (const { member, liveness } of membership.tick(this.#members, monotonicMs())) {
      if (liveness === 'suspect') this.#tell({ type: 'peer-suspect', peer: member });
      else {
        const name = this.#links.get(member)?.peer.name ?? member;
        this.leave(member, `${name} was silent for ${Math.round(membership.GONE_AFTER_MS / 1000)} s`);
      }
    }
    for (const link of this.#links.values()) link.beat();
  }

  /** Tells every peer, and waits for the goodbyes to be on their way. */
  async sayGoodbye(reason: string): Promise<void> {
    this.#isClosed = true;
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.end(reason);
    const goodbyes = links.map(async ({ session }) => {
      await sendGoodbye(session.control, reason);
      await session.connection.close();
    });
    await Promise.race([
      Promise.allSettled(goodbyes),
      new Promise((resolve) => setTimeout(resolve, limits.STOP_TIMEOUT_MS).unref()),
    ]);
  }

  #tell(event: MeshEvent): void {
    this.#onEvent(event);
  }

  /** Until the session ends. The peer has left then, unless the link goes on over another session. */
  async #read(link: Link, session: Session): Promise<void> {
    let reason = `${link.peer.name} closed the connection`;
    const rate = new RateLimit();
    try {
      for (;;) {
        const message = await session.control.receive();
        if (message === null) break;
        rate.count();
        if (message.type === 'goodbye') {
          reason = `${link.peer.name} left: ${message.reason}`;
          break;
        }
        this.#take(link, session, message);
      }
    } catch (error) {
      if (session.connection.status === 'open')
        reason = `${link.peer.name} was dropped: ${sentenceOf(error)}`;
    }
    session.connection.abort(new Error(reason));
    if (this.#links.get(link.peer.id) === link && link.session === session) this.leave(link.peer.id, reason);
  }

  #take(link: Link, session: Session, message: Message): void {
    const peer = link.peer.id;
    if (this.#links.get(peer) !== link) return;
    if (membership.heard(this.#members, peer, monotonicMs())) this.#tell({ type: 'peer-alive', peer });
    switch (message.type) {
      case 'heartbeat':
        link.confirm(message.received);
        return;
      case 'hello':
      case 'goodbye':
        throw new Error('The peer said hello in the middle of a session');
      default:
        if (link.accept(session)) this.#tell({ type: 'message', peer, message });
    }
  }
}

/** Throws when a peer sends more than it may. */
class RateLimit {
  #count = 0;
  #sinceMs = monotonicMs();

  count(): void {
    const nowMs = monotonicMs();
    if (nowMs - this.#sinceMs >= limits.RATE_WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count > limits.MAX_MESSAGES_IN_WINDOW) {
      throw new Error(
        `The peer sent more than ${limits.MAX_MESSAGES_IN_WINDOW} messages in ${limits.RATE_WINDOW_MS / 1000} s`,
      );
    }
  }
}
