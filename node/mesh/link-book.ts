import * as membership from '../../src/mesh/membership.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { LinkState, Message } from '../../src/protocol/messages.ts';
import { monotonicMs } from '../clock.ts';
import { sentenceOf } from '../sentence.ts';
import { RefusedPeer, sendGoodbye } from './greet.ts';
import { Link, type Session } from './link.ts';
import type { MeshEvent, MeshPeer } from './mesh.ts';

/** A replaced connection stays open until the other end has surely replaced it too: it would take its end for ours. */
const REPLACED_LASTS_MS = 2000;

/** A link without a connection, and since when. */
interface AwayLink {
  readonly link: Link;
  readonly sinceMs: number;
}

/** Whoever greeted waits for this. */
interface Joining {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Every peer that is joined, and what arrives from it. */
export class LinkBook {
  readonly #links = new Map<string, Link>();
  /** Links on which nothing was heard yet: their peers may still turn us away, and nobody was told of them. */
  readonly #unheard = new Map<Link, Joining>();
  /** Links of peers that may come back, longest away first. */
  readonly #away = new Map<string, AwayLink>();
  readonly #members = membership.emptyMembership();
  readonly #onEvent: (event: MeshEvent) => void;
  readonly #worksWith: (peerId: string) => boolean;
  #isClosed = false;

  constructor(onEvent: (event: MeshEvent) => void, worksWith: (peerId: string) => boolean) {
    this.#onEvent = onEvent;
    this.#worksWith = worksWith;
  }

  get(peerId: string): Link | undefined {
    return this.#links.get(peerId);
  }

  /** The link that goes on when this peer is met: the one in use, or the one of a peer that is away. */
  known(peerId: string): Link | undefined {
    return this.#links.get(peerId) ?? this.#away.get(peerId)?.link;
  }

