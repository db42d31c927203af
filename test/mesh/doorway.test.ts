import type { MultiaddrConnection } from '@libp2p/interface';
import { beforeEach, expect, test } from 'vitest';
import { Doorway } from '../../node/mesh/doorway.ts';

let doorway: Doorway;
let turnedOut: string[];
beforeEach(() => {
  doorway = new Doorway(3);
  turnedOut = [];
});

/** A connection of which only its end is of interest. */
class Caller extends EventTarget {
  readonly #source: string;

  constructor(source: string) {
    super();
    this.#source = source;
    doorway.enter(source, source.split(':')[0] ?? '', this as unknown as MultiaddrConnection);
  }

  abort(): void {
    turnedOut.push(this.#source);
    this.close();
  }

  close(): void {
    this.dispatchEvent(new Event('close'));
  }
}

test('when too many wait, the host that has most of them loses its oldest', () => {
  for (const source of ['a:1', 'b:1', 'b:2', 'b:3', 'c:1', 'b:4']) new Caller(source);
  expect(turnedOut).toEqual(['b:1', 'b:2', 'a:1']);
});

test('whoever said hello, or went, waits no more', () => {
  new Caller('a:1');
  new Caller('a:2').close();
  doorway.pass('a:1');
  for (const source of ['a:3', 'a:4', 'a:5']) new Caller(source);
  expect(turnedOut).toEqual([]);
  new Caller('a:6');
  expect(turnedOut).toEqual(['a:3']);
});

test('an old connection that ends takes no new one from the same port along', () => {
  const old = new Caller('a:1');
  new Caller('a:1');
  old.close();
  for (const source of ['b:1', 'b:2', 'c:1']) new Caller(source);
  expect(turnedOut).toEqual(['b:1']);
});
