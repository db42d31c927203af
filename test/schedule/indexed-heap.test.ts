import { expect, test } from 'vitest';
import { IndexedHeap } from '../../src/schedule/indexed-heap.ts';
import { createRandom } from '../simulation/random.ts';

interface Item {
  rank: number;
  readonly id: number;
}

const isBefore = (a: Item, b: Item) => (a.rank === b.rank ? a.id < b.id : a.rank < b.rank);
const inOrder = (a: Item, b: Item) => (isBefore(a, b) ? -1 : 1);

test('after any puts, moves and deletions it reads as the sorted list of what is in it', () => {
  const random = createRandom(7);
  const heap = new IndexedHeap<Item>(isBefore);
  const items = Array.from({ length: 60 }, (_, id) => ({ rank: random.whole(0, 20), id }));
  const inside = new Set<Item>();
  for (let turn = 0; turn < 3_000; turn += 1) {
    const item = random.pick(items);
    if (inside.has(item) && random.chance(0.5)) {
      expect(heap.delete(item)).toBe(true);
      inside.delete(item);
    } else {
      item.rank = random.whole(0, 20);
      heap.put(item);
      inside.add(item);
    }
    const sorted = [...inside].sort(inOrder);
    expect(heap.first()).toBe(sorted[0]);
    expect(heap.size).toBe(sorted.length);
    expect([...heap.inOrder()]).toEqual(sorted);
  }
});

test('deleting what is not in it says so', () => {
  const heap = new IndexedHeap<Item>(isBefore);
  expect(heap.delete({ rank: 1, id: 1 })).toBe(false);
  expect(heap.first()).toBeUndefined();
});
