import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import {
  type ChunkMeta,
  chunkFileName,
  readChunkFileName,
  readScoreFileName,
  scoreFileName,
} from '../../src/storage/chunk-name.ts';
import type { CacheEntry } from '../../src/storage/plan-pruning.ts';
import { syncDirectory } from '../platform/sync-directory.ts';
import { diskError } from './disk-error.ts';
import { Pins } from './pins.ts';
import { replaceFile, syncFile } from './write-file.ts';

/** Proven results of encodes, each under the digest of what produced it. */
export interface ChunkStore {
  has(key: string): boolean;
  /** What is known of a result, null when there is none. */
  meta(key: string): ChunkMeta | null;
  /** Path of the result's file; throws when there is none. Counts as use. */
  pathOf(key: string): string;
  /**
   * Takes a finished file in, whole and durable, or not at all. The file must lie on the store's disk; it is gone
   * from `temporaryPath` afterwards. When the store has the key already, the older result stays.
   */
  commit(temporaryPath: string, key: string, meta: ChunkMeta): Promise<void>;
  /** Keeps the scores of a result's frames beside it, whole and durable. @param measure src/quality/measure.ts's name */
  keepScores(key: string, measure: string, scores: readonly number[]): Promise<void>;
  /** Null when the result is not there or was not scored so. */
  scoresOf(key: string, measure: string): Promise<readonly number[] | null>;
  /** Whether the file still is what was committed, by length and sha256. */
  verify(key: string): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** A job that runs needs this result: it is never pruned until the job lets go. */
  pin(jobId: string, key: string): void;
  /** Without a key: everything the job needs. */
  unpin(jobId: string, key?: string): void;
  isPinned(key: string): boolean;
  entries(): readonly CacheEntry[];
}

interface Chunk {
  readonly meta: ChunkMeta;
  /** Names of the measures by which it was scored. */
  readonly measures: Set<string>;
  lastUsedMs: number;
}

export interface ChunkStoreOptions {
  /** Milliseconds since 1970, as the file system counts. */
  readonly now: () => number;
  /** Called when the store has grown. */
  readonly onGrown: () => void;
}

/** Opens the store in a folder that exists. Files of another name are none of its own and are removed. */
export async function openChunkStore(directory: string, options: ChunkStoreOptions): Promise<ChunkStore> {
  const chunks = new Map<string, Chunk>();
  const names = await readdir(directory);
  for (const name of names.filter((other) => readScoreFileName(other) === null)) {
    const known = readChunkFileName(name);
    const path = join(directory, name);
    const facts = known === null ? null : await stat(path);
    // A file of another length was damaged from outside; a second one of the same key is not needed.
    if (known === null || facts?.size !== known.meta.bytes || chunks.has(known.key)) {
      await rm(path, { recursive: true, force: true });
    } else {
      chunks.set(known.key, { meta: known.meta, measures: new Set(), lastUsedMs: facts.mtimeMs });
    }
  }
  for (const name of names) {
    const scored = readScoreFileName(name);
    if (scored === null) continue;
    const chunk = chunks.get(scored.key);
    if (chunk === undefined) await rm(join(directory, name), { force: true });
    else chunk.measures.add(scored.measure);
  }
  return new ChunkFolder(directory, chunks, options);
}

class ChunkFolder implements ChunkStore {
  readonly #directory: string;
  readonly #chunks: Map<string, Chunk>;
  readonly #options: ChunkStoreOptions;
  readonly #pins = new Pins();

  constructor(directory: string, chunks: Map<string, Chunk>, options: ChunkStoreOptions) {
    this.#directory = directory;
    this.#chunks = chunks;
    this.#options = options;
  }

  has(key: string): boolean {
    return this.#chunks.has(key);
  }

  meta(key: string): ChunkMeta | null {
    return this.#chunks.get(key)?.meta ?? null;
  }

