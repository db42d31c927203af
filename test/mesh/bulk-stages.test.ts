import { randomBytes } from 'node:crypto';
import { pipe } from 'it-pipe';
import { expect, test } from 'vitest';
import { exactlyLong, inPiecesOf } from '../../node/mesh/bulk.ts';
import { ByteReader } from '../../node/mesh/byte-reader.ts';

async function* cut(data: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, index = 0; start < data.byteLength; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield data.subarray(start, start + size);
    start += size;
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return collected;
}

test('pieces of any size become pieces of one size, and the bytes stay', async () => {
  const data = randomBytes(10_007);
  for (const sizes of [[1], [99], [100], [101], [1000], [20_000], [100, 30, 250, 1, 0, 69], [50, 100, 100]]) {
    const pieces = await pipe(cut(data, sizes), inPiecesOf(100), collect);
    expect(pieces.slice(0, -1).every(({ byteLength }) => byteLength === 100)).toBe(true);
    expect(pieces).toHaveLength(101);
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  }
  expect(await pipe(cut(new Uint8Array(0), [1]), inPiecesOf(100), collect)).toEqual([]);
});

test('a piece of the right size is not copied', async () => {
  const data = new Uint8Array(300);
  const pieces = await pipe(cut(data, [100]), inPiecesOf(100), collect);
  expect(pieces.every(({ buffer }) => buffer === data.buffer)).toBe(true);
});

test('too many and too few bytes are both noticed', async () => {
  const run = (bytes: number) => pipe(cut(new Uint8Array(250), [100]), exactlyLong(bytes), collect);
  expect(await run(250)).toHaveLength(3);
  await expect(run(249)).rejects.toThrow(/More than the announced 249/);
  await expect(run(251)).rejects.toThrow(/250 of the announced 251/);
});

test('a reader takes exact amounts across pieces, and knows the end', async () => {
  const data = randomBytes(1000);
  const reader = new ByteReader(cut(data, [7]));
  expect(Buffer.from(await reader.exactly(0))).toHaveLength(0);
  expect(Buffer.from(await reader.exactly(10)).equals(data.subarray(0, 10))).toBe(true);
  expect(Buffer.concat(await collect(reader.pieces(985))).equals(data.subarray(10, 995))).toBe(true);
  await expect(reader.exactly(6)).rejects.toThrow(/ended after 5 of 6 bytes/);
  const exact = new ByteReader(cut(data, [7]));
  await exact.exactly(1000);
  await exact.end();
  const more = new ByteReader(cut(data, [7]));
  await more.exactly(999);
  await expect(more.end()).rejects.toThrow(/more data than it announced/);
});
