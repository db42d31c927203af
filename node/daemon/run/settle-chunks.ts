import type { ChosenQuality, LeaderEvent } from '../../../src/schedule/leader/events.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import type { ChunkSearch, ChunkStep, FilmDecisions } from '../chunk-search.ts';
import type { KnownProbe } from '../known-probes.ts';
import { ParamSearch, type ParamTry } from '../param-search.ts';
import type { ChunkCommitted, ChunkResults } from './chunk-results.ts';
import type { OfferedChunk, OfferedChunks } from './offered-chunks.ts';
import type { RunTies } from './run-ties.ts';
import type { SpoiledCrfs } from './spoiled-crfs.ts';

export interface ChunkSettlingOptions {
  readonly chunks: ChunkStore;
  readonly offered: OfferedChunks;
  readonly results: ChunkResults;
  readonly spoiled: SpoiledCrfs;
  /** Slots of machines that have nothing else to do. */
  readonly spareSlots: () => number;
  /** What the user should know of the job: a sentence. */
  readonly onNote: (sentence: string) => void;
}

/** Carries out what the searches of a job decide: which chunk is tried again, and which is done at which CRF. */
export class ChunkSettling {
  readonly #options: ChunkSettlingOptions;
  readonly #ties: RunTies;

  constructor(options: ChunkSettlingOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
  }

  /** The chunk's result is this probe or an earlier one, or it is to be encoded again at another CRF. */
  async note(
    chunk: OfferedChunk,
    probe: KnownProbe & { readonly attempt: number },
    search: ChunkSearch,
  ): Promise<void> {
    // Another attempt settled it meanwhile.
    if (chunk.key !== null) return;
    const { attempt, crf: quality, isRefused } = probe;
    const { job } = this.#ties;
    const { chunk: number } = chunk;
    // Of the moment before: this probe may be the one that decides.
    const { film } = search;
    search.note(number, probe);
    const score = search.scoreOf(probe);
    const kept = { job, chunk: number, attempt, quality, score, isRefused };
    if (film !== null) {
      // Before anything else happens: what this one decided wants its chunk to rest already.
      this.#ties.record({ type: 'probe-kept', ...kept, isResting: true });
      if (search instanceof ParamSearch) await this.beginTries(search);
      return this.release(film);
    }
    const settled = await this.settle(chunk, search);
    const isResting = settled === null && search.isResting(number);
    const event: LeaderEvent = { type: 'probe-kept', ...kept, isResting };
    if (isResting) this.#ties.record(event);
    // What was tried beside a chunk that rested for it has told what is to be tried next.
    else if (settled === null) this.#ties.record(event, { type: 'chunk-wanted', job, chunk: number });
    else if (settled.attempt === attempt) this.#ties.record(settled);
    else this.#ties.record(event, settled);
    this.widen();
  }

  /** Of the tries that a comparison of encoder options wants, those that were made before are not made again. */
  async beginTries(search: ParamSearch): Promise<void> {
    const { results, offered } = this.#options;
    for (let wanted = search.takeWanted(); wanted.length > 0; wanted = search.takeWanted()) {
      const unknown: ParamTry[] = [];
      for (const one of wanted) {
        const { chunk, crf, variant } = one;
        const known = await results.findProbe(offered.of(chunk), crf, variant, search.measure);
        if (known === null) unknown.push(one);
        else search.note(chunk, known);
      }
      search.begin(unknown);
    }
  }

  /** The encoder itself spoils a picture of the chunk at this CRF; another one is taken. The user hears of it. */
  async noteSpoiled(chunk: OfferedChunk, asked: number | null, crf: number): Promise<void> {
    const { results } = this.#options;
    await results.noteSpoiled(chunk, crf);
    this.noteDetour(chunk, asked);
  }

