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
    const frontier = new IndexedHeap<number>((a, b) => this.#isBefore(this.#at(a), this.#at(b)));
    if (this.#items.length > 0) frontier.put(0);
    for (let place = frontier.first(); place !== undefined; place = frontier.first()) {
      yield this.#at(place);
      frontier.delete(place);
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#items.length) frontier.put(child);
      }
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
