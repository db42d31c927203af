import { expect, test } from 'vitest';
import { PeerBook } from '../../node/daemon/peer-book.ts';

test('names of those that are here and of the latest that left are kept, however many came under ever new ones', () => {
  const book = new PeerBook();
  book.setName('own-id-of-desk', 'desk');
  const join = (id: string) =>
    book.note({
      type: 'peer-joined',
      peer: {
        id,
        name: `name of ${id}`,
        version: '1',
        instance: 'i',
        slots: 1,
        addresses: [],
        metBy: 'mdns',
      },
    });
  join('first-id-that-stays');
  for (let peer = 0; peer < 1_000; peer += 1) {
    join(`id-of-peer-${peer}`);
    book.note({ type: 'peer-left', peer: `id-of-peer-${peer}`, reason: 'It left.' });
  }
  expect(book.nameOf('own-id-of-desk')).toBe('desk');
  expect(book.nameOf('first-id-that-stays')).toBe('name of first-id-that-stays');
  expect(book.nameOf('id-of-peer-999')).toBe('name of id-of-peer-999');
  expect(book.nameOf('id-of-peer-0')).toBe('f-peer-0');
});
