import type { MultiaddrConnection } from '@libp2p/interface';

/**
 * Connections from outside that are nobody's yet: from the first packet to the end of the greeting. When they are too many, the
 * host that has most of them loses its oldest. So one machine that opens connections without end, and says nothing or nonsense
 * on them, keeps out nobody but itself, and a greeting, which takes milliseconds, goes on even from its address.
 */
export class Doorway {
  readonly #most: number;
  /** By where they come from, oldest first. */
  readonly #strangers = new Map<string, Stranger>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @param source of one connection: host and port. */
  enter(source: string, host: string, connection: MultiaddrConnection): void {
    if (this.#strangers.size >= this.#most) this.#turnOut();
    const stranger = { host, connection };
    this.#strangers.set(source, stranger);
    connection.addEventListener('close', () => {
      if (this.#strangers.get(source) === stranger) this.#strangers.delete(source);
    });
  }

  /** The connection is a peer's. */
  pass(source: string): void {
    this.#strangers.delete(source);
  }

  #turnOut(): void {
    const counts = new Map<string, number>();
    for (const { host } of this.#strangers.values()) counts.set(host, (counts.get(host) ?? 0) + 1);
    const [crowded] = [...counts].sort(([, a], [, b]) => b - a);
    for (const [source, { host, connection }] of this.#strangers) {
      if (host !== crowded?.[0]) continue;
      this.#strangers.delete(source);
      connection.abort(new Error('Too many connections wait to say hello'));
      return;
    }
  }
}

interface Stranger {
  readonly host: string;
  readonly connection: MultiaddrConnection;
}
