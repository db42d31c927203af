import { createHash } from 'node:crypto';
import { atQuality } from '../../../src/encoder/at-quality.ts';
import { chunkIdentity } from '../../../src/encoder/chunk-identity.ts';
import { frameCount } from '../../../src/media/frame-range.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import type { Journal } from '../../storage/journal.ts';
import { digestOf } from '../build-digests.ts';
import type { JobRecord } from '../job-record.ts';
import type { FoundChunk } from '../job-scan.ts';
import type { JobBuild } from './job-build.ts';
import type { OfferedChunk } from './offered-chunks.ts';
import type { ResultProof } from './result-proof.ts';
import type { RunTies } from './run-ties.ts';

/** The event by which a chunk is done. */
export type ChunkCommitted = Extract<LeaderEvent, { type: 'chunk-committed' }>;

export interface ChunkResultsOptions {
  readonly chunks: ChunkStore;
  readonly journal: Journal<JobRecord>;
  readonly build: JobBuild;
  readonly proof: ResultProof;
  /** Whether what was proven before it was stored is proven again. */
  readonly checksStored: boolean;
  readonly onNote: (sentence: string) => void;
}

/** A job's results in the store: their names, whether they are what they were, and which of them count. */
export class ChunkResults {
  readonly #options: ChunkResultsOptions;
  readonly #ties: RunTies;
  /** Names of results that an earlier run of the job had committed. */
  readonly #committedBefore: ReadonlySet<string>;
  /** Names of results that this run has proven. */
  readonly #proven = new Set<string>();

  constructor(options: ChunkResultsOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
    this.#committedBefore = new Set(
      options.journal.events.flatMap((event) => (event.type === 'chunk-committed' ? [event.key] : [])),
    );
  }

  /** Name of a chunk's result at this quality: everything that decides its bytes. */
  async keyOf(chunk: OfferedChunk, quality: number | null): Promise<string> {
    const { sliceDigest, coding } = chunk;
    const build = digestOf(await this.#options.build.known, coding.variant);
    const settings = atQuality(coding.settings, quality);
    const text = chunkIdentity({ sliceDigest, frameCount: frameCount(chunk), build, settings });
    return createHash('sha256').update(text).digest('hex');
  }

  wasCommittedBefore(key: string): boolean {
    return this.#committedBefore.has(key);
  }

  /** Puts a proven result into the store. */
  async keep(
    key: string,
    path: string,
    meta: { readonly frameCount: number; readonly bytes: number; readonly sha256: string },
  ): Promise<void> {
    const { chunks } = this.#options;
    chunks.pin(this.#ties.job, key);
    await chunks.commit(path, key, meta);
    this.#proven.add(key);
  }

  /** A stored result that is no longer what was committed is removed, and encoded again. */
  async isStored(key: string, chunk: OfferedChunk): Promise<boolean> {
    const { chunks, onNote } = this.#options;
    if (!chunks.has(key)) return false;
    const wrong = (await chunks.verify(key)) ? await this.#refusalOfStored(key, chunk) : 'its bytes changed';
    if (wrong === null || this.#ties.isOver) return wrong === null;
    await chunks.remove(key);
    onNote(`The stored result of chunk ${chunk.chunk} is not used and is encoded again: ${wrong}.`);
    return false;
  }

  /** Writes down that the chunk's result is this one; the scheduler is to be told next. */
  async noteCommitted({ chunk }: FoundChunk, key: string): Promise<void> {
    await this.#options.journal.append({ type: 'chunk-committed', chunk, key });
  }

  committed(chunk: number, key: string, attempt: number | null): ChunkCommitted {
    const bytes = this.#options.chunks.meta(key)?.bytes ?? 0;
    return { type: 'chunk-committed', job: this.#ties.job, chunk, attempt, bytes };
  }

  /** With `--integrity-check` what was proven before it was stored is proven again. */
  async #refusalOfStored(key: string, chunk: OfferedChunk): Promise<string | null> {
    const { chunks, proof, checksStored } = this.#options;
    if (!checksStored || this.#proven.has(key)) return null;
    const path = chunks.pathOf(key);
    const refusal = await proof.refusalOf(path, chunk, chunk.coding.variant, this.#ties.closing);
    if (refusal === null) this.#proven.add(key);
    return refusal;
  }
}
