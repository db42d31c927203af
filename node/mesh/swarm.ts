import { createHash } from 'node:crypto';
import type { Connection, PrivateKey } from '@libp2p/interface';
import { addressKind, isPrivateAddress } from '../../src/mesh/addresses.ts';
import { HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import {
  DEFAULT_PORT,
  formatHostPort,
  type PeerAddress,
  parsePeerAddress,
} from '../../src/mesh/peer-address.ts';
import * as limits from '../../src/protocol/limits.ts';
import {
  BULK_PROTOCOL,
  type BulkRequest,
  CONTROL_PROTOCOL,
  type JobMessage,
  PROTOCOL_VERSION,
} from '../../src/protocol/messages.ts';
import { monotonicMs } from '../clock.ts';
import { sentenceOf } from '../sentence.ts';
import { fetchBulk, serveBulk } from './bulk.ts';
import { BulkConnections } from './bulk-connections.ts';
import { encodeMessage } from './control-stream.ts';
import { createNode, type HostPort, type Node, type Sighting, toMultiaddr } from './create-libp2p.ts';
import { Dialler, type Target } from './dialler.ts';
import { Finder } from './finder.ts';
import { OtherSwarm, RefusedPeer } from './greet.ts';
import { Greeter } from './greeter.ts';
import { loadOrCreateIdentity } from './identity.ts';
import { LinkBook } from './link-book.ts';
import type { Mesh, MeshEvent, MeshHandlers, MeshPeer } from './mesh.ts';
import { chooseListenAddresses, choosePort, defaultListenAddresses, ownAddresses } from './network.ts';
import { checkOwnMessage } from './read-wire.ts';
import { loadRememberedPeers, type RememberedPeers } from './remembered.ts';
import { type Pacer, Throttle } from './throttle.ts';

export { DEFAULT_PORT };

export interface MeshOptions {
  /** File of the identity key, made when it is not there; or the key itself. */
  readonly identityPath?: string;
  readonly privateKey?: PrivateKey;
  /** File of remembered addresses; without one, nothing is remembered. */
  readonly rememberedPath?: string;
  readonly name: string;
  readonly version: string;
  /** Random per start. */
  readonly instance: string;
  readonly slots: number;
  /** null: DEFAULT_PORT, or the next free one. 0: any free one. */
  readonly port: number | null;
  /** IP addresses to listen on; none: every private one of this machine. */
  readonly listen: readonly string[];
  readonly swarm: string;
  /** As parsePeerAddress reads them. */
  readonly peers: readonly string[];
  readonly mdns: boolean;
  /** Bytes a second of all bulk transfers together; null or left out: as fast as they go. */
  readonly maxUpload?: number | null;
  readonly maxDownload?: number | null;
  /** The time that these caps live in; left out: the real one. */
  readonly pacer?: Pacer;
}

export interface RunningSwarm extends Mesh {
  /** HOST:PORT of each address that is listened on. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** How often targets are looked at; a dial is at most this late. */
const DIAL_TICK_MS = 250;
/** How often the machine's own interfaces are read (it takes 2 ms): a cable that comes back is noticed in this time. */
const NETWORK_TICK_MS = 2000;
/** How often others are asked for by multicast while somebody is missed; a peer that comes back is met in this time. */
const ASK_TICK_MS = 1000;
/** A peer that left is missed for this long: longer than a machine starts. */
const MISSED_FOR_MS = 600_000;
/** Ports that are lost to others one after another, before who starts a mesh is told: more than start at once. */
const LISTEN_TRIES = 20;
/** What was said once is not said again; beyond this many, it may be. */
const MAX_SAID = 1000;
/** What was said holds while it happens again within this time: longer than it takes to dial everybody who does not answer. */
const SAID_LASTS_MS = 120_000;

/** Starts to listen and to look for peers. Rejects with a sentence when an option or the machine does not allow it. */
export async function startMesh(options: MeshOptions, handlers: MeshHandlers): Promise<RunningSwarm> {
  const named = options.peers.map(readNamedPeer);
  if (named.length > limits.MAX_NAMED_PEERS) {
    throw new Error(`${named.length} peers were named; at most ${limits.MAX_NAMED_PEERS} are possible`);
  }
  const privateKey =
    options.privateKey ?? (await loadOrCreateIdentity(options.identityPath ?? missingIdentity()));
  const listen = chooseListenAddresses(options.listen);
  const remembered = await loadRememberedPeers(options.rememberedPath ?? null);
  for (let tries = 1; ; tries += 1) {
    const port = await choosePort(listen, options.port);
    const swarm = new Swarm(options, handlers, port, remembered);
    try {
      await swarm.start(privateKey, listen, named);
      return swarm;
    } catch (error) {
      // Another program took the port since it was chosen, or only looked at it: two daemons that start at once do that.
      if (tries === LISTEN_TRIES || !sentenceOf(error).includes('EADDRINUSE')) throw error;
    }
  }
}

class Swarm implements RunningSwarm {
  readonly port: number;
  readonly #options: MeshOptions;
  readonly #handlers: MeshHandlers;
  readonly #remembered: RememberedPeers;
  readonly #book: LinkBook;
  readonly #dialler: Dialler;
  readonly #timers: NodeJS.Timeout[] = [];
  /** What the user was told of peers that do not work, by peer or address. */
  readonly #said = new Map<string, Said>();
  /** Dials under way, by address: two ways to find a peer must not make two connections. */
  readonly #dialling = new Map<string, Promise<string>>();
  readonly #listened = new Set<string>();
  /** Peers that left, and when. */
  readonly #missed = new Map<string, number>();
  readonly #upload: Throttle | null;
  readonly #download: Throttle | null;
  #acceptsShared = false;
  #isStopped = false;
  #node!: Node;
  #greeter!: Greeter;
  #finder!: Finder;
  #bulk!: BulkConnections;

  constructor(options: MeshOptions, handlers: MeshHandlers, port: number, remembered: RememberedPeers) {
    this.#options = options;
    this.#handlers = handlers;
    this.port = port;
    this.#remembered = remembered;
    this.#upload = throttleOf(options.maxUpload, options.pacer);
    this.#download = throttleOf(options.maxDownload, options.pacer);
    this.#book = new LinkBook((event) => this.#onLinkEvent(event), handlers.worksWith);
    this.#dialler = new Dialler({
      isMet: (peerId) => this.#book.isWell(peerId),
      dial: (target) => this.#meet(target),
      onFailure: (target, error) => this.#onDialFailure(target, error),
      now: monotonicMs,
    });
  }

  get id(): string {
    return this.#node.libp2p.peerId.toString();
  }

  get addresses(): readonly string[] {
    return [...this.#listened].map((host) => formatHostPort(host, this.port));
  }

  async start(
    privateKey: PrivateKey,
    listen: readonly string[],
    named: readonly PeerAddress[],
  ): Promise<void> {
    const { name, version, instance, slots, swarm } = this.#options;
    const isShared = (host: string): boolean => addressKind(host) === 'shared';
    this.#acceptsShared = listen.some(isShared) || named.some(({ host }) => isShared(host));
    this.#node = await createNode({
      privateKey,
      listen: listen.map((host) => ({ host, port: this.port })),
      accepts: (host) => this.#accepts(host),
      mdns: this.#options.mdns
        ? { serviceTag: serviceTag(swarm), onSighting: (sighting) => this.#onSighting(sighting) }
        : null,
    });
    const { libp2p } = this.#node;
    this.#finder = new Finder(this.#dialler, monotonicMs);
    const self = {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      version,
      name,
      instance,
      slots,
      port: this.port,
      swarm,
    };
    this.#greeter = new Greeter(this.id, { ...self, type: 'hello' }, this.#book, this.#handlers.whenReady);
    this.#bulk = new BulkConnections(
      libp2p,
      (connection) => this.#greeter.isControl(connection),
      monotonicMs,
    );
    await this.#handleProtocols();
    await libp2p.start();
    for (const host of listen) this.#listened.add(host);
    for (const address of named) this.#finder.name(address);
    for (const peer of this.#remembered.peers) this.#finder.remember(peer);
    this.#dialler.start();
    this.#every(HEARTBEAT_MS, () => this.#book.tick());
    this.#every(ASK_TICK_MS, () => {
      if (this.#isSomebodyMissed()) this.#node.ask();
    });
    this.#every(ASK_TICK_MS, () => this.#takeBack());
    this.#every(DIAL_TICK_MS, () => this.#dialler.tick());
    let interfaces = String(ownAddresses());
    this.#every(NETWORK_TICK_MS, () => {
      const now = String(ownAddresses());
      if (now === interfaces) return;
      interfaces = now;
      void this.#onNetworkChange();
    });
  }

  peers(): readonly MeshPeer[] {
    return this.#book.peers();
  }

  async send(peer: string, message: JobMessage): Promise<void> {
    const link = this.#book.known(peer);
    if (link === undefined) throw notConnected(peer);
    checkOwnMessage(message);
    await link.send(encodeMessage(message));
  }

  async fetch(
    peer: string,
    request: BulkRequest,
    sink: (piece: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const link = this.#book.get(peer);
    if (link === undefined) throw notConnected(peer);
    const transfer = async () => {
      const stream = await this.#bulk.newStream(link, signal);
      return await fetchBulk(stream, request, sink, signal, this.#download);
    };
    return await (this.#download === null ? transfer() : this.#download.inTurn(signal, transfer));
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#book.sayGoodbye('it was stopped');
    await this.#node.libp2p.stop();
    await this.#remembered.flush();
  }

  #every(intervalMs: number, work: () => void): void {
    this.#timers.push(setInterval(work, intervalMs));
  }

  async #handleProtocols(): Promise<void> {
    const { libp2p } = this.#node;
    await libp2p.handle(
      CONTROL_PROTOCOL,
      (stream, connection) => {
        // Who failed to greet us has been told, and tries again.
        void this.#greeter
          .greet(connection, stream, 'inbound')
          .then(() => this.#node.letIn(connection))
          .catch((error) => this.#onInboundFailure(connection, error));
      },
      { maxInboundStreams: limits.MAX_CONTROL_STREAMS, maxOutboundStreams: limits.MAX_CONTROL_STREAMS },
    );
    await libp2p.handle(
      BULK_PROTOCOL,
      (stream, connection) => {
        const peer = connection.remotePeer.toString();
        if (!this.#book.isJoined(peer)) stream.abort(new Error('Only peers that said hello are served'));
        else void serveBulk(stream, (request) => this.#handlers.serve(peer, request), this.#upload);
      },
      { maxInboundStreams: limits.MAX_BULK_STREAMS, maxOutboundStreams: limits.MAX_BULK_STREAMS },
    );
    libp2p.addEventListener('connection:open', ({ detail }) => {
      this.#expectHello(detail);
      this.#dropSurplus(detail);
    });
  }

  /** A connection of nobody who said hello is not kept. */
  #expectHello(connection: Connection): void {
    const isPeers = (): boolean => this.#book.isJoined(connection.remotePeer.toString());
    if (isPeers()) this.#node.letIn(connection);
    const timer = setTimeout(() => {
      if (isPeers()) this.#node.letIn(connection);
      else connection.abort(new Error('The peer did not say hello'));
    }, limits.HELLO_TIMEOUT_MS);
    connection.addEventListener('close', () => clearTimeout(timer));
  }

  /** A peer that opens one connection after another loses its own, and takes no other's place. */
  #dropSurplus({ remotePeer }: Connection): void {
    const connections = this.#node.libp2p.getConnections(remotePeer);
    if (connections.length <= limits.MAX_CONNECTIONS_A_PEER) return;
    const [oldest] = connections.sort((a, b) => a.timeline.open - b.timeline.open);
    oldest?.abort(new Error('The peer opened too many connections'));
  }

  #onLinkEvent(event: MeshEvent): void {
    if (this.#isStopped) return;
    if (event.type === 'peer-joined' || event.type === 'peer-back' || event.type === 'peer-moved') {
      this.#said.delete(event.peer.id);
      this.#missed.delete(event.peer.id);
      const remembered = { id: event.peer.id, addresses: event.peer.addresses };
      this.#remembered.remember(remembered);
      this.#finder.remember(remembered);
    }
    if (event.type === 'peer-away' || event.type === 'peer-left') {
      this.#bulk.drop(event.peer, event.reason);
      if (this.#missed.size < limits.MAX_PEERS) this.#missed.set(event.peer, monotonicMs());
      this.#dialler.hurry(event.peer);
    }
    if (event.type === 'peer-suspect') this.#dialler.hurry(event.peer);
    this.#handlers.onEvent(event);
  }

  /** What was said of the target no longer holds once it is met. */
  async #meet(target: Target): Promise<string> {
    const peerId = await this.#joinOneOf(target);
    const address = nameOf(target);
    if (this.#said.delete(address)) this.#handlers.onEvent({ type: 'trouble-over', peer: address });
    return peerId;
  }

  /** Finds one of the target's addresses that leads to a peer, and joins it. */
  async #joinOneOf(target: Target): Promise<string> {
    let failure: unknown = new Error('no address of it is known');
    for (const address of await target.addresses()) {
      if (this.#isStopped) break;
      if (this.#isOwn(address)) {
        failure = new OwnAddress();
        continue;
      }
      try {
        return await this.#meetAt(address, target);
      } catch (error) {
        failure = error;
        if (error instanceof RefusedPeer) break;
      }
    }
    throw failure;
  }

  #meetAt(address: HostPort, target: Target): Promise<string> {
    const text = formatHostPort(address.host, address.port);
    const there = this.#book
      .peers()
      .find((peer) => peer.addresses.includes(text) && this.#book.isWell(peer.id));
    if (there !== undefined) return Promise.resolve(there.id);
    const underway = this.#dialling.get(text);
    if (underway !== undefined) return underway;
    const dialling = this.#dialAndGreet(address, target).finally(() => this.#dialling.delete(text));
    this.#dialling.set(text, dialling);
    return dialling;
  }

  async #dialAndGreet(address: HostPort, target: Target): Promise<string> {
    if (!this.#accepts(address.host)) {
      throw new Error(
        `${address.host} is not a private, link-local or loopback address, and the swarm has no passwords: connect over a VPN instead`,
      );
    }
    const connection = await this.#node.libp2p.dial(toMultiaddr(address, target.expectedId), {
      force: true,
      signal: AbortSignal.timeout(limits.DIAL_TIMEOUT_MS),
    });
    const peerId = connection.remotePeer.toString();
    try {
      const stream = await connection.newStream(CONTROL_PROTOCOL, {
        signal: AbortSignal.timeout(limits.HELLO_TIMEOUT_MS),
      });
      await this.#greeter.greet(connection, stream, target.metBy);
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)));
      // The other end may have dialled at the same moment, and its connection is the one that is kept.
      if (!this.#book.isWell(peerId)) throw error;
    }
    return peerId;
  }

  #onSighting(sighting: Sighting): void {
    if (this.#isStopped) return;
    if (sighting.peerId === this.id) {
      if (sighting.addresses.some((address) => !this.#isOwn(address)))
        this.#sayIdentityCopied(sighting.addresses[0]);
      return;
    }
    if (!this.#book.isWell(sighting.peerId)) this.#finder.sight(sighting);
  }

  #onDialFailure(target: Target, error: unknown): void {
    if (this.#isStopped || error instanceof OwnAddress) return;
    const name = nameOf(target);
    if (isSelfDial(error)) this.#sayIdentityCopied(null, name);
    else if (error instanceof OtherSwarm && target.metBy !== 'address') return;
    else if (error instanceof RefusedPeer)
      this.#sayOnce(name, { type: 'peer-refused', peer: name, reason: error.message });
    else if (target.metBy === 'address') {
      const reason = `${name} does not answer (${sentenceOf(error)}); it is tried again until it does`;
      this.#sayOnce(name, { type: 'peer-unreachable', address: name, reason });
    }
  }

  #onInboundFailure(connection: Connection, error: unknown): void {
    if (this.#isStopped || error instanceof OtherSwarm || !(error instanceof RefusedPeer)) return;
    const peer = connection.remotePeer.toString();
    this.#sayOnce(peer, { type: 'peer-refused', peer, reason: error.message });
  }

  #sayIdentityCopied(address: HostPort | null | undefined, name?: string): void {
    const where = address ? formatHostPort(address.host, address.port) : name;
    this.#sayOnce(this.id, {
      type: 'peer-refused',
      peer: this.id,
      reason: `Another daemon${where === undefined ? '' : ` at ${where}`} uses this daemon's identity: one state directory is a copy of the other. Delete identity.key in the copy${hereOf(this.#options.identityPath)} and start that daemon again`,
    });
  }

  #sayOnce(key: string, event: MeshEvent & { readonly reason: string }): void {
    const isSaid = this.#said.get(key)?.type === event.type;
    if (!isSaid && this.#said.size >= MAX_SAID) this.#said.clear();
    this.#said.set(key, { type: event.type, atMs: monotonicMs() });
    if (!isSaid) this.#handlers.onEvent(event);
  }

  /** The copy of an identity got a key of its own, the machine of another swarm was turned off. */
  #takeBack(): void {
    for (const [peer, { atMs }] of this.#said) {
      if (monotonicMs() - atMs < SAID_LASTS_MS) continue;
      this.#said.delete(peer);
      this.#handlers.onEvent({ type: 'trouble-over', peer });
    }
  }

  #isSomebodyMissed(): boolean {
    for (const [peerId, sinceMs] of this.#missed) {
      if (monotonicMs() - sinceMs > MISSED_FOR_MS) this.#missed.delete(peerId);
    }
    const peers = this.#book.peers();
    return peers.length === 0 || this.#missed.size > 0 || peers.some(({ id }) => !this.#book.isWell(id));
  }

  async #onNetworkChange(): Promise<void> {
    this.#dialler.hurry();
    if (this.#options.listen.length === 0) {
      for (const host of defaultListenAddresses().filter((address) => !this.#listened.has(address))) {
        this.#listened.add(host);
        await this.#node.listenOn({ host, port: this.port }).catch(() => this.#listened.delete(host));
      }
    }
    await this.#node.restartMdns();
  }

  #accepts(host: string): boolean {
    return isPrivateAddress(host) || (this.#acceptsShared && addressKind(host) === 'shared');
  }

  #isOwn({ host, port }: HostPort): boolean {
    return (
      port === this.port &&
      (addressKind(host) === 'loopback' ? this.#listened.has(host) : ownAddresses().includes(host))
    );
  }
}

