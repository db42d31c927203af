import { randomBytes } from 'node:crypto';
import type { Connection, Stream } from '@libp2p/interface';
import { decidesFor, keepsSessionInUse } from '../../src/mesh/choose-session.ts';
import { formatHostPort } from '../../src/mesh/peer-address.ts';
import { MAX_PEERS } from '../../src/protocol/limits.ts';
import type { Hello, LinkState } from '../../src/protocol/messages.ts';
import { monotonicMs } from '../clock.ts';
import { ControlStream } from './control-stream.ts';
import { toHostPort } from './create-libp2p.ts';
import { OtherSwarm, RefusedPeer, receiveHello, sendGoodbye, sendHello } from './greet.ts';
import type { Session } from './link.ts';
import type { LinkBook } from './link-book.ts';
import type { MeshPeer } from './mesh.ts';

/**
 * Turns a control connection into a session. The end with the higher peer id says hello first; the other one
 * decides, and answers hello only on the connection that it keeps. So no message is ever sent on a connection that
 * is not kept, and both ends agree on which link goes on.
 */
export class Greeter {
  readonly #ownId: string;
  /** What we say of ourselves, but for the link. */
  readonly #self: Omit<Hello, 'link'>;
  readonly #book: LinkBook;
  readonly #whenReady: Promise<void> | undefined;
  readonly #controls = new WeakSet<Connection>();

  constructor(ownId: string, self: Omit<Hello, 'link'>, book: LinkBook, whenReady?: Promise<void>) {
    this.#ownId = ownId;
    this.#self = self;
    this.#book = book;
    this.#whenReady = whenReady;
  }

  /** Resolves when the peer is joined; rejects with RefusedPeer, or another reason, and the connection is closed then. */
  async greet(connection: Connection, stream: Stream, metBy: MeshPeer['metBy']): Promise<void> {
    this.#controls.add(connection);
    const control = new ControlStream(stream);
    const peerId = connection.remotePeer.toString();
    const decides = decidesFor(this.#ownId, peerId);
    try {
      await this.#whenReady;
      this.#checkOpen();
      if (decides) await this.#greetAndDecide(peerId, connection, control, metBy);
      else await this.#greetAndFollow(peerId, connection, control, metBy);
    } catch (error) {
      if (error instanceof RefusedPeer) await this.#sayWhy(control, error, decides);
      connection.abort(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** Whether a connection was made for a session: bulk data stays off it, and it ends with its session. */
  isControl(connection: Connection): boolean {
    return this.#controls.has(connection);
  }

  async #greetAndDecide(
    peerId: string,
    connection: Connection,
    control: ControlStream,
    metBy: MeshPeer['metBy'],
  ): Promise<void> {
    const theirs = await receiveHello(control, this.#self.version);
    this.#check(peerId, theirs);
    const inUse = this.#book.get(peerId);
    if (inUse !== undefined) {
      const ageMs = monotonicMs() - inUse.session.openedMs;
      const isLively = this.#book.isLively(peerId);
      const { instance } = inUse.peer;
      if (keepsSessionInUse({ instance, ageMs, isLively }, theirs.instance)) {
        throw new Error('Both ends dialled at once; the other connection is kept');
      }
    }
    const known = this.#book.known(peerId);
    const goesOn =
      known !== undefined && known.id === theirs.link?.id && known.peer.instance === theirs.instance;
    const link: LinkState = goesOn ? known.state() : { id: randomBytes(8).toString('hex'), received: 0 };
    const session = newSession(connection, control, link.received);
    const sent = sendHello(control, this.#hello(link));
    const joined = this.#book.join(
      describePeer(peerId, theirs, connection, metBy),
      link.id,
      goesOn ? theirs.link : null,
      session,
    );
    await Promise.all([sent, joined]);
  }

  async #greetAndFollow(
    peerId: string,
    connection: Connection,
    control: ControlStream,
    metBy: MeshPeer['metBy'],
  ): Promise<void> {
    const stated = this.#book.known(peerId)?.state() ?? null;
    await sendHello(control, this.#hello(stated));
    const theirs = await receiveHello(control, this.#self.version);
    this.#check(peerId, theirs);
    if (theirs.link === null) throw new Error('The peer answered hello without naming a link');
    const goesOn = stated !== null && stated.id === theirs.link.id;
    const session = newSession(connection, control, goesOn ? stated.received : 0);
    await this.#book.join(
      describePeer(peerId, theirs, connection, metBy),
      theirs.link.id,
      theirs.link,
      session,
    );
  }

  async #sayWhy(control: ControlStream, error: RefusedPeer, decides: boolean): Promise<void> {
    try {
      // The end that follows has said hello already.
      if (error.answer === 'hello' && decides) await sendHello(control, this.#hello(null));
      if (error.answer === 'goodbye') await sendGoodbye(control, error.message);
      await control.close();
    } catch {
      // The other end is gone already; there is nobody to tell.
    }
  }

  #hello(link: LinkState | null): Hello {
    return { ...this.#self, link };
  }

  /** Whoever heard our goodbye looks for us at once; a hello would promise work that is about to be dropped. */
  #checkOpen(): void {
    if (this.#book.isClosed) throw new Error('The daemon is stopping');
  }

  #check(peerId: string, theirs: Hello): void {
    this.#checkOpen();
    if (theirs.swarm !== this.#self.swarm) {
      throw new OtherSwarm(
        `${theirs.name} belongs to the swarm "${theirs.swarm}", ${this.#self.name} to "${this.#self.swarm}": start both with the same --swarm`,
        'hello',
      );
    }
    const inUse = this.#book.get(peerId);
    if (inUse === undefined) {
      if (this.#book.isFull)
        throw new RefusedPeer(
          `The swarm of ${this.#self.name} is full: at most ${MAX_PEERS} peers`,
          'goodbye',
        );
      return;
    }
    // A daemon that restarted has closed its old connections.
    if (this.#book.isLively(peerId) && inUse.peer.instance !== theirs.instance) {
      throw new RefusedPeer(
        `Two daemons use the same identity ${peerId}: "${inUse.peer.name}" and "${theirs.name}". One state directory is a copy of the other: delete identity.key in the copy and start that daemon again`,
        'goodbye',
      );
    }
  }
}

function newSession(connection: Connection, control: ControlStream, nextIndex: number): Session {
  return { connection, control, nextIndex, openedMs: monotonicMs() };
}

/** The address is one that can be dialled: the one that was dialled, or where it came from with the port it told. */
function describePeer(id: string, hello: Hello, connection: Connection, metBy: MeshPeer['metBy']): MeshPeer {
  const { name, version, instance, slots } = hello;
  const addresses = toHostPort(connection.remoteAddr).map(({ host, port }) =>
    formatHostPort(host, connection.direction === 'outbound' ? port : hello.port),
  );
  return { id, name, version, instance, slots, addresses, metBy };
}
