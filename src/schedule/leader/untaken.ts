import type { IndexedHeap } from '../indexed-heap.ts';
import type { Chunk } from './state.ts';

/**
 * An order of waiting chunks without those that a plan has taken already. However often it is read, each of these is
 * stepped over once: a plan of many grants would else take steps by the square of their number.
 */
export class Untaken {
  readonly #taken: ReadonlySet<Chunk>;
  readonly #unseen: Generator<Chunk, void, undefined>;
  /** As far as it was read: no more than a reader looks at, and what was taken since. */
  readonly #seen: Chunk[] = [];

  constructor(order: IndexedHeap<Chunk>, taken: ReadonlySet<Chunk>) {
    this.#taken = taken;
    this.#unseen = order.inOrder();
  }

  *inOrder(): Generator<Chunk, void, undefined> {
    for (let place = 0; ; ) {
      const chunk = this.#seen[place] ?? this.#see();
      if (chunk === undefined) return;
      if (this.#taken.has(chunk)) {
        this.#seen.splice(place, 1);
        continue;
      }
      yield chunk;
      place += 1;
    }
  }

  #see(): Chunk | undefined {
    const next = this.#unseen.next();
    if (next.done === true) return undefined;
    this.#seen.push(next.value);
    return next.value;
  }
}
