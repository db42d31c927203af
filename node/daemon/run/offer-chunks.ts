import type { FrameRange } from '../../../src/media/frame-range.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import type { Zone } from '../../../src/zones/zone.ts';
import { ZonePlan } from '../../../src/zones/zone-plan.ts';
import { describeSlice } from '../../slice/read-slice.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import { type ChunkSearch, crfsIn } from '../chunk-search.ts';
import type { ChunkSearches } from '../chunk-searches.ts';
import type { FilmSizer } from '../film-sizer.ts';
import { shownSeconds } from '../film-time.ts';
import type { FoundChunk, JobScan } from '../job-scan.ts';
import { ParamSearch } from '../param-search.ts';
import type { PreparedJob } from '../prepare-job.ts';
import type { ChunkResults } from './chunk-results.ts';
import type { JobBuild } from './job-build.ts';
import type { OfferedChunk, OfferedChunks } from './offered-chunks.ts';
import type { RunTies } from './run-ties.ts';
import type { ChunkSettling } from './settle-chunks.ts';
import type { SpoiledCrfs } from './spoiled-crfs.ts';

export interface ChunkOffersOptions {
  readonly prepared: PreparedJob;
  readonly zones: readonly Zone[];
  readonly chunks: ChunkStore;
  readonly scan: JobScan;
  readonly build: JobBuild;
  readonly searches: ChunkSearches;
  readonly sizer: FilmSizer;
  readonly offered: OfferedChunks;
  readonly results: ChunkResults;
  readonly spoiled: SpoiledCrfs;
  readonly settling: ChunkSettling;
}

/** Offers each chunk to the swarm as the scan finds it, or takes its result from the store. */
export class ChunkOffers {
  readonly #options: ChunkOffersOptions;
  readonly #ties: RunTies;
  readonly #zones: ZonePlan;

  constructor(options: ChunkOffersOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
    const { settings, variants } = options.prepared;
    this.#zones = new ZonePlan(options.zones, variants, settings);
  }

  async offer(found: FoundChunk): Promise<void> {
    const { build, offered, results, settling, sizer } = this.#options;
    await build.known;
    if (this.#ties.isOver) return;
    const { chunk, seconds } = await this.#describe(found);
    const { search, coding } = chunk;
    offered.add(chunk);
    await results.recallSpoiled(chunk);
    if (search === null) settling.noteDetour(chunk, coding.crf);
    await sizer.see(found);
    search?.meet(found.chunk, found, found.complexity);
    const zone = coding.zone === null ? {} : { zone: coding.zone };
    const event = { type: 'chunk-found', job: this.#ties.job, ...found, seconds, ...zone } as const;
    const film = search?.film ?? null;
    const stored = await (search === null ? this.#findStored(chunk) : this.#findProbes(chunk, search));
    if (this.#ties.isOver) return;
    const trials = search?.trialsBeside(found.chunk) ?? [];
    const isResting = search?.isResting(found.chunk) ?? false;
    // All at once: a chunk that is only found is granted to the next free slot.
    this.#ties.record({ ...event, isResting }, ...stored, ...settling.opened(found.chunk, trials));
    // What was in the store may have decided others.
    if (film !== null) await settling.release(film);
  }

  async #describe(
    found: FoundChunk,
  ): Promise<{ chunk: OfferedChunk; seconds: { readonly from: number; readonly until: number } }> {
    const { scan, prepared, searches } = this.#options;
    const { files, codec, keyframes } = scan.reading;
    const range: FrameRange = found;
    const { contentDigest: sliceDigest } = await describeSlice(files, codec, keyframes, range, 0);
    const { timeBase } = prepared.source.video;
    const seconds = await shownSeconds(found, scan.reading.files, timeBase);
    const coding = this.#zones.codingOf({ frame: found.startFrame, seconds: seconds.from });
    const search = searches.of(coding.zone);
    return { chunk: { ...found, sliceDigest, coding, search, key: null }, seconds };
  }

  async #findStored(chunk: OfferedChunk): Promise<LeaderEvent[]> {
    const { chunks, results, spoiled } = this.#options;
    const key = await results.keyOf(chunk, chunk.coding.crf);
    chunk.key = key;
    chunks.pin(this.#ties.job, key);
    if (!(await results.isStored(key, chunk))) return [];
    await results.noteCommitted(chunk, key);
    return [results.committed(chunk, key, null, spoiled.choiceOf(chunk, chunk.coding.crf))];
  }

  /** What was tried of a chunk before, by this job or another, is not tried again. */
  async #findProbes(chunk: OfferedChunk, search: ChunkSearch): Promise<LeaderEvent[]> {
    const { results, settling } = this.#options;
    // Which encodes are to be compared is known at the end of the film.
    if (search instanceof ParamSearch) return [];
    let settled: number | null = null;
    for (const crf of crfsIn(search.range)) {
      const known = await results.findProbe(chunk, crf, chunk.coding.variant, search.measure);
      if (known === null) continue;
      search.note(chunk.chunk, known);
      if (results.wasCommittedBefore(await results.keyOf(chunk, crf))) settled = crf;
    }
    const isKept = settled !== null && search.film?.keepsSettled === true;
    if (search.film !== null && !isKept) return [];
    const event = await settling.settle(chunk, search, settled);
    return event === null ? [] : [event];
  }
}
