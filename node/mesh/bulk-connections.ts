import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { parsePeerAddress } from '../../src/mesh/peer-address.ts';
import * as limits from '../../src/protocol/limits.ts';
import { BULK_PROTOCOL } from '../../src/protocol/messages.ts';
import { toMultiaddr } from './create-libp2p.ts';
import type { Link } from './link.ts';

/** A peer behind a firewall can dial us, but not we it: it is not tried again for a while. */
const UNREACHABLE_MS = 60_000;

/**
 * The second connection to each peer, opened when something is fetched first: heartbeats on the control connection
 * must not queue behind bulk data.
 */
export class BulkConnections {
  readonly #libp2p: Libp2p;
  readonly #now: () => number;
  readonly #isControl: (connection: Connection) => boolean;
  readonly #opening = new Map<string, Promise<Connection>>();
  readonly #open = new Map<string, Connection>();
  readonly #unreachableUntilMs = new Map<string, number>();

  constructor(libp2p: Libp2p, isControl: (connection: Connection) => boolean, now: () => number) {
    this.#libp2p = libp2p;
    this.#isControl = isControl;
    this.#now = now;
  }

  async newStream(link: Link, signal: AbortSignal): Promise<Stream> {
    const connection = await this.#connection(link);
    const timeout = AbortSignal.timeout(limits.HELLO_TIMEOUT_MS);
    try {
      return await openStream(connection, signal, timeout);
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      this.#distrust(link.peer.id, connection);
      const other = await this.#connection(link);
      if (other === connection) throw error;
      return await openStream(other, signal, AbortSignal.timeout(limits.HELLO_TIMEOUT_MS));
    }
  }

  /** Ends the transfers of a peer that left, in both directions. Its control connections end by themselves. */
  drop(peerId: string, reason: string): void {
    this.#open.delete(peerId);
    this.#unreachableUntilMs.delete(peerId);
    for (const connection of this.#libp2p.getConnections()) {
      if (connection.remotePeer.toString() !== peerId || this.#isControl(connection)) continue;
      connection.abort(new Error(reason));
    }
  }

  /**
   * Whoever moved to another cable leaves a connection behind that looks open and carries nothing, for a quarter of an hour.
   * Transfers that begin get a new one. Those that run on it, behind a line that is only slow, end on it, or stall.
   */
  #distrust(peerId: string, connection: Connection): void {
    if (this.#open.get(peerId) !== connection) return;
    this.#open.delete(peerId);
    const timer = setInterval(() => {
      if (connection.streams.length === 0) connection.abort(new Error('No stream could be opened on it'));
    }, limits.BULK_STALL_MS).unref();
    connection.addEventListener('close', () => clearInterval(timer));
  }

  async #connection(link: Link): Promise<Connection> {
    const peerId = link.peer.id;
    const open = this.#open.get(peerId);
    if (open?.status === 'open') return open;
    if ((this.#unreachableUntilMs.get(peerId) ?? 0) > this.#now()) return this.#fallback(link);
    const opening = this.#opening.get(peerId) ?? this.#dial(link);
    this.#opening.set(peerId, opening);
    try {
      return await opening;
    } catch {
      this.#unreachableUntilMs.set(peerId, this.#now() + UNREACHABLE_MS);
      return this.#fallback(link);
    } finally {
      this.#opening.delete(peerId);
    }
  }

  async #dial(link: Link): Promise<Connection> {
    const addresses = link.peer.addresses.flatMap((text) => {
      const address = parsePeerAddress(text);
      return 'error' in address ? [] : [toMultiaddr(address, link.peer.id)];
    });
    const connection = await this.#libp2p.dial(addresses, {
      force: true,
      signal: AbortSignal.timeout(limits.DIAL_TIMEOUT_MS),
    });
    this.#open.set(link.peer.id, connection);
    return connection;
  }

  /** The connection that the peer opened for its own bulk data; failing that, the control connection. */
  #fallback(link: Link): Connection {
    const { connection: control } = link.session;
    const others = this.#libp2p
      .getConnections(control.remotePeer)
      .filter((connection) => !this.#isControl(connection) && connection.status === 'open');
    return others[0] ?? control;
  }
}

async function openStream(
  connection: Connection,
  signal: AbortSignal,
  timeout: AbortSignal,
): Promise<Stream> {
  signal.throwIfAborted();
  return await connection.newStream(BULK_PROTOCOL, { signal: AbortSignal.any([signal, timeout]) });
}
