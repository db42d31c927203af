import { rm } from 'node:fs/promises';
import { frameCount } from '../../../src/media/frame-range.ts';
import type { BulkRequest } from '../../../src/protocol/messages.ts';
import { measureName } from '../../../src/quality/measure.ts';
import { monotonicMs } from '../../clock.ts';
import { EngineCrash } from '../../engine/engine-pool.ts';
import type { Mesh } from '../../mesh/mesh.ts';
import { sentenceOf } from '../../sentence.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import { openSink } from '../../storage/file-sink.ts';
import type { Journal } from '../../storage/journal.ts';
import type { JobRecord } from '../job-record.ts';
import type { ChunkResults } from './chunk-results.ts';
import type { Leases } from './leases.ts';
import type { LiveAttempt } from './live-attempt.ts';
import type { OfferedChunks } from './offered-chunks.ts';
import type { ResultProof } from './result-proof.ts';
import type { RunTies } from './run-ties.ts';
import type { ChunkSettling } from './settle-chunks.ts';

export interface ResultIntakeOptions {
  readonly mesh: Mesh;
  readonly chunks: ChunkStore;
  readonly journal: Journal<JobRecord>;
  readonly offered: OfferedChunks;
  readonly leases: Leases;
  readonly proof: ResultProof;
  readonly results: ChunkResults;
  readonly settling: ChunkSettling;
}

/** Takes what peers encoded: fetches it, has it proven, and keeps or refuses it (invariant 3). */
export class ResultIntake {
  readonly #options: ResultIntakeOptions;
  readonly #ties: RunTies;
  /** By chunk and CRF: hex sha256 of the latest result that the proof refused. */
  readonly #refused = new Map<string, string>();
  /** Of results that were kept. */
  encodeCpuSeconds = 0;

  constructor(options: ResultIntakeOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
  }

  async fetch(number: number, peer: string): Promise<void> {
    const { job } = this.#ties;
    this.#ties.record({ type: 'result-fetching', job, attempt: number, nowMs: monotonicMs() });
    const attempt = this.#options.leases.attempt(number);
    if (attempt === undefined) return;
    const write = await openSink(attempt.resultPath);
    try {
      const request: BulkRequest = { kind: 'result', job, attempt: number };
      const got = await this.#options.mesh.fetch(peer, request, write.sink, attempt.stop.signal);
      if (got.sha256 !== attempt.claim?.sha256 || got.bytes !== attempt.claim.bytes)
        throw new Error('the result is not the one that was announced');
      await write.close();
      this.#ties.record({ type: 'result-fetched', job, attempt: number, nowMs: monotonicMs() });
    } catch (error) {
      await write.close().catch(() => undefined);
      await rm(attempt.resultPath, { force: true });
      // A full disk here is no fault of the peer's.
      if (write.fault !== null) throw write.fault;
      this.#ties.fail(number, 'transfer', sentenceOf(error));
    }
  }

  async prove(number: number): Promise<void> {
    this.#ties.record({ type: 'result-proving', job: this.#ties.job, attempt: number });
    const attempt = this.#options.leases.attempt(number);
    if (attempt === undefined) return;
    const refusal = await this.#refusalOf(attempt).catch((error: unknown) => {
      if (attempt.stop.signal.aborted || error instanceof EngineCrash) return sentenceOf(error);
      throw error;
    });
    if (attempt.stop.signal.aborted) return;
    if (refusal !== null) return this.#refuse(number, attempt, refusal);
    await this.#commit(number, attempt);
  }

  /** Invariant 3, all of it but the digest, which the fetch checked. Null when the result may be committed. */
  async #refusalOf(attempt: LiveAttempt): Promise<string | null> {
    const expected = frameCount(attempt.range);
    if (!(await attempt.isFullyMatched()))
      return 'not every frame of the chunk was fingerprinted before it was encoded';
    if (attempt.isScored && attempt.scores.length !== expected)
      return `${attempt.scores.length} of the chunk's ${expected} frames were scored`;
    const { resultPath, range, variant, stop } = attempt;
    return this.#options.proof.refusalOf(resultPath, range, variant, stop.signal);
  }

  /**
   * A result that is refused twice with the same bytes is the encoder's own: at so high a CRF it leaves out what is in the
   * picture. Where a score is aimed at that is an answer, the worst there is; the lowest CRF that may be tried has no better.
   */
  async #refuse(number: number, attempt: LiveAttempt, refusal: string): Promise<void> {
    const found = this.#options.offered.of(attempt.chunk);
    const { claim, quality } = attempt;
    const { search } = found;
    const name = `${attempt.chunk} ${quality}`;
    const isSame = claim !== null && this.#refused.get(name) === claim.sha256;
    if (claim !== null) this.#refused.set(name, claim.sha256);
    if (!isSame || quality === null || search?.measure == null || quality <= search.range.min) {
      return this.#ties.fail(number, 'result', refusal);
    }
    const scores = new Array<number>(frameCount(found)).fill(0);
    const probe = { crf: quality, bytes: claim.bytes, scores, attempt: number };
    return this.#options.settling.note(found, probe, search, true);
  }

  async #commit(number: number, attempt: LiveAttempt): Promise<void> {
    const { offered, results, chunks, journal, settling } = this.#options;
    const found = offered.of(attempt.chunk);
    const { claim, quality, scores } = attempt;
    if (claim === null) return;
    const { bytes, sha256 } = claim;
    const key = await results.keyOf(found, quality);
    await results.keep(key, attempt.resultPath, { frameCount: frameCount(found), bytes, sha256 });
    this.encodeCpuSeconds += claim.cpuSeconds;
    const { search } = found;
    if (search === null || quality === null) {
      await results.noteCommitted(found, key);
      return this.#ties.record(results.committed(attempt.chunk, key, number));
    }
    if (search.measure !== null) await chunks.keepScores(key, measureName(search.measure), scores);
    await journal.append({ type: 'probe-kept', chunk: attempt.chunk, key });
    await settling.note(found, { crf: quality, bytes, scores, attempt: number }, search, false);
  }
}
