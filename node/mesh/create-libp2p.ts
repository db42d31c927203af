import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Connection, Libp2p, MultiaddrConnection, PrivateKey } from '@libp2p/interface';
import { mdns } from '@libp2p/mdns';
import { tcp } from '@libp2p/tcp';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { BlackHoleDatastore } from 'datastore-core/black-hole';
import { createLibp2p } from 'libp2p';
import { addressKind } from '../../src/mesh/addresses.ts';
import { formatHostPort } from '../../src/mesh/peer-address.ts';
import * as limits from '../../src/protocol/limits.ts';
import { Doorway } from './doorway.ts';

/** How often others are asked for when nobody is missed: each question is answered, and heard, by all. */
const MDNS_INTERVAL_MS = 10_000;
/** Silence of a TCP connection before the kernel asks whether the other end is there. */
const TCP_KEEPALIVE_MS = 10_000;

export interface Sighting {
  readonly peerId: string;
  readonly addresses: readonly HostPort[];
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface NodeOptions {
  readonly privateKey: PrivateKey;
  readonly listen: readonly HostPort[];
  /** Which addresses may be dialled and may dial. */
  readonly accepts: (host: string) => boolean;
  /** null: no multicast. */
  readonly mdns: { readonly serviceTag: string; readonly onSighting: (sighting: Sighting) => void } | null;
}

export interface Node {
  readonly libp2p: Libp2p;
  /** Listens on one more address, e.g. of a network that was joined meanwhile. */
  listenOn(address: HostPort): Promise<void>;
  /** The connection belongs to a peer: it does not count among strangers' any longer. */
  letIn(connection: Connection): void;
  /** Asks for others now. */
  ask(): void;
  /** Joins the multicast groups of the interfaces that are there now. */
  restartMdns(): Promise<void>;
}

/** The parts of libp2p's components that we hold on to. */
interface Listening {
  listen(addresses: Multiaddr[]): Promise<void>;
}

interface Discovery {
  /** The socket, while started. */
  readonly mdns?: { query(query: { questions: { name: string; type: 'PTR' }[] }): void };
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A libp2p node, to be started when its protocols are handled: TCP, noise, yamux, mDNS, nothing else. Without libp2p's connection monitor, whose pings
 * queue behind bulk data and kill healthy connections: membership.ts watches instead. Without identify, whose
 * answers the hello gives.
 */
export async function createNode(options: NodeOptions): Promise<Node> {
  let transports: Listening | null = null;
  let discovery: Discovery | null = null;
  const doorway = new Doorway(limits.MAX_STRANGERS);
  const libp2p = await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    // Else libp2p keeps every peer that was seen or dialled, and forgets none that it is not asked for: nothing here asks.
    datastore: new BlackHoleDatastore(),
    addresses: {
      listen: options.listen.map((address) => toMultiaddr(address).toString()),
      announceFilter: withoutLoopback,
    },
    transports: [
      tcp({
        dialOpts: { keepAliveInitialDelay: TCP_KEEPALIVE_MS },
        listenOpts: { keepAliveInitialDelay: TCP_KEEPALIVE_MS },
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: limits.MAX_BULK_STREAMS + limits.MAX_CONTROL_STREAMS,
        maxOutboundStreams: limits.MAX_BULK_STREAMS + limits.MAX_CONTROL_STREAMS,
        streamOptions: {
          maxStreamWindowSize: limits.STREAM_WINDOW_BYTES,
          maxReadBufferLength: limits.STREAM_READ_BUFFER_BYTES,
        },
      }),
    ],
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: limits.MAX_CONNECTIONS,
      // The default, 5 a second and host, refuses honest peers when a swarm starts at once.
      inboundConnectionThreshold: 50,
      // Who is turned away then is anybody; the doorway chooses before, and whom it turned out counts here for a moment.
      maxIncomingPendingConnections: 2 * limits.MAX_STRANGERS,
      reconnectRetries: 0,
      inboundUpgradeTimeout: limits.HELLO_TIMEOUT_MS,
    },
    connectionGater: {
      denyDialMultiaddr: (address) => !isAccepted(address, options.accepts),
      denyInboundConnection: (connection) =>
        !isAccepted(connection.remoteAddr, options.accepts) || !enter(doorway, connection),
    },
    peerDiscovery:
      options.mdns === null
        ? []
        : [
            (components) => {
              const found = createMdns(options.mdns as NonNullable<NodeOptions['mdns']>)(components);
              discovery = found as unknown as Discovery;
              return found;
            },
          ],
    services: {
      listening: (components: { transportManager: Listening }) => {
        transports = components.transportManager;
        return {};
      },
    },
  });
  return {
    libp2p,
    listenOn: async (address) => await transports?.listen([toMultiaddr(address)]),
    letIn: ({ remoteAddr }) => doorway.pass(sourceOf(remoteAddr)),
    ask: () => {
      const { serviceTag = '' } = options.mdns ?? {};
      discovery?.mdns?.query({ questions: [{ name: serviceTag, type: 'PTR' }] });
    },
    restartMdns: async () => {
      await discovery?.stop();
      await discovery?.start();
    },
  };
}

/** libp2p tells of a peer only when it is new to its peer store; we hear every sighting. */
function createMdns(options: NonNullable<NodeOptions['mdns']>) {
  const create = mdns({ interval: MDNS_INTERVAL_MS, serviceTag: options.serviceTag });
  return (components: Parameters<typeof create>[0]) => {
    const discovery = create(components);
    discovery.addEventListener('peer', ({ detail }) => {
      options.onSighting({
        peerId: detail.id.toString(),
        addresses: detail.multiaddrs.flatMap(toHostPort).slice(0, limits.MAX_ADDRESSES_A_PEER),
      });
    });
    return discovery;
  };
}

export function toMultiaddr({ host, port }: HostPort, peerId: string | null = null): Multiaddr {
  const family = host.includes(':') ? 'ip6' : 'ip4';
  return multiaddr(`/${family}/${host}/tcp/${port}${peerId === null ? '' : `/p2p/${peerId}`}`);
}

/** None or one. */
export function toHostPort(address: Multiaddr): HostPort[] {
  const components = address.getComponents();
  const host = components.find(({ name }) => name === 'ip4' || name === 'ip6')?.value;
  const port = components.find(({ name }) => name === 'tcp')?.value;
  return host === undefined || port === undefined ? [] : [{ host, port: Number(port) }];
}

function isAccepted(address: Multiaddr, accepts: (host: string) => boolean): boolean {
  const [found] = toHostPort(address);
  return found !== undefined && accepts(found.host);
}

/** False: it is over already. */
function enter(doorway: Doorway, connection: MultiaddrConnection): boolean {
  const [found] = toHostPort(connection.remoteAddr);
  if (found === undefined || connection.status !== 'open') return false;
  doorway.enter(sourceOf(connection.remoteAddr), found.host, connection);
  return true;
}

function sourceOf(address: Multiaddr): string {
  return toHostPort(address)
    .map(({ host, port }) => formatHostPort(host, port))
    .join();
}

/** Others cannot reach our loopback; it is announced only where there is nothing else. */
function withoutLoopback(addresses: Multiaddr[]): Multiaddr[] {
  const outside = addresses.filter((address) => {
    const [found] = toHostPort(address);
    return found !== undefined && addressKind(found.host) !== 'loopback';
  });
  return outside.length > 0 ? outside : addresses;
}
