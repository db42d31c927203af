import { byNearness } from '../../src/mesh/nearness.ts';
import { formatHostPort, type PeerAddress, parsePeerAddress } from '../../src/mesh/peer-address.ts';
import type { HostPort, Sighting } from './create-libp2p.ts';
import type { Dialler, Target } from './dialler.ts';
import { ownAddresses, resolveHost } from './network.ts';
import type { RememberedPeer } from './remembered.ts';

/** A peer that was seen by mDNS and then no more has left the network, or will be seen again. */
const SIGHTING_LASTS_MS = 30_000;
/** Turns what the user named, what is remembered and what mDNS saw into targets of the dialler. */
export class Finder {
  readonly #dialler: Dialler;
  readonly #now: () => number;

  constructor(dialler: Dialler, now: () => number) {
    this.#dialler = dialler;
    this.#now = now;
  }

  name(address: PeerAddress): void {
    this.#dialler.want(
      {
        key: `address ${formatHostPort(address.host, address.port)}`,
        metBy: 'address',
        expectedId: address.peerId,
        addresses: async () =>
          nearestFirst((await resolveHost(address.host)).map((host) => ({ host, port: address.port }))),
        expiresMs: null,
      },
      address.peerId,
    );
  }

  /** Whoever answers there is welcome: a daemon may have got a new identity meanwhile. */
  remember(peer: RememberedPeer): void {
    this.#dialler.want(
      {
        key: `remembered ${peer.id}`,
        metBy: 'remembered',
        expectedId: null,
        addresses: async () => nearestFirst(peer.addresses.flatMap(readAddress)),
        expiresMs: null,
      },
      peer.id,
    );
  }

  /** Both ends may see each other and dial at once; the greeting keeps one connection. */
  sight(sighting: Sighting): void {
    const target: Target = {
      key: `mdns ${sighting.peerId}`,
      metBy: 'mdns',
      expectedId: sighting.peerId,
      addresses: async () => nearestFirst(sighting.addresses),
      expiresMs: this.#now() + SIGHTING_LASTS_MS,
    };
    this.#dialler.want(target, sighting.peerId);
  }
}

function nearestFirst(addresses: readonly HostPort[]): HostPort[] {
  const order = byNearness(
    addresses.map(({ host }) => host),
    ownAddresses(),
  );
  return [...addresses].sort((a, b) => order.indexOf(a.host) - order.indexOf(b.host));
}

function readAddress(text: string): HostPort[] {
  const address = parsePeerAddress(text);
  return 'error' in address ? [] : [{ host: address.host, port: address.port }];
}
