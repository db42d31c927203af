import { parseIpv4, parseIpv6 } from './addresses.ts';

/** Addresses of one machine in the order in which they are worth trying from here: on a shared subnet first. */
export function byNearness(addresses: readonly string[], ownAddresses: readonly string[]): string[] {
  const own = ownAddresses.map(bits).filter((address) => address !== null);
  const score = (address: string): number => {
    const wanted = bits(address);
    return wanted === null ? -1 : Math.max(-1, ...own.map((mine) => commonPrefix(mine, wanted)));
  };
  return addresses
    .map((address, index) => ({ address, index, score: score(address) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ address }) => address);
}

/** As a string of 0 and 1, 32 or 128 long. */
function bits(address: string): string | null {
  const v4 = parseIpv4(address);
  if (v4 !== null) return v4.map((part) => part.toString(2).padStart(8, '0')).join('');
  const v6 = parseIpv6(address);
  return v6 === null ? null : v6.map((group) => group.toString(2).padStart(16, '0')).join('');
}

/** Share of leading bits that are equal, so that both families compare; -1 for different families. */
function commonPrefix(a: string, b: string): number {
  if (a.length !== b.length) return -1;
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length / a.length;
}