/** What the user was told, and when it happened last. */
interface Said {
  readonly type: MeshEvent['type'];
  readonly atMs: number;
}

/** An address that the user named, or who is looked for. */
function nameOf({ key }: Target): string {
  return key.replace(/^\w+ /, '');
}

/** An address that leads back to this daemon: a list of peers may hold its own reader. */
class OwnAddress extends Error {}

/** libp2p refuses a connection whose other end has our own key. */
function isSelfDial(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidPeerIdError';
}

function throttleOf(cap: number | null | undefined, pacer: Pacer | undefined): Throttle | null {
  return cap == null ? null : new Throttle(cap, pacer);
}

function notConnected(peer: string): Error {
  return new Error(`The peer ${peer} is not connected`);
}

function hereOf(identityPath: string | undefined): string {
  return identityPath === undefined ? '' : ` (on this machine it is ${identityPath})`;
}

function missingIdentity(): never {
  throw new Error('startMesh needs an identityPath or a privateKey');
}

function readNamedPeer(text: string): PeerAddress {
  const address = parsePeerAddress(text);
  if ('error' in address) throw new Error(address.error);
  return address;
}

/** DNS-SD service type of a swarm (RFC 6763: at most 15 letters, digits and hyphens). */
export function serviceTag(swarm: string): string {
  return `_vadeio-${createHash('sha256').update(swarm).digest('hex').slice(0, 8)}._udp.local`;
}
