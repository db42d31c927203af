import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { chunkFileName, readChunkFileName } from '../../src/storage/chunk-name.ts';

/** Two results under each other's keys: lengths and digests still are what the names say. */
export async function swapTwoChunks(directory: string): Promise<void> {
  const [one, other] = (await readdir(directory)).flatMap((name) => readChunkFileName(name) ?? []);
  if (one === undefined || other === undefined) throw new Error('too few results are stored');
  const path = (key: string, meta: typeof one.meta) => join(directory, chunkFileName(key, meta));
  await rename(path(one.key, one.meta), path(other.key, one.meta));
  await rename(path(other.key, other.meta), path(one.key, other.meta));
}
