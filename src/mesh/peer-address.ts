import { addressKind, parseIpv4, parseIpv6 } from './addresses.ts';

/** The default port; registered to no service with IANA, and below the range that Linux gives to outgoing connections. */
export const DEFAULT_PORT = 18_427;

/** Where a peer may be found. `peerId` when the address named one; without, whoever answers is taken. */
export interface PeerAddress {
  /** Host name, IPv4 or IPv6 (no brackets). */
  readonly host: string;
  readonly port: number;
  readonly peerId: string | null;
}

/**
 * Reads what a user may give to `--peer`: `nas`, `nas.local:18427`, `192.168.1.5`, `192.168.1.5:18427`, `fd00::5`,
 * `[fd00::5]:18427`, `/ip4/192.168.1.5/tcp/18427`, the same with `/p2p/ID`, `/dns4/nas/tcp/18427`.
 * Returns a sentence when it is none of them.
 */
export function parsePeerAddress(text: string): PeerAddress | { readonly error: string } {
  const trimmed = text.trim();
  if (trimmed === '')
    return { error: 'A peer address is empty: give a host name or an IP, e.g. 192.168.1.5' };
  if (trimmed.startsWith('/')) return parseMultiaddr(trimmed);
  if (parseIpv6(trimmed) !== null) return { host: trimmed, port: DEFAULT_PORT, peerId: null };
  const bracketed = /^\[([^\]]+)\](?::([0-9]+))?$/.exec(trimmed);
  if (bracketed !== null) return withHostAndPort(trimmed, bracketed[1] ?? '', bracketed[2], 'ip6');
  const plain = /^([^:]+)(?::([0-9]+))?$/.exec(trimmed);
  if (plain === null) return unreadable(trimmed);
  return withHostAndPort(trimmed, plain[1] ?? '', plain[2], 'any');
}

/** What a user gave to `--peer`. Throws a sentence when it is no address, or one that is never spoken to. */
export function parseNamedPeer(text: string): PeerAddress {
  const address = parsePeerAddress(text);
  if ('error' in address) throw new Error(address.error);
  const kind = addressKind(address.host);
  if (kind === 'public' || kind === 'unspecified') {
    throw new Error(
      `The peer address ${address.host} is not a private, link-local or loopback address, and the swarm has no passwords: connect over a VPN instead.`,
    );
  }
  if (address.host.includes('%')) {
    throw new Error(
      `The peer address ${address.host} belongs to one interface (${address.host.split('%')[1]}), and such ones cannot be dialled: give the machine's name or IPv4 address.`,
    );
  }
  return address;
}

/** The shortest text that parsePeerAddress reads back. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function withHostAndPort(
  text: string,
  host: string,
  portText: string | undefined,
  family: 'ip4' | 'ip6' | 'dns' | 'any',
  peerId: string | null = null,
): PeerAddress | { readonly error: string } {
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return { error: `The peer address "${text}" has port ${portText}: a port is a number from 1 to 65535` };
  }
  return isHost(host, family) ? { host, port, peerId } : unreadable(text);
}

function isHost(host: string, family: 'ip4' | 'ip6' | 'dns' | 'any'): boolean {
  if (family === 'ip4') return parseIpv4(host) !== null;
  if (family === 'ip6') return parseIpv6(host) !== null;
  if (family === 'any' && parseIpv4(host) !== null) return true;
  const labels = host.replace(/\.$/, '').split('.');
  // All digits in the last label would be a mistyped IPv4 address.
  if (host.length > 253 || /^[0-9]+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
}

const MULTIADDR_FAMILIES: Readonly<Record<string, 'ip4' | 'ip6' | 'dns'>> = {
  ip4: 'ip4',
  ip6: 'ip6',
  dns: 'dns',
  dns4: 'dns',
  dns6: 'dns',
};

function parseMultiaddr(text: string): PeerAddress | { readonly error: string } {
  const [, familyName = '', host = '', tcp, port, p2p, peerId, ...rest] = text.replace(/\/$/, '').split('/');
  const family = MULTIADDR_FAMILIES[familyName];
  const isShaped = family !== undefined && tcp === 'tcp' && port !== undefined && rest.length === 0;
  if (!isShaped || (p2p !== undefined && p2p !== 'p2p')) return unreadable(text);
  if (p2p === 'p2p' && !/^[1-9A-HJ-NP-Za-km-z]{40,64}$/.test(peerId ?? '')) return unreadable(text);
  return withHostAndPort(text, host, port, family, peerId ?? null);
}

function unreadable(text: string): { readonly error: string } {
  return {
    error: `The peer address "${text}" is not understood: give a host name, an IP, HOST:PORT, [IPV6]:PORT, or a multiaddr such as /ip4/192.168.1.5/tcp/${DEFAULT_PORT}`,
  };
}
