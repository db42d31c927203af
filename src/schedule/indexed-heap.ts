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
    const place = this.#places.get(item) ?? this.#items.length;
    this.#place(item, place);
    this.#sink(this.#rise(place));
  }

  delete(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    const last = this.#items.pop() as T;
    this.#places.delete(item);
    if (last !== item) {
      this.#place(last, place);
      this.#sink(this.#rise(place));
    }
    return true;
  }

  /** First to last, O(log k) for the k-th item. The heap must not change meanwhile. */
  *inOrder(): Generator<T, void, undefined> {
    // Places whose parents were given out: one of them holds the next item. A heap as well, of few and plain numbers.
    const frontier = this.#items.length > 0 ? [0] : [];
    const isBefore = (a: number, b: number) => this.#isBefore(this.#at(a), this.#at(b));
    for (let place = frontier[0]; place !== undefined; place = frontier[0]) {
      yield this.#at(place);
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < this.#items.length);
      replaceFirst(frontier, children.shift(), isBefore);
      for (const child of children) push(frontier, child, isBefore);
    }
  }

  #at(place: number): T {
    return this.#items[place] as T;
  }

  #place(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  #swap(a: number, b: number): void {
    const item = this.#at(a);
    this.#place(this.#at(b), a);
    this.#place(item, b);
  }

  #rise(start: number): number {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(this.#at(place), this.#at(parent))) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(start: number): void {
    let place = start;
    for (;;) {
      let least = place;
      for (let child = 2 * place + 1; child <= 2 * place + 2; child += 1) {
        if (child < this.#items.length && this.#isBefore(this.#at(child), this.#at(least))) least = child;
      }
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
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
