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
import type { OfferedChunk, OfferedChunks } from './offered-chunks.ts';
import type { ResultProof } from './result-proof.ts';
import type { RunTies } from './run-ties.ts';
import type { ChunkSettling } from './settle-chunks.ts';
import { askedCrf, type SpoiledCrfs } from './spoiled-crfs.ts';

export interface ResultIntakeOptions {
  readonly mesh: Mesh;
  readonly chunks: ChunkStore;
  readonly journal: Journal<JobRecord>;
  readonly offered: OfferedChunks;
  readonly leases: Leases;
  readonly proof: ResultProof;
  readonly results: ChunkResults;
  readonly spoiled: SpoiledCrfs;
  readonly settling: ChunkSettling;
}

/** Why a result does not count. */
interface Refusal {
  readonly words: string;
  /** The picture differs, which may be the encoder's doing as well as its peer's. */
  readonly mayBeEncoders: boolean;
}

/** Takes what peers encoded: fetches it, has it proven, and keeps or refuses it (invariant 3). */
export class ResultIntake {
  readonly #options: ResultIntakeOptions;
  readonly #ties: RunTies;
  /** Chunk, CRF and hex sha256 of each result that the proof refused. */
  readonly #refused = new Set<string>();
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
      if (attempt.stop.signal.aborted || error instanceof EngineCrash) return peersFault(sentenceOf(error));
      throw error;
    });
    if (attempt.stop.signal.aborted) return;
    if (refusal !== null) return this.#refuse(number, attempt, refusal);
    await this.#commit(number, attempt);
  }

  /** Invariant 3, all of it but the digest, which the fetch checked. Null when the result may be committed. */
  async #refusalOf(attempt: LiveAttempt): Promise<Refusal | null> {
    const expected = frameCount(attempt.range);
    if (!(await attempt.isFullyMatched()))
      return peersFault('not every frame of the chunk was fingerprinted before it was encoded');
    if (attempt.isScored && attempt.scores.length !== expected)
      return peersFault(`${attempt.scores.length} of the chunk's ${expected} frames were scored`);
    const { resultPath, range, variant, stop } = attempt;
    const words = await this.#options.proof.refusalOf(resultPath, range, variant, stop.signal);
    return words === null ? null : { words, mayBeEncoders: true };
  }

  /**
   * A result that is refused twice with the same bytes is the encoder's own: at that CRF it spoils what is in the picture,
   * and no other machine would do better. Where a score is aimed at that is an answer, the worst there is; the lowest CRF
   * that may be tried has no better. Else another CRF near it is taken.
   *
   * Two peers that lie alike, or the only one that is left, can make a CRF look so. They are cleared each time, and a proof at
   * another CRF says nothing of them. But each of the eight that detourFrom names takes two equal results, then the chunk fails
   * as any other does, and the summary names every chunk that was encoded elsewhere.
   */
  async #refuse(number: number, attempt: LiveAttempt, { words, mayBeEncoders }: Refusal): Promise<void> {
    const { offered, settling, spoiled } = this.#options;
    const { claim, quality, asked, variant } = attempt;
    const chunk = offered.of(attempt.chunk);
    const crf = askedCrf(chunk, quality);
    if (!mayBeEncoders || claim === null || crf === null) return this.#ties.fail(number, 'result', words);
    if (!this.#isRepeated(chunk, crf, claim.sha256)) return this.#ties.fail(number, 'result', words, crf);
    const { search } = chunk;
    if (search?.measure != null && crf > search.range.min && crf === asked) {
      const scores = new Array<number>(frameCount(chunk)).fill(0);
      return settling.note(
        chunk,
        { crf, bytes: claim.bytes, scores, attempt: number, isRefused: true, variant, cost: null },
        search,
      );
    }
    await settling.noteSpoiled(chunk, asked, crf);
    if (spoiled.insteadOf(chunk, askedCrf(chunk, asked) ?? crf) === null)
      return this.#ties.fail(number, 'result', words);
    this.#ties.record({
      type: 'result-spoiled',
      job: this.#ties.job,
      chunk: chunk.chunk,
      attempt: number,
      words,
    });
  }

  /** Remembers what was refused. Whether the same bytes were so before. */
  #isRepeated({ chunk }: OfferedChunk, crf: number, sha256: string): boolean {
    const name = `${chunk} ${crf} ${sha256}`;
    const isRepeated = this.#refused.has(name);
    this.#refused.add(name);
    return isRepeated;
  }

  async #commit(number: number, attempt: LiveAttempt): Promise<void> {
    const { offered, results, chunks, journal, settling, spoiled } = this.#options;
    const found = offered.of(attempt.chunk);
    const { claim, quality, asked, scores, variant, peer } = attempt;
    if (claim === null) return;
    const { bytes, sha256, cpuSeconds } = claim;
    const key = await results.nameOf(found, quality, variant);
    await results.keep(key, attempt.resultPath, { frameCount: frameCount(found), bytes, sha256 });
    this.encodeCpuSeconds += claim.cpuSeconds;
    const { search } = found;
    if (search === null || asked === null) {
      found.key = key;
      await results.noteCommitted(found, key);
      const choice = quality === asked ? null : spoiled.choiceOf(found, asked);
      return this.#ties.record(results.committed(found, key, number, choice));
    }
    if (search.measure !== null) await chunks.keepScores(key, measureName(search.measure), scores);
    const cost = { peer, cpuSeconds };
    await journal.append({ type: 'probe-kept', chunk: attempt.chunk, key, cost });
    const made = { attempt: number, isRefused: false, variant, cost };
    await settling.note(found, { crf: asked, bytes, scores, ...made }, search);
  }
}

function peersFault(words: string): Refusal {
  return { words, mayBeEncoders: false };
}
