/**
 * A binary heap that knows where each item stands, so any item can leave or move in O(log n), and that can be read
 * in order without being changed. `isBefore` must be a strict total order (end it in a tie-break on ID).
 */
export class IndexedHeap<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  first(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, or moves it to its place if its rank changed. */
  put(item: T): void {
    this.#sink(item, this.#rise(item, this.#places.get(item) ?? this.#items.length));
  }

  delete(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    const last = this.#items.pop() as T;
    this.#places.delete(item);
    if (last !== item) this.#sink(last, this.#rise(last, place));
    return true;
  }

  /** First to last, O(log k) for the k-th item. The heap must not change meanwhile. */
  *inOrder(): Generator<T, void, undefined> {
    // Places whose parents were given out: one of them holds the next item. A heap as well, of few and plain numbers.
    const frontier = this.#items.length > 0 ? [0] : [];
    const isBefore = (a: number, b: number) => this.#isBefore(this.#at(a), this.#at(b));
    for (let place = frontier[0]; place !== undefined; place = frontier[0]) {
      yield this.#at(place);
      const child = 2 * place + 1;
      replaceFirst(frontier, child < this.#items.length ? child : undefined, isBefore);
      if (child + 1 < this.#items.length) push(frontier, child + 1, isBefore);
    }
  }

  #at(place: number): T {
    return this.#items[place] as T;
  }

  #place(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  /** Moves the item from a place towards the first, as far as it goes before what is there: the place that is its. */
  #rise(item: T, start: number): number {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#at(parent);
      if (!this.#isBefore(item, above)) break;
      this.#place(above, place);
      place = parent;
    }
    return place;
  }

  /** The same the other way, and leaves the item there. */
  #sink(item: T, start: number): void {
    let place = start;
    for (let child = 2 * place + 1; child < this.#items.length; child = 2 * place + 1) {
      const other = child + 1;
      if (other < this.#items.length && this.#isBefore(this.#at(other), this.#at(child))) child = other;
      const below = this.#at(child);
      if (!this.#isBefore(below, item)) break;
      this.#place(below, place);
      place = child;
    }
    this.#place(item, place);
  }
}

type IsBefore = (a: number, b: number) => boolean;

function push(heap: number[], item: number, isBefore: IsBefore): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent] as number;
    if (!isBefore(item, above)) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = item;
}

/** The first one leaves, and the item takes its place or sinks; without an item the last one does. */
function replaceFirst(heap: number[], replacement: number | undefined, isBefore: IsBefore): void {
  const item = replacement ?? heap.pop();
  if (item === undefined || heap.length === 0) return;
  let place = 0;
  for (let child = 1; child < heap.length; child = 2 * place + 1) {
    const other = child + 1;
    if (other < heap.length && isBefore(heap[other] as number, heap[child] as number)) child = other;
    if (!isBefore(heap[child] as number, item)) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = item;
}
