import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openChunkStore } from '../../node/storage/chunk-store.ts';
import { chunkStoreContract } from '../contracts/chunk-store.contract.ts';

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

chunkStoreContract('the chunk store on disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vadeio-chunks-'));
  directories.push(directory);
  const [chunks, work] = [join(directory, 'chunks'), join(directory, 'work')];
  await mkdir(chunks);
  await mkdir(work);
  const open = () => openChunkStore(chunks, { now: () => 1, onGrown: () => {} });
  return { store: await open(), work, reopen: open };
});