  peers(): MeshPeer[] {
    return [...this.#links.values()].filter((link) => !this.#unheard.has(link)).map(({ peer }) => peer);
  }

  get isFull(): boolean {
    return this.#links.size >= limits.MAX_PEERS;
  }

  /** Goodbye was said: nobody joins any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** It said more than hello, so it works with us. */
  isJoined(peerId: string): boolean {
    const link = this.#links.get(peerId);
    return link !== undefined && !this.#unheard.has(link);
  }

  /** Joined, and not silent for too long. */
  isWell(peerId: string): boolean {
    return membership.liveness(this.#members, peerId) === 'alive';
  }

  /** Heard of so lately that it is surely there. */
  isLively(peerId: string): boolean {
    return membership.isLively(this.#members, peerId, monotonicMs());
  }

  /**
   * A peer said hello on a new session, and `linkId` is the link that both ends agreed on: the one in use, or a new one. Resolves
   * when something was heard on a new link, until when its peer may turn us away; rejects with RefusedPeer then.
   */
  async join(peer: MeshPeer, linkId: string, theirs: LinkState | null, session: Session): Promise<void> {
    const inUse = this.#links.get(peer.id);
    if (inUse?.id === linkId) {
      if (membership.heard(this.#members, peer.id, monotonicMs()))
        this.#tell({ type: 'peer-alive', peer: peer.id });
      const { connection: replaced } = inUse.session;
      const hasMoved = String(inUse.peer.addresses) !== String(peer.addresses);
      inUse.resume(session, theirs?.received ?? 0, peer);
      setTimeout(() => replaced.abort(new Error('replaced by a new connection')), REPLACED_LASTS_MS).unref();
      if (hasMoved && this.isJoined(peer.id)) this.#tell({ type: 'peer-moved', peer });
      void this.#read(inUse, session);
      return;
    }
    const away = this.#away.get(peer.id)?.link;
    const isBack = away?.id === linkId;
    if (!isBack) this.#leave(peer.id, `${peer.name} connected anew`);
    const link = isBack ? away : new Link(linkId, peer, session);
    this.#away.delete(peer.id);
    this.#links.set(peer.id, link);
    membership.watch(this.#members, peer.id, monotonicMs());
    if (isBack) {
      link.resume(session, theirs?.received ?? 0, peer);
      this.#tell({ type: 'peer-back', peer });
    }
    // What it waits for on a new link.
    this.#keepBeating(link);
    void this.#read(link, session);
    if (!isBack) await new Promise<void>((resolve, reject) => this.#unheard.set(link, { resolve, reject }));
  }

  /** The first word on a new link: the peer is joined. */
  #welcome(link: Link): void {
    const joining = this.#unheard.get(link);
    if (joining === undefined) return;
    this.#unheard.delete(link);
    this.#tell({ type: 'peer-joined', peer: link.peer });
    joining.resolve();
  }

  /** A new link ended before anything was heard on it. False: it is no such link. */
  #giveUp(link: Link, error: Error): boolean {
    const joining = this.#unheard.get(link);
    if (joining === undefined) return false;
    this.#unheard.delete(link);
    this.#links.delete(link.peer.id);
    membership.unwatch(this.#members, link.peer.id);
    link.end(error.message);
    link.session.connection.abort(error);
    joining.reject(error);
    return true;
  }

  /** The link is over, whether its peer is here or away. */
  #leave(peerId: string, reason: string): void {
    const link = this.known(peerId);
    if (link === undefined || this.#giveUp(link, new Error(reason))) return;
    this.#links.delete(peerId);
    this.#away.delete(peerId);
    membership.unwatch(this.#members, peerId);
    link.end(reason);
    link.session.connection.abort(new Error(reason));
    this.#tell({ type: 'peer-left', peer: peerId, reason });
  }

  /** The connection is over; the link waits for the next one. */
  #part(peerId: string, reason: string): void {
    const link = this.#links.get(peerId);
    if (link === undefined || this.#giveUp(link, new Error(reason))) return;
    this.#links.delete(peerId);
    membership.unwatch(this.#members, peerId);
    link.session.connection.abort(new Error(reason));
    this.#away.set(peerId, { link, sinceMs: monotonicMs() });
    this.#tell({ type: 'peer-away', peer: peerId, reason });
    const [longest] = this.#away.keys();
    if (longest !== undefined && this.#away.size > limits.MAX_PEERS) {
      const name = this.#away.get(longest)?.link.peer.name ?? longest;
      this.#leave(longest, `${name} was forgotten: too many others are away`);
    }
  }

  /** To be called every HEARTBEAT_MS. */
  tick(): void {
    for (const { member, liveness } of membership.tick(this.#members, monotonicMs())) {
      if (liveness === 'suspect' && !this.isJoined(member)) continue;
      if (liveness === 'suspect') this.#tell({ type: 'peer-suspect', peer: member });
      else {
        const name = this.#links.get(member)?.peer.name ?? member;
        this.#part(member, `${name} was silent for ${seconds(membership.GONE_AFTER_MS)} s`);
      }
    }
    for (const [peerId, { link, sinceMs }] of this.#away) {
      if (monotonicMs() - sinceMs < membership.FORGOTTEN_AFTER_MS) break;
      this.#leave(
        peerId,
        `${link.peer.name} did not come back within ${seconds(membership.FORGOTTEN_AFTER_MS)} s`,
      );
    }
    for (const link of this.#links.values()) this.#keepBeating(link);
  }

  #keepBeating(link: Link): void {
    const isBusy = this.#worksWith(link.peer.id);
    link.keepBeating(isBusy ? membership.HEARTBEAT_MS : membership.IDLE_HEARTBEAT_MS);
  }

  /** Tells every peer, and waits for the goodbyes to be on their way. */
  async sayGoodbye(reason: string): Promise<void> {
    this.#isClosed = true;
    const links = [...this.#links.values()];
    for (const { reject } of this.#unheard.values()) reject(new Error(reason));
    this.#unheard.clear();
    for (const link of [...links, ...[...this.#away.values()].map((away) => away.link)]) link.end(reason);
    this.#links.clear();
    this.#away.clear();
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
    let reason = `The connection to ${link.peer.name} was closed`;
    let isOver = false;
    let refusal: RefusedPeer | null = null;
    const rate = new RateLimit();
    try {
      for (;;) {
        const message = await session.control.receive();
        if (message === null) break;
        rate.count();
        if (message.type === 'goodbye') {
          refusal = new RefusedPeer(message.reason, 'nothing');
          reason = `${link.peer.name} left: ${message.reason}`;
          isOver = true;
          break;
        }
        this.#take(link, session, message);
      }
    } catch (error) {
      // Against the rules; a connection that broke is not open.
      isOver = session.connection.status === 'open';
      if (isOver) reason = `${link.peer.name} was dropped: ${sentenceOf(error)}`;
    }
    session.connection.abort(new Error(reason));
    if (this.#links.get(link.peer.id) !== link || link.session !== session) return;
    if (refusal !== null && this.#giveUp(link, refusal)) return;
    if (isOver) this.#leave(link.peer.id, reason);
    else this.#part(link.peer.id, reason);
  }

  #take(link: Link, session: Session, message: Message): void {
    const peer = link.peer.id;
    if (this.#links.get(peer) !== link) return;
    this.#welcome(link);
    if (membership.heard(this.#members, peer, monotonicMs())) this.#tell({ type: 'peer-alive', peer });
    switch (message.type) {
      case 'heartbeat':
        membership.expectEvery(this.#members, peer, message.everyMs);
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

function seconds(ms: number): number {
  return Math.round(ms / 1000);
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
