import { createHash } from 'node:crypto';
import { atQuality } from '../../../src/encoder/at-quality.ts';
import { chunkIdentity } from '../../../src/encoder/chunk-identity.ts';
import { frameCount } from '../../../src/media/frame-range.ts';
import type { ChunkDetour } from '../../../src/protocol/control-api.ts';
import { type Measure, measureName } from '../../../src/quality/measure.ts';
import type { ChosenQuality, LeaderEvent } from '../../../src/schedule/leader/events.ts';
import { inVariant } from '../../../src/zones/coding-variants.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import type { Journal } from '../../storage/journal.ts';
import { digestOf } from '../build-digests.ts';
import type { JobRecord } from '../job-record.ts';
import type { FoundChunk } from '../job-scan.ts';
import type { EncodeCost, KnownProbe } from '../known-probes.ts';
import type { PreparedJob } from '../prepare-job.ts';
import type { JobBuild } from './job-build.ts';
import type { OfferedChunk } from './offered-chunks.ts';
import type { ResultProof } from './result-proof.ts';
import type { RunTies } from './run-ties.ts';
import type { SpoiledCrfs } from './spoiled-crfs.ts';

/** The event by which a chunk is done. */
export type ChunkCommitted = Extract<LeaderEvent, { type: 'chunk-committed' }>;

export interface ChunkResultsOptions {
  readonly prepared: PreparedJob;
  readonly chunks: ChunkStore;
  readonly journal: Journal<JobRecord>;
  readonly build: JobBuild;
  readonly proof: ResultProof;
  readonly spoiled: SpoiledCrfs;
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
  readonly #spoiledBefore: readonly Extract<JobRecord, { type: 'result-spoiled' }>[];
  /** What results of the job's earlier runs took to make, by their names. */
  readonly #costs: ReadonlyMap<string, EncodeCost>;
  /** Names of results that this run has proven. */
  readonly #proven = new Set<string>();
  /** Chunks that were committed at another CRF than they were to have. */
  readonly detours: ChunkDetour[] = [];

  constructor(options: ChunkResultsOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
    this.#committedBefore = new Set(
      options.journal.events.flatMap((event) => (event.type === 'chunk-committed' ? [event.key] : [])),
    );
    this.#costs = new Map(
      options.journal.events.flatMap((event) =>
        event.type === 'probe-kept' && event.cost !== undefined ? [[event.key, event.cost] as const] : [],
      ),
    );
    this.#spoiledBefore = options.journal.events.filter((event) => event.type === 'result-spoiled');
  }

  /** Name of the result that a chunk has where it is to have this quality. */
  async keyOf(chunk: OfferedChunk, asked: number | null, variant = chunk.coding.variant): Promise<string> {
    return this.nameOf(chunk, this.#options.spoiled.taken(chunk, asked), variant);
  }

  /**
   * Name of a chunk's result that was encoded at this quality: everything that decides its bytes.
   *
   * @param variant of the job's settings; left out: the chunk's own.
   */
  async nameOf(chunk: OfferedChunk, quality: number | null, variant = chunk.coding.variant): Promise<string> {
    const { sliceDigest, coding } = chunk;
    const build = digestOf(await this.#options.build.known, variant);
    const { settings: own, variants } = this.#options.prepared;
    const coded = variant === coding.variant ? coding.settings : inVariant(own, variants, variant);
    const settings = atQuality(coded, quality);
    const text = chunkIdentity({ sliceDigest, frameCount: frameCount(chunk), build, settings });
    return createHash('sha256').update(text).digest('hex');
  }

  wasCommittedBefore(key: string): boolean {
    return this.#committedBefore.has(key);
  }

  /** What was tried of a chunk before, by this job or another; null where nothing was, or it was not scored so. */
  async findProbe(
    chunk: OfferedChunk,
    crf: number,
    variant: number | null,
    measure: Measure | null,
  ): Promise<KnownProbe | null> {
    const { chunks } = this.#options;
    const key = await this.keyOf(chunk, crf, variant);
    const scores = measure === null ? [] : await chunks.scoresOf(key, measureName(measure));
    const bytes = chunks.meta(key)?.bytes;
    if (scores === null || bytes === undefined) return null;
    chunks.pin(this.#ties.job, key);
    const cost = this.#costs.get(key) ?? null;
    return { crf, bytes, scores, attempt: null, isRefused: false, variant, cost };
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

  /** The encoder itself spoils a picture of the chunk there: from now on another CRF is taken, in later runs, too. */
  async noteSpoiled(chunk: OfferedChunk, crf: number): Promise<void> {
    const key = await this.nameOf(chunk, crf);
    await this.#options.journal.append({ type: 'result-spoiled', chunk: chunk.chunk, key, crf });
    this.#options.spoiled.note(chunk, crf);
  }

  /** What earlier runs of the job found spoiled counts where the chunk is still the same. */
  async recallSpoiled(chunk: OfferedChunk): Promise<void> {
    for (const { chunk: number, key, crf } of this.#spoiledBefore) {
      if (number !== chunk.chunk || (await this.nameOf(chunk, crf)) !== key) continue;
      this.#options.spoiled.note(chunk, crf);
    }
  }

  /** Writes down that the chunk's result is this one; the scheduler is to be told next. */
  async noteCommitted({ chunk }: FoundChunk, key: string): Promise<void> {
    await this.#options.journal.append({ type: 'chunk-committed', chunk, key });
  }

  /** @param choice its CRF, and how it was found; null: it is the one that was asked for, if any. */
  committed(
    { chunk }: FoundChunk,
    key: string,
    attempt: number | null,
    choice: ChosenQuality | null,
  ): ChunkCommitted {
    const bytes = this.#options.chunks.meta(key)?.bytes ?? 0;
    const chosen = choice === null ? {} : { choice };
    const { quality: taken, insteadOf: asked } = choice ?? {};
    if (taken !== undefined && asked !== undefined) this.detours.push({ chunk, asked, taken });
    return { type: 'chunk-committed', job: this.#ties.job, chunk, attempt, bytes, ...chosen };
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
