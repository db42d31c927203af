import type { PeerView } from '../../src/protocol/control-api.ts';
import { MAX_PEERS } from '../../src/protocol/limits.ts';
import { PEERS_REMEMBERED } from '../../src/schedule/limits.ts';
import type { PeerView as ScheduledPeer } from '../../src/schedule/view.ts';
import type { MeshEvent, MeshPeer } from '../mesh/mesh.ts';

/** Refused peers that are remembered for `peers` to show; the oldest are forgotten first. */
const REFUSED_KEPT = 32;

/** Names of peers that are kept, those that are here and the latest that left: whoever comes under ever new ones fills no memory. */
const NAMES_KEPT = MAX_PEERS + PEERS_REMEMBERED;

/** Who this daemon has met, in what state, for the status pages. */
export class PeerBook {
  readonly #alive = new Map<string, MeshPeer>();
  readonly #suspect = new Set<string>();
  readonly #refused = new Map<string, string>();
  /** Names of those met, latest last, so that a report can name a peer that has left. */
  readonly #names = new Map<string, string>();
  readonly #own = new Map<string, string>();

  note(event: MeshEvent): void {
    switch (event.type) {
      case 'peer-joined':
      case 'peer-back':
      case 'peer-moved':
        this.#alive.set(event.peer.id, event.peer);
        this.#keepName(event.peer);
        this.#refused.delete(event.peer.id);
        return;
      case 'peer-away':
      case 'peer-left':
        this.#alive.delete(event.peer);
        this.#suspect.delete(event.peer);
        return;
      case 'peer-suspect':
        this.#suspect.add(event.peer);
        return;
      case 'peer-alive':
        this.#suspect.delete(event.peer);
        return;
      case 'peer-refused':
        this.#refused.delete(event.peer);
        this.#refused.set(event.peer, event.reason);
        for (const peer of this.#refused.keys()) {
          if (this.#refused.size > REFUSED_KEPT) this.#refused.delete(peer);
        }
        return;
      case 'trouble-over':
        this.#refused.delete(event.peer);
        return;
      case 'message':
      case 'peer-unreachable':
        return;
    }
  }

  /** Who was refused at an address that the user named is known by that alone. */
  nameOf(peer: string): string {
    const isAddress = peer.includes(':');
    return this.#own.get(peer) ?? this.#names.get(peer) ?? (isAddress ? peer : peer.slice(-8));
  }

  /** Of this machine itself. */
  setName(peer: string, name: string): void {
    this.#own.set(peer, name);
  }

  /** @param scheduled how the jobs of this daemon see a peer */
  views(scheduled: (peer: string) => ScheduledPeer | undefined): PeerView[] {
    const alive = [...this.#alive.values()].map((peer): PeerView => {
      const { id, name, version, addresses, slots, metBy } = peer;
      const state = this.#suspect.has(id) ? 'suspect' : 'alive';
      const { running = 0, leftOut = [] } = scheduled(id) ?? {};
      return { id, name, version, addresses, slots, running, state, metBy, reason: null, leftOut };
    });
    const refused = [...this.#refused].map(
      ([id, reason]): PeerView => ({
        id,
        name: this.nameOf(id),
        version: '',
        addresses: [],
        slots: 0,
        running: 0,
        state: 'refused',
        metBy: '',
        reason,
        leftOut: [],
      }),
    );
    return [...alive, ...refused];
  }

  #keepName({ id, name }: MeshPeer): void {
    this.#names.delete(id);
    this.#names.set(id, name);
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= NAMES_KEPT) break;
      if (!this.#alive.has(oldest)) this.#names.delete(oldest);
    }
  }
}
