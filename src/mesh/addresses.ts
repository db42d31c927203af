/**
 * Which addresses the swarm listens on and accepts. It has no passwords, so it stays on networks that are not the
 * internet: loopback, link-local and private ones.
 */

/**
 * `shared` is 100.64.0.0/10 (RFC 6598). Carriers give it to strangers, so it is not private by itself; VPNs such as
 * Tailscale give it to one's own machines, so a user who names such an address means it.
 */
export type AddressKind = 'loopback' | 'link-local' | 'private' | 'shared' | 'unspecified' | 'public';

/** Of an IPv4 or IPv6 address as text, zone allowed; null when it is neither. */
export function addressKind(address: string): AddressKind | null {
  const v4 = parseIpv4(address);
  if (v4 !== null) return kindOfIpv4(v4);
  const v6 = parseIpv6(address);
  return v6 === null ? null : kindOfIpv6(v6);
}

export function isPrivateAddress(address: string): boolean {
  const kind = addressKind(address);
  return kind === 'loopback' || kind === 'link-local' || kind === 'private';
}

/** A sentence that says why the daemon does not listen on an address that the user named, else null. */
export function whyNotListenedOn(address: string): string | null {
  const kind = addressKind(address);
  if (kind === null) return `"${address}" is not an IP address that can be listened on.`;
  if (kind !== 'public' && kind !== 'unspecified') return null;
  return `The daemon does not listen on ${address}: the swarm has no passwords, so only private, link-local and loopback addresses are allowed.`;
}

/** RFC 1122, 1918, 3927, 6598. */
function kindOfIpv4([a, b, c, d]: Ipv4): AddressKind {
  if (a === 0 && b === 0 && c === 0 && d === 0) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && b >= 64 && b <= 127) return 'shared';
  return 'public';
}

/** RFC 4193 (fc00::/7), RFC 4291 (::1, fe80::/10, ::ffff:0:0/96). */
function kindOfIpv6(groups: readonly number[]): AddressKind {
  const first = groups[0] ?? 0;
  const isZeroUntil = (end: number) => groups.slice(0, end).every((group) => group === 0);
  if (isZeroUntil(8)) return 'unspecified';
  if (isZeroUntil(7) && groups[7] === 1) return 'loopback';
  if (isZeroUntil(5) && groups[5] === 0xffff) return kindOfIpv4(lastAsIpv4(groups));
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  if ((first & 0xfe00) === 0xfc00) return 'private';
  return 'public';
}

type Ipv4 = readonly [number, number, number, number];

/** Four decimal parts without leading zeros, which some readers take for octal. */
export function parseIpv4(text: string): Ipv4 | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return null;
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
  return Math.max(a, b, c, d) > 255 ? null : [a, b, c, d];
}

/** Eight groups of 16 bits; reads `::`, an IPv4 tail and a `%zone`, which it leaves out. */
export function parseIpv6(text: string): readonly number[] | null {
  const bare = text.replace(/%[^%]+$/, '');
  const halves = bare.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = isLast && index === parts.length - 1 ? parseIpv4(part) : null;
    if (v4 !== null) groups.push((v4[0] << 8) | v4[1], (v4[2] << 8) | v4[3]);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

function lastAsIpv4(groups: readonly number[]): Ipv4 {
  const high = groups[6] ?? 0;
  const low = groups[7] ?? 0;
  return [high >> 8, high & 255, low >> 8, low & 255];
}

/**
 * Interfaces that containers and virtual machines of this host hang on: no other machine is reached through them,
 * and every host with the same software has the same address on them.
 */
export function isHostOnlyInterface(name: string): boolean {
  return /^(docker|podman|cni|flannel|cali|veth|virbr|vnet|vmnet|vboxnet|lxcbr|lxdbr|br-[0-9a-f]{12}$)/.test(
    name,
  );
}