  pathOf(key: string): string {
    const chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      throw new Error(`The chunk store has no result ${key}: it was pruned or removed.`);
    }
    const path = this.#path(key, chunk.meta);
    this.#markUsed(path, chunk);
    return path;
  }

  async commit(temporaryPath: string, key: string, meta: ChunkMeta): Promise<void> {
    const path = this.#path(key, meta);
    try {
      const { size } = await stat(temporaryPath);
      if (size !== meta.bytes) {
        throw new Error(`the result has ${size} bytes, ${meta.bytes} were announced`);
      }
      if (this.#chunks.has(key)) return await rm(temporaryPath);
      await syncFile(temporaryPath);
      await rename(temporaryPath, path);
      await syncDirectory(this.#directory);
    } catch (error) {
      throw diskError(error, 'commit a result to', this.#directory);
    }
    const older = this.#chunks.get(key);
    if (older !== undefined) {
      // Another attempt's commit was faster; the same bytes have the same name.
      if (this.#path(key, older.meta) !== path) await rm(path, { force: true });
      return;
    }
    this.#chunks.set(key, { meta, measures: new Set(), lastUsedMs: this.#options.now() });
    this.#options.onGrown();
  }

  async keepScores(key: string, measure: string, scores: readonly number[]): Promise<void> {
    const chunk = this.#chunks.get(key);
    if (chunk === undefined) throw new Error(`The chunk store has no result ${key} to keep scores of.`);
    await replaceFile(join(this.#directory, scoreFileName(key, measure)), JSON.stringify(scores));
    chunk.measures.add(measure);
  }

  async scoresOf(key: string, measure: string): Promise<readonly number[] | null> {
    const chunk = this.#chunks.get(key);
    if (chunk?.measures.has(measure) !== true) return null;
    const text = await readFile(join(this.#directory, scoreFileName(key, measure)), 'utf8').catch(() => '');
    const scores = readScores(text);
    return scores?.length === chunk.meta.frameCount ? scores : null;
  }

  async verify(key: string): Promise<boolean> {
    const chunk = this.#chunks.get(key);
    if (chunk === undefined) return false;
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      await pipeline(createReadStream(this.#path(key, chunk.meta)), async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          bytes += piece.length;
          hash.update(piece);
        }
      });
    } catch {
      return false;
    }
    return bytes === chunk.meta.bytes && hash.digest('hex') === chunk.meta.sha256;
  }

  async remove(key: string): Promise<void> {
    const chunk = this.#chunks.get(key);
    if (chunk === undefined) return;
    this.#chunks.delete(key);
    await rm(this.#path(key, chunk.meta), { force: true });
    for (const measure of chunk.measures) {
      await rm(join(this.#directory, scoreFileName(key, measure)), { force: true });
    }
  }

  pin(jobId: string, key: string): void {
    this.#pins.pin(jobId, key);
    const chunk = this.#chunks.get(key);
    if (chunk !== undefined) this.#markUsed(this.#path(key, chunk.meta), chunk);
  }

  unpin(jobId: string, key?: string): void {
    this.#pins.unpin(jobId, key);
  }

  isPinned(key: string): boolean {
    return this.#pins.has(key);
  }

  entries(): readonly CacheEntry[] {
    return [...this.#chunks].map(([key, { meta, lastUsedMs }]) => ({
      key,
      bytes: meta.bytes,
      lastUsedMs,
      isPinned: this.#pins.has(key),
    }));
  }

  #path(key: string, meta: ChunkMeta): string {
    return join(this.#directory, chunkFileName(key, meta));
  }

  #markUsed(path: string, chunk: Chunk): void {
    chunk.lastUsedMs = this.#options.now();
    // The file's time only orders pruning after a restart: nothing waits for it, and nothing fails without it.
    utimes(path, chunk.lastUsedMs / 1000, chunk.lastUsedMs / 1000).catch(() => {});
  }
}

/** Null when somebody else wrote it. */
function readScores(text: string): readonly number[] | null {
  try {
    return z.array(z.number()).parse(JSON.parse(text));
  } catch {
    return null;
  }
}