  /** Tells the user what is taken in place of the CRF that the chunk was to have. */
  noteDetour(chunk: OfferedChunk, asked: number | null): void {
    const sentence = this.#options.spoiled.sentenceOf(chunk, asked);
    if (sentence !== null) this.#options.onNote(sentence);
  }

  /** Chunks that rested until the film was decided are tried where they are to be, or committed. */
  async release(film: FilmDecisions): Promise<void> {
    for (const number of film.takeReleased()) {
      const chunk = this.#options.offered.of(number);
      if (chunk.search === null || this.#ties.isOver) return;
      if (chunk.key !== null) continue;
      const settled = await this.settle(chunk, chunk.search);
      if (settled !== null) this.#ties.record(settled);
      else {
        const beside = this.opened(number, chunk.search.trialsBeside(number));
        this.#ties.record({ type: 'chunk-wanted', job: this.#ties.job, chunk: number }, ...beside);
      }
    }
  }

  /** Machines that would idle try chunks beside what they are tried at: the first of the film first, each once in turn. */
  widen(): void {
    for (const { chunk, key, search } of this.#options.offered.all()) {
      const spare = this.#options.spareSlots();
      if (spare <= 0) return;
      if (key !== null || search === null) continue;
      this.#ties.record(...this.opened(chunk, search.widen(chunk, spare)));
    }
  }

  opened(chunk: number, trials: readonly number[]): LeaderEvent[] {
    return trials.length === 0 ? [] : [{ type: 'trials-opened', job: this.#ties.job, chunk, trials }];
  }

  /**
   * The event by which a chunk is committed whose search is over; null while it is not.
   *
   * @param before the CRF at which an earlier run of the job had settled it.
   */
  async settle(
    chunk: OfferedChunk,
    search: ChunkSearch,
    before: number | null = null,
  ): Promise<ChunkCommitted | null> {
    const { results } = this.#options;
    const first = before === null ? search.step(chunk.chunk) : { settled: before };
    for (let step: ChunkStep = first; step !== 'rest' && 'settled' in step; step = search.step(chunk.chunk)) {
      const crf = step.settled;
      const isRefused = search.probesOf(chunk.chunk).some((probe) => probe.crf === crf && probe.isRefused);
      // Nothing better was found than what is worst: what is near it is tried in its place.
      if (isRefused) await this.noteSpoiled(chunk, crf, crf);
      const key = await results.keyOf(chunk, crf);
      if (isRefused || !(await results.isStored(key, chunk))) {
        search.forget(chunk.chunk, crf);
        continue;
      }
      const probes = search.probesOf(chunk.chunk);
      const made = probes.find((probe) => probe.crf === crf)?.attempt ?? null;
      await this.#letGoOfOthers(chunk, crf, search);
      const choice = this.#choose(chunk, crf, search);
      chunk.key = key;
      await results.noteCommitted(chunk, key);
      return results.committed(chunk, key, made, choice);
    }
    // Decided now: until the chunk is granted again, what was tried might seem good enough, and be tried once more.
    if (search.probesOf(chunk.chunk).length > 0) search.trialOf(chunk.chunk, 0);
    return null;
  }

  /** What was tried in vain need not stay: it is pruned as what nobody needs is. */
  async #letGoOfOthers(chunk: OfferedChunk, crf: number, search: ChunkSearch): Promise<void> {
    const { chunks, results } = this.#options;
    const kept = await results.keyOf(chunk, crf);
    for (const { crf: other } of search.probesOf(chunk.chunk)) {
      const key = await results.keyOf(chunk, other);
      if (key !== kept) chunks.unpin(this.#ties.job, key);
    }
  }

  #choose(chunk: OfferedChunk, asked: number, search: ChunkSearch): ChosenQuality {
    const { quality, insteadOf } = this.#options.spoiled.choiceOf(chunk, asked) ?? { quality: asked };
    const choice = search.settle(chunk.chunk, asked, quality);
    return insteadOf === undefined ? choice : { ...choice, insteadOf };
  }
}
