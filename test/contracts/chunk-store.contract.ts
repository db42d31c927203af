import { createHash } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ChunkStore } from '../../node/storage/chunk-store.ts';
import type { ChunkMeta } from '../../src/storage/chunk-name.ts';

/** A store under test, and a folder on its disk where results are written before they are committed. */
export interface StoreUnderTest {
  readonly store: ChunkStore;
  readonly work: string;
  /** The same store as a restarted daemon sees it. */
  reopen(): Promise<ChunkStore>;
}

export const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function metaOf(bytes: Buffer): ChunkMeta {
  return { frameCount: 24, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Writes a result beside the store and commits it. */
export async function put(at: StoreUnderTest, key: string, text: string): Promise<ChunkMeta> {
  const bytes = Buffer.from(text);
  const temporary = join(at.work, `attempt-${key.slice(0, 8)}`);
  await writeFile(temporary, bytes);
  await at.store.commit(temporary, key, metaOf(bytes));
  return metaOf(bytes);
}

/** What every store of results must do. */
export function chunkStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    test('gives back a committed result, also after a restart', async () => {
      const at = await open();
      const meta = await put(at, keyOf('a'), 'result');
      for (const store of [at.store, await at.reopen()]) {
        expect(store.has(keyOf('a'))).toBe(true);
        expect(store.has(keyOf('b'))).toBe(false);
        expect(store.meta(keyOf('a'))).toEqual(meta);
        expect(await readFile(store.pathOf(keyOf('a')), 'utf8')).toBe('result');
        expect(await store.verify(keyOf('a'))).toBe(true);
      }
    });

    test('keeps the scores of a result beside it, by measure, until the result is removed', async () => {
      const at = await open();
      const key = keyOf('a');
      await put(at, key, 'result');
      const scores = Array.from({ length: 24 }, (_, frame) => 90 + frame / 8);
      await at.store.keepScores(key, 'vmaf-hd', scores);
      for (const store of [at.store, await at.reopen()]) {
        expect(await store.scoresOf(key, 'vmaf-hd')).toEqual(scores);
        expect(await store.scoresOf(key, 'xpsnr')).toBeNull();
        expect(await store.scoresOf(keyOf('b'), 'vmaf-hd')).toBeNull();
      }
      await at.store.remove(key);
      await put(at, key, 'result');
      expect(await at.store.scoresOf(key, 'vmaf-hd')).toBeNull();
      expect(await (await at.reopen()).scoresOf(key, 'vmaf-hd')).toBeNull();
    });

    test('keeps no scores that are not of all the frames', async () => {
      const at = await open();
      await put(at, keyOf('a'), 'result');
      await at.store.keepScores(keyOf('a'), 'xpsnr', [40]);
      expect(await at.store.scoresOf(keyOf('a'), 'xpsnr')).toBeNull();
    });

    test('takes the file away from where it was written', async () => {
      const at = await open();
      await put(at, keyOf('a'), 'result');
      await expect(access(join(at.work, `attempt-${keyOf('a').slice(0, 8)}`))).rejects.toThrow('ENOENT');
    });

    test('keeps the first result of two', async () => {
      const at = await open();
      const first = await put(at, keyOf('a'), 'first');
      await put(at, keyOf('a'), 'second one');
      expect(at.store.meta(keyOf('a'))).toEqual(first);
      expect((await at.reopen()).meta(keyOf('a'))).toEqual(first);
    });

    test('keeps one result of two that are committed at the same time', async () => {
      const at = await open();
      const results = ['one', 'other'].map((text) => Buffer.from(text));
      await Promise.all(
        results.map(async (bytes, i) => {
          const temporary = join(at.work, `racing-${i}`);
          await writeFile(temporary, bytes);
          await at.store.commit(temporary, keyOf('a'), metaOf(bytes));
        }),
      );
      expect(await at.store.verify(keyOf('a'))).toBe(true);
      expect((await at.reopen()).meta(keyOf('a'))).toEqual(at.store.meta(keyOf('a')));
    });

    test('refuses a file of another length than announced', async () => {
      const at = await open();
      const temporary = join(at.work, 'short');
      await writeFile(temporary, 'half');
      const meta = { ...metaOf(Buffer.from('half of it')) };
      await expect(at.store.commit(temporary, keyOf('a'), meta)).rejects.toThrow(
        /4 bytes, 10 were announced/,
      );
      expect(at.store.has(keyOf('a'))).toBe(false);
    });

    test('does not vouch for a result whose bytes changed', async () => {
      const at = await open();
      await put(at, keyOf('a'), 'result');
      await writeFile(at.store.pathOf(keyOf('a')), 'tluser');
      expect(await at.store.verify(keyOf('a'))).toBe(false);
    });

    test('forgets a result whose file lost bytes while no daemon ran', async () => {
      const at = await open();
      await put(at, keyOf('a'), 'result');
      await writeFile(at.store.pathOf(keyOf('a')), 'res');
      expect((await at.reopen()).has(keyOf('a'))).toBe(false);
    });

    test('forgets a removed result', async () => {
      const at = await open();
      await put(at, keyOf('a'), 'result');
      await at.store.remove(keyOf('a'));
      expect(at.store.has(keyOf('a'))).toBe(false);
      expect(() => at.store.pathOf(keyOf('a'))).toThrow(/pruned or removed/);
      expect((await at.reopen()).has(keyOf('a'))).toBe(false);
    });

    test('pins what any job needs until the last one lets go', async () => {
      const { store } = await open();
      store.pin('job-1', keyOf('a'));
      store.pin('job-2', keyOf('a'));
      store.unpin('job-1');
      expect(store.isPinned(keyOf('a'))).toBe(true);
      store.unpin('job-2', keyOf('a'));
      expect(store.isPinned(keyOf('a'))).toBe(false);
    });
  });
}
