import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atQuality } from '../../src/encoder/at-quality.ts';
import { chunkIdentity } from '../../src/encoder/chunk-identity.ts';
import { isProgram } from '../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import type { BulkRequest, LeaderMessage, PeerMessage, StolenSlice } from '../../src/protocol/messages.ts';
import { clipWords } from '../../src/protocol/words.ts';
import { type Measure, measureName } from '../../src/quality/measure.ts';
import type { HistoryFacts } from '../../src/report/job/keep-history.ts';
import type { RunEnd } from '../../src/report/job/records.ts';
import { namePeers } from '../../src/report/name-peers.ts';
import type { LeaderAction } from '../../src/schedule/leader/actions.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import type { LeaderState } from '../../src/schedule/leader/state.ts';
import { monotonicMs } from '../clock.ts';
import { EngineCrash, type EnginePool } from '../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest, ScanMessage, ScanRequest } from '../engine/messages.ts';
import { readSourceIdentity } from '../engine/source-identity.ts';
import type { BulkAnswer, Mesh } from '../mesh/mesh.ts';
import { sentenceOf } from '../sentence.ts';
import { describeSlice, type SliceDescription, streamSlice } from '../slice/read-slice.ts';
import type { ChunkStore } from '../storage/chunk-store.ts';
import { openSink } from '../storage/file-sink.ts';
import type { Journal } from '../storage/journal.ts';
import type { ScanStore } from '../storage/scan-store.ts';
import { AllocationSearch } from './allocation-search.ts';
import { BudgetSearch } from './budget-search.ts';
import { type BuildDigests, digestOf, jobDigest } from './build-digests.ts';
import { type ChunkSearch, type ChunkStep, crfsIn, type FilmDecisions } from './chunk-search.ts';
import { ChunkSearches } from './chunk-searches.ts';
import { FilmSizer } from './film-sizer.ts';
import { shownSeconds } from './film-time.ts';
import type { JobHistory } from './job-history.ts';
import { JobOutput } from './job-output.ts';
import { makePreviews } from './job-preview.ts';
import type { JobRecord } from './job-record.ts';
import { type FoundChunk, JobScan } from './job-scan.ts';
import type { KnownProbe } from './known-probes.ts';
import { LadderSearch } from './ladder-search.ts';
import { LiveAttempt } from './live-attempts.ts';
import type { PreparedJob } from './prepare-job.ts';
import { QualitySearch } from './quality-search.ts';
import { ResultProof } from './result-proof.ts';
import { withRestarts } from './with-restarts.ts';
import { type ChunkCoding, ZonePlan } from './zone-plan.ts';

export interface JobParts {
  readonly submittedMs: number;
  readonly mesh: Mesh;
  readonly chunks: ChunkStore;
  readonly scans: ScanStore;
  readonly provers: EnginePool<ProveRequest, ProveMessage>;
  readonly scanners: EnginePool<ScanRequest, ScanMessage>;
  readonly journal: Journal<JobRecord>;
  /** Runs the scan when no more urgent one waits. */
  readonly takeScanTurn: (scan: () => Promise<void>) => Promise<void>;
  readonly history: JobHistory;
  /** Of a peer, for people. */
  readonly nameOf: (peer: string) => string;
  /** Folder for results on their way from a peer to the store. */
  readonly workDirectory: string;
  readonly niceness: number;
  /** Gives events to the leader's scheduler; those of one call are applied before it plans. */
  readonly record: (...events: readonly LeaderEvent[]) => void;
  /** What the user should know of the job: a sentence. */
  readonly onNote: (sentence: string) => void;
  /** Slots for which this daemon has nothing to do, though they could take this job's chunks. */
  readonly spareSlots: () => number;
  /** The job cannot go on: a sentence. */
  readonly onFailed: (reason: string) => void;
  readonly onFinished: () => void;
}

/** A chunk as it is offered to the swarm. */
interface OfferedChunk extends FoundChunk {
  /** Hex sha256 of what its frames come from. */
  readonly sliceDigest: string;
  /** How it is encoded, but for the CRF that a search finds. */
  readonly coding: ChunkCoding;
  /** Finds its CRF; null: it is known. */
  readonly search: ChunkSearch | null;
  /** Name of its result in the store; null until it is committed, where a score is aimed at. */
  key: string | null;
}

/** More than a run needs: chunks of a long film times the tries of each. MAX_COUNT leaves room for 2,000 runs. */
const ATTEMPTS_PER_RUN = 1_000_000;

/** One job's hands: performs for its leader what the scheduler planned, and tells it what came of it. */
export class JobRun {
  readonly prepared: PreparedJob;
  readonly submittedMs: number;
  readonly scan: JobScan;
  readonly output: JobOutput;
  readonly #parts: JobParts;
  readonly #found = new Map<number, OfferedChunk>();
  readonly #attempts = new Map<number, LiveAttempt>();
  /** Leases whose slices are being described; their peers have not heard of them. */
  readonly #granting = new Set<number>();
  readonly proof: ResultProof;
  /** Where a score or a size is aimed at: who finds each chunk's CRF. */
  readonly searches: ChunkSearches;
  readonly budget: BudgetSearch | null;
  readonly ladder: LadderSearch | null;
  readonly allocation: AllocationSearch | null;
  readonly #zones: ZonePlan;
  readonly #sizer: FilmSizer;
  readonly #build: Promise<BuildDigests>;
  #knowBuild: (digests: BuildDigests) => void = () => undefined;
  #hasBuild = false;
  /** It has not got the program that the job asks for. */
  #isWithoutEncoder = false;
  /** Of the first other machine that told it. */
  #othersBuild: BuildDigests | null = null;
  /** Names of results that an earlier run of the job had committed. */
  readonly #committedBefore: ReadonlySet<string>;
  /** By chunk and CRF: hex sha256 of the latest result that the proof refused. */
  readonly #refused = new Map<string, string>();
  /** Names of results that this run has proven. */
  readonly #proven = new Set<string>();
  readonly #closing = new AbortController();
  /** Ends when its clips are written or given up, and nothing of them is left but what is whole. */
  #previewing: Promise<void> = Promise.resolve();
  #isOver = false;
  /** For its turn to scan. */
  isWaiting = true;
  /** Set once its end was decided: the first cause counts. */
  isEnding = false;
  encodeCpuSeconds = 0;
  attemptCount = 0;
  slicedPacketCount = 0;
  readonly sliceBytes = { fromLeader: 0, direct: 0 };
  /** When a first frame was given to an encoder here and on another machine; null until then. */
  readonly firstFrameMs: { own: number | null; remote: number | null } = { own: null, remote: null };

  constructor(prepared: PreparedJob, parts: JobParts) {
    this.prepared = prepared;
    this.submittedMs = parts.submittedMs;
    this.#parts = parts;
    const { id: job, request, source, settings, variants } = prepared;
    const { niceness } = parts;
    const { target, budget, ladder, allocation, zones } = request.options;
    this.scan = new JobScan({
      job,
      source,
      settings,
      options: request.options,
      cutsFrameCount: request.cutsFrameCount ?? null,
      store: parts.scans,
      scanners: parts.scanners,
      onNote: parts.onNote,
    });
    this.proof = new ResultProof({
      settings,
      provers: parts.provers,
      files: () => this.scan.reading.files,
    });
    this.#sizer = new FilmSizer(prepared, this.scan);
    const quality = target === null ? null : new QualitySearch(target, settings);
    this.budget = budget === null ? null : new BudgetSearch(budget, settings, () => this.#sizer.size);
    const sizeOf = () => this.#sizer.size;
    this.ladder = ladder === null ? null : new LadderSearch(ladder, settings, sizeOf, parts.onNote);
    this.allocation =
      allocation === null ? null : new AllocationSearch(allocation, settings, () => this.#sizer.size);
    this.searches = new ChunkSearches(
      quality ?? this.budget ?? this.ladder ?? this.allocation,
      zones,
      settings,
    );
    this.#zones = new ZonePlan(zones, variants, settings);
    this.output = new JobOutput({
      job,
      output: request.output,
      overwrite: request.options.overwrite,
      niceness,
    });
    this.#committedBefore = new Set(
      parts.journal.events.flatMap((event) => (event.type === 'chunk-committed' ? [event.key] : [])),
    );
    this.#build = new Promise((resolve) => {
      this.#knowBuild = resolve;
    });
  }

  /** The job's journal, for its last word. */
  get journal(): Journal<JobRecord> {
    return this.#parts.journal;
  }

  /** Attempts of each run of a job have numbers of their own: a peer may still clear up one of an earlier run. */
  get firstAttempt(): number {
    const runs = this.#parts.journal.events.filter(
      ({ type }) => type === 'job-submitted' || type === 'job-resumed',
    ).length;
    return runs * ATTEMPTS_PER_RUN;
  }

  get id(): string {
    return this.prepared.id;
  }

  /** How results are scored by their makers; null: none is. */
  get measure(): Measure | null {
    return this.searches.measure;
  }

  /**
   * What every encoder of this file must write (invariant 8): what this machine's own does, where it has that encoder.
   *
   * @param build `lacks`: why this machine itself cannot score as the job asks for, or null: others may.
   */
  setBuild(build: BuildDigests & { readonly lacks: string | null }): void {
    const { lacks } = build;
    if (lacks !== null) this.#parts.onNote(`This machine leaves the encoding to others. ${lacks}`);
    this.#hasBuild = true;
    this.#knowBuild(build);
    this.#record({ type: 'job-build-known', job: this.id, digest: jobDigest(build) });
  }

  /**
   * This machine's encoder does not do what the job asks for. Nobody's does, where it is one that all machines have; a
   * program may be elsewhere, and the first peer that has it is the measure for the others.
   */
  failBuild(reason: string): void {
    if (!isProgram(encoderOf(this.prepared.settings.encoder).engine)) return this.#giveUp(new Error(reason));
    this.#isWithoutEncoder = true;
    this.#parts.onNote(`This machine leaves the encoding to others. ${reason}`);
    this.#takeOthersBuild();
  }

  /** Another machine told its build. */
  noteBuild(build: BuildDigests): void {
    this.#othersBuild ??= build;
    this.#takeOthersBuild();
  }

  #takeOthersBuild(): void {
    if (!this.#isWithoutEncoder || this.#othersBuild === null || this.#hasBuild) return;
    this.setBuild({ ...this.#othersBuild, lacks: null });
  }

  /** Scans when it is its turn, and offers each chunk as it is found. */
  async start(): Promise<void> {
    try {
      this.#previewing = this.#preview();
      await this.#previewing;
      await this.#parts.takeScanTurn(() => this.#scan());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  async #preview(): Promise<void> {
    if (!this.prepared.request.options.previews) return;
    const { niceness, onNote } = this.#parts;
    await makePreviews(this.prepared, niceness, this.#closing.signal, onNote);
  }

  async #scan(): Promise<void> {
    if (this.#isOver) return;
    this.isWaiting = false;
    let chunkCount = 0;
    for await (const found of this.scan.chunks()) {
      if (this.#isOver) return;
      await this.#offer(found);
      chunkCount += 1;
    }
    this.#record({ type: 'scan-ended', job: this.id, chunkCount });
    this.#widen();
    const film = this.ladder ?? this.allocation ?? this.budget;
    if (film === null) return;
    film.endFilm();
    await this.#release(film);
  }

  perform(action: Exclude<LeaderAction, { type: 'announce-job' }>): void {
    switch (action.type) {
      case 'grant-lease':
        return this.#begin(this.#grant(action));
      case 'ask-steal':
        return this.#askSteal(action);
      case 'cancel-attempt':
        return this.#cancel(action.attempt, action.peer, action.reason);
      case 'settle-result':
        return this.#settle(action.attempt, action.peer, action.accepted);
      case 'expire-lease':
        return this.#fail(action.attempt, 'expired', action.words);
      case 'forget-pace':
        return this.#record({
          type: 'pace-forgotten',
          job: this.id,
          peer: action.peer,
          nowMs: monotonicMs(),
        });
      case 'fetch-result':
        return this.#begin(this.#fetchResult(action.attempt, action.peer));
      case 'prove-result':
        return this.#begin(this.#prove(action.attempt));
      case 'append-chunk':
        return this.#begin(this.#append(action.chunk));
      case 'finish-job':
        return this.#begin(this.#finish());
      case 'fail-job':
        this.#parts.onFailed(this.#withDamage(namePeers(action.reason, this.#parts.nameOf)));
        return this.#record({ type: 'job-ended', job: this.id });
    }
  }

  /** What a peer says of one of this job's attempts. Words about attempts that are over are ignored. */
  onMessage(peer: string, message: Extract<PeerMessage, { readonly attempt: number }>): void {
    const attempt = this.#attempts.get(message.attempt);
    if (attempt === undefined || attempt.peer !== peer) return;
    const name = { job: this.id, attempt: message.attempt, nowMs: monotonicMs() };
    switch (message.type) {
      case 'attempt-started':
        if (attempt.isFromVictim && attempt.sentBytes === 0) this.sliceBytes.direct += attempt.slice.bytes;
        this.firstFrameMs[peer === this.#parts.mesh.id ? 'own' : 'remote'] ??= name.nowMs;
        return this.#record({ type: 'attempt-started', ...name });
      case 'attempt-progress':
        return this.#record({ type: 'attempt-progress', ...name, framesEncoded: message.framesEncoded });
      case 'frames-decoded':
        return this.#begin(
          this.#checkFrames(message.attempt, attempt, message.firstFrame, message.fingerprints),
        );
      case 'frames-scored': {
        const wrong = attempt.takeScores(message.firstFrame, message.scores);
        if (wrong !== null) this.#fail(message.attempt, 'peer', wrong);
        return;
      }
      case 'attempt-encoded':
        attempt.claim = message;
        return this.#record({ type: 'attempt-encoded', ...name, bytes: message.bytes });
      case 'attempt-failed':
        return this.#fail(message.attempt, message.cause, message.words);
      case 'lease-yielded':
        return this.#noteYielded(message.attempt, message.hasSlice);
      case 'steal-refused':
        return this.#record(message);
      case 'lease-returned':
        this.#record({
          type: 'lease-returned',
          job: this.id,
          attempt: message.attempt,
          reason: message.reason,
        });
        return this.#forget(message.attempt);
    }
  }

  /** Serves the slice of a live attempt to the peer that holds its lease. */
  serveSlice(peer: string, request: BulkRequest): BulkAnswer {
    const attempt = this.#attempts.get(request.attempt);
    if (attempt === undefined || attempt.peer !== peer) {
      return { refused: `attempt ${request.attempt} of job ${this.id} is not leased to this peer` };
    }
    const source = streamSlice(attempt.slice, this.scan.reading.files, this.prepared.source.path);
    const onSent = (sha256: string): void => {
      attempt.sliceSha256 = sha256;
    };
    return { bytes: attempt.slice.bytes, source: this.#watched(source, attempt), onSent };
  }

  /** Forgets the attempts that the schedule dropped without a word, as those of a peer that left. */
  forgetUnless(isKnown: (attempt: number) => boolean): void {
    for (const number of [...this.#attempts.keys(), ...this.#granting]) {
      if (!isKnown(number)) this.#forget(number);
    }
  }

  /** What the leader's scheduler has just applied, to be written down. */
  note(state: LeaderState, event: LeaderEvent): void {
    this.#parts.history.note(state, event, this.#facts);
  }

  /** Ends every child and deletes every temporary file of this job. Committed chunks stay. */
  async close(end: RunEnd): Promise<void> {
    this.#isOver = true;
    this.#closing.abort();
    await this.#previewing;
    await this.#parts.history.end(end, this.#facts);
    // A scan that waits for it would keep its turn, and every later job would wait for that.
    this.#knowBuild({ digest: '', variantDigests: [] });
    for (const number of [...this.#attempts.keys()]) this.#forget(number);
    await this.output.discard();
    await this.scan.close();
    this.#parts.chunks.unpin(this.id);
    await this.#parts.journal.close();
  }

  async #offer(found: FoundChunk): Promise<void> {
    await this.#build;
    if (this.#isOver) return;
    const { contentDigest: sliceDigest } = await this.#describe(found, 0);
    const { timeBase } = this.prepared.source.video;
    const seconds = await shownSeconds(found, this.scan.reading.files, timeBase);
    const coding = this.#zones.codingOf({ frame: found.startFrame, seconds: seconds.from });
    const search = this.searches.of(coding.zone);
    const chunk: OfferedChunk = { ...found, sliceDigest, coding, search, key: null };
    this.#found.set(found.chunk, chunk);
    if (search !== null) {
      await this.#sizer.see(found);
      search.meet(found.chunk, found, found.complexity);
    }
    const zone = coding.zone === null ? {} : { zone: coding.zone };
    const event = { type: 'chunk-found', job: this.id, ...found, seconds, ...zone } as const;
    const film = search?.film ?? null;
    const stored = await (search === null ? this.#findStored(chunk) : this.#findProbes(chunk, search));
    if (this.#isOver) return;
    const trials = search?.trialsBeside(found.chunk) ?? [];
    const isResting = search?.isResting(found.chunk) ?? false;
    // All at once: a chunk that is only found is granted to the next free slot.
    this.#record({ ...event, isResting }, ...stored, ...this.#opened(found.chunk, trials));
    // What was in the store may have decided others.
    if (film !== null) await this.#release(film);
  }

  async #findStored(chunk: OfferedChunk): Promise<LeaderEvent[]> {
    const key = await this.#keyOf(chunk, chunk.coding.crf);
    chunk.key = key;
    this.#parts.chunks.pin(this.id, key);
    if (!(await this.#isStored(key, chunk))) return [];
    await this.#noteCommitted(chunk, key);
    return [this.#committed(chunk.chunk, key, null)];
  }

  /** What was tried of a chunk before, by this job or another, is not tried again. */
  async #findProbes(chunk: OfferedChunk, search: ChunkSearch): Promise<LeaderEvent[]> {
    const { chunks } = this.#parts;
    let settled: number | null = null;
    for (const crf of crfsIn(search.range)) {
      const key = await this.#keyOf(chunk, crf);
      const { measure } = search;
      const scores = measure === null ? [] : await chunks.scoresOf(key, measureName(measure));
      const bytes = chunks.meta(key)?.bytes;
      if (scores === null || bytes === undefined) continue;
      chunks.pin(this.id, key);
      search.note(chunk.chunk, { crf, bytes, scores, attempt: null });
      if (this.#committedBefore.has(key)) settled = crf;
    }
    const isKept = settled !== null && search.film?.keepsSettled === true;
    if (search.film !== null && !isKept) return [];
    const event = await this.#settleChunk(chunk, search, settled);
    return event === null ? [] : [event];
  }

  /** Slots that would idle try chunks beside what they are tried at: the first of the film first, each once in turn. */
  #widen(): void {
    for (const { chunk, key, search } of this.#found.values()) {
      const spare = this.#parts.spareSlots();
      if (spare <= 0) return;
      if (key !== null || search === null) continue;
      this.#record(...this.#opened(chunk, search.widen(chunk, spare)));
    }
  }

  #opened(chunk: number, trials: readonly number[]): LeaderEvent[] {
    return trials.length === 0 ? [] : [{ type: 'trials-opened', job: this.id, chunk, trials }];
  }

  /** A stored result that is no longer what was committed is removed, and encoded again. */
  async #isStored(key: string, range: OfferedChunk): Promise<boolean> {
    const { chunks, onNote } = this.#parts;
    if (!chunks.has(key)) return false;
    const wrong = (await chunks.verify(key)) ? await this.#refusalOfStored(key, range) : 'its bytes changed';
    if (wrong === null || this.#isOver) return wrong === null;
    await chunks.remove(key);
    onNote(`The stored result of chunk ${range.chunk} is not used and is encoded again: ${wrong}.`);
    return false;
  }

  /** With `--integrity-check` what was proven before it was stored is proven again. */
  async #refusalOfStored(key: string, range: OfferedChunk): Promise<string | null> {
    if (!this.prepared.request.options.checksStored || this.#proven.has(key)) return null;
    const path = this.#parts.chunks.pathOf(key);
    const refusal = await this.proof.refusalOf(path, range, range.coding.variant, this.#closing.signal);
    if (refusal === null) this.#proven.add(key);
    return refusal;
  }

  async #grant(action: Extract<LeaderAction, { type: 'grant-lease' }>): Promise<void> {
    const { job, chunk, trial, attempt, peer, leadIn } = action;
    this.#record({ type: 'lease-granted', job, chunk, trial, attempt, peer, leadIn, nowMs: monotonicMs() });
    this.attemptCount += 1;
    const range = this.#chunk(chunk);
    this.#granting.add(attempt);
    const slice = await this.#describe(range, leadIn);
    // Cancelled meanwhile, or its peer left: nobody waits for this lease any more.
    if (!this.#granting.delete(attempt) || this.#isOver) return;
    this.slicedPacketCount += slice.packets.length;
    const resultPath = join(this.#parts.workDirectory, `${job}-${attempt}.result`);
    const stolenSlice = this.#stolenSlice(action);
    const stolenSha256 = stolenSlice?.sha256 ?? null;
    const { search, coding } = range;
    const quality = search === null ? coding.crf : search.trialOf(chunk, trial);
    const { variant } = coding;
    const isScored = search !== null && search.measure !== null;
    const live = { chunk, peer, range, slice, resultPath, quality, variant, isScored, stolenSha256 };
    this.#attempts.set(attempt, new LiveAttempt(live));
    const { frameCount, bytes: sliceBytes } = slice;
    const lease = { job, chunk, attempt, frameCount, sliceBytes, quality, variant, isScored, stolenSlice };
    await this.#parts.mesh.send(peer, { type: 'lease-granted', ...lease }).catch((error) => {
      this.#fail(attempt, 'peer', sentenceOf(error));
    });
  }

  /** A victim's slice counts only by the digest of what this leader sent. */
  #stolenSlice({ stolenFrom }: Extract<LeaderAction, { type: 'grant-lease' }>): StolenSlice | null {
    const sha256 = this.#attempts.get(stolenFrom?.attempt ?? -1)?.sliceSha256 ?? null;
    return stolenFrom === null || sha256 === null ? null : { ...stolenFrom, sha256 };
  }

  #askSteal({ attempt, peer, thief }: Extract<LeaderAction, { type: 'ask-steal' }>): void {
    this.#record({ type: 'steal-asked', job: this.id, attempt, thief, nowMs: monotonicMs() });
    // The victim has not heard of this lease yet, so it has not begun it.
    if (this.#granting.delete(attempt)) return this.#noteYielded(attempt, false);
    this.#tell(peer, { type: 'steal-asked', job: this.id, attempt, thief });
  }

  #noteYielded(attempt: number, hasSlice: boolean): void {
    this.#record({ type: 'lease-yielded', job: this.id, attempt, hasSlice });
  }

  async #checkFrames(
    number: number,
    attempt: LiveAttempt,
    first: number,
    fingerprints: Uint8Array,
  ): Promise<void> {
    const wrong = await attempt.check(this.scan.reading.files, first, fingerprints);
    if (wrong !== null) this.#fail(number, 'frames', wrong);
  }

  async #fetchResult(number: number, peer: string): Promise<void> {
    this.#record({ type: 'result-fetching', job: this.id, attempt: number, nowMs: monotonicMs() });
    const attempt = this.#attempts.get(number);
    if (attempt === undefined) return;
    const write = await openSink(attempt.resultPath);
    try {
      const request: BulkRequest = { kind: 'result', job: this.id, attempt: number };
      const got = await this.#parts.mesh.fetch(peer, request, write.sink, attempt.stop.signal);
      if (got.sha256 !== attempt.claim?.sha256 || got.bytes !== attempt.claim.bytes)
        throw new Error('the result is not the one that was announced');
      await write.close();
      this.#record({ type: 'result-fetched', job: this.id, attempt: number, nowMs: monotonicMs() });
    } catch (error) {
      await write.close().catch(() => undefined);
      await rm(attempt.resultPath, { force: true });
      // A full disk here is no fault of the peer's.
      if (write.fault !== null) throw write.fault;
      this.#fail(number, 'transfer', sentenceOf(error));
    }
  }

  async #prove(number: number): Promise<void> {
    this.#record({ type: 'result-proving', job: this.id, attempt: number });
    const attempt = this.#attempts.get(number);
    if (attempt === undefined) return;
    const refusal = await this.#refusalOf(attempt).catch((error: unknown) => {
      if (attempt.stop.signal.aborted || error instanceof EngineCrash) return sentenceOf(error);
      throw error;
    });
    if (attempt.stop.signal.aborted) return;
    if (refusal !== null) return this.#refuse(number, attempt, refusal);
    await this.#commit(number, attempt);
  }

  /**
   * A result that is refused twice with the same bytes is the encoder's own: at so high a CRF it leaves out what is in the
   * picture. Where a score is aimed at that is an answer, the worst there is; the lowest CRF that may be tried has no better.
   */
  async #refuse(number: number, attempt: LiveAttempt, refusal: string): Promise<void> {
    const found = this.#chunk(attempt.chunk);
    const { claim, quality } = attempt;
    const { search } = found;
    const name = `${attempt.chunk} ${quality}`;
    const isSame = claim !== null && this.#refused.get(name) === claim.sha256;
    if (claim !== null) this.#refused.set(name, claim.sha256);
    if (!isSame || quality === null || search?.measure == null || quality <= search.range.min) {
      return this.#fail(number, 'result', refusal);
    }
    const scores = new Array<number>(frameCount(found)).fill(0);
    const probe = { crf: quality, bytes: claim.bytes, scores, attempt: number };
    return this.#noteProbe(found, probe, search, true);
  }

  /** Invariant 3, all of it but the digest, which the fetch checked. Null when the result may be committed. */
  async #refusalOf(attempt: LiveAttempt): Promise<string | null> {
    const expected = frameCount(attempt.range);
    if (!(await attempt.isFullyMatched()))
      return 'not every frame of the chunk was fingerprinted before it was encoded';
    if (attempt.isScored && attempt.scores.length !== expected)
      return `${attempt.scores.length} of the chunk's ${expected} frames were scored`;
    const { resultPath, range, variant, stop } = attempt;
    return this.proof.refusalOf(resultPath, range, variant, stop.signal);
  }

  async #commit(number: number, attempt: LiveAttempt): Promise<void> {
    const found = this.#chunk(attempt.chunk);
    const { claim, quality } = attempt;
    if (claim === null) return;
    const key = await this.#keyOf(found, quality);
    const meta = { frameCount: frameCount(found), bytes: claim.bytes, sha256: claim.sha256 };
    this.#parts.chunks.pin(this.id, key);
    await this.#parts.chunks.commit(attempt.resultPath, key, meta);
    this.#proven.add(key);
    this.encodeCpuSeconds += claim.cpuSeconds;
    if (found.search !== null && quality !== null) {
      const { bytes } = claim;
      const probe = { crf: quality, bytes, scores: attempt.scores, attempt: number };
      return this.#keepProbe(found, key, probe, found.search);
    }
    await this.#noteCommitted(found, key);
    this.#record(this.#committed(attempt.chunk, key, number));
  }

  /** The chunk's result is this probe or an earlier one, or it is to be encoded again at another CRF. */
  async #keepProbe(
    found: OfferedChunk,
    key: string,
    probe: KnownProbe & { readonly attempt: number },
    search: ChunkSearch,
  ): Promise<void> {
    const { chunk } = found;
    if (search.measure !== null) {
      await this.#parts.chunks.keepScores(key, measureName(search.measure), probe.scores);
    }
    await this.#parts.journal.append({ type: 'probe-kept', chunk, key });
    return this.#noteProbe(found, probe, search, false);
  }

  async #noteProbe(
    found: OfferedChunk,
    probe: KnownProbe & { readonly attempt: number },
    search: ChunkSearch,
    isRefused: boolean,
  ): Promise<void> {
    const { chunk } = found;
    const { attempt, crf: quality } = probe;
    // Another attempt settled it meanwhile.
    if (found.key !== null) return;
    // Of the moment before: this probe may be the one that decides.
    const { film } = search;
    search.note(chunk, probe);
    const score = search.scoreOf(probe);
    const kept = { job: this.id, chunk, attempt, quality, score, isRefused };
    if (film !== null) {
      // Before anything else happens: what this one decided wants its chunk to rest already.
      this.#record({ type: 'probe-kept', ...kept, isResting: true });
      return this.#release(film);
    }
    const settled = await this.#settleChunk(found, search);
    const isResting = settled === null && search.isResting(chunk);
    const event: LeaderEvent = { type: 'probe-kept', ...kept, isResting };
    if (isResting) this.#record(event);
    // What was tried beside a chunk that rested for it has told what is to be tried next.
    else if (settled === null) this.#record(event, { type: 'chunk-wanted', job: this.id, chunk });
    else if (settled.attempt === attempt) this.#record(settled);
    else this.#record(event, settled);
    this.#widen();
  }

  /** Chunks that rested until the film was decided are tried where they are to be, or committed. */
  async #release(film: FilmDecisions): Promise<void> {
    for (const number of film.takeReleased()) {
      const chunk = this.#chunk(number);
      if (chunk.search === null || this.#isOver) return;
      if (chunk.key !== null) continue;
      const settled = await this.#settleChunk(chunk, chunk.search);
      if (settled !== null) this.#record(settled);
      else {
        const beside = this.#opened(number, chunk.search.trialsBeside(number));
        this.#record({ type: 'chunk-wanted', job: this.id, chunk: number }, ...beside);
      }
    }
  }

  /**
   * The event by which a chunk is committed whose search is over; null while it is not.
   *
   * @param before the CRF at which an earlier run of the job had settled it.
   */
  async #settleChunk(
    chunk: OfferedChunk,
    search: ChunkSearch,
    before: number | null = null,
  ): Promise<Extract<LeaderEvent, { type: 'chunk-committed' }> | null> {
    const first = before === null ? search.step(chunk.chunk) : { settled: before };
    for (let step: ChunkStep = first; step !== 'rest' && 'settled' in step; step = search.step(chunk.chunk)) {
      const crf = step.settled;
      const key = await this.#keyOf(chunk, crf);
      if (!(await this.#isStored(key, chunk))) {
        search.forget(chunk.chunk, crf);
        continue;
      }
      const probes = search.probesOf(chunk.chunk);
      const made = probes.find((probe) => probe.crf === crf)?.attempt ?? null;
      await this.#letGoOfOthers(chunk, crf, search);
      const choice = search.settle(chunk.chunk, crf);
      chunk.key = key;
      await this.#noteCommitted(chunk, key);
      return { ...this.#committed(chunk.chunk, key, made), choice };
    }
    // Decided now: until the chunk is granted again, what was tried might seem good enough, and be tried once more.
    if (search.probesOf(chunk.chunk).length > 0) search.trialOf(chunk.chunk, 0);
    return null;
  }

  /** What was tried in vain need not stay: it is pruned as what nobody needs is. */
  async #letGoOfOthers(chunk: OfferedChunk, crf: number, search: ChunkSearch): Promise<void> {
    for (const { crf: other } of search.probesOf(chunk.chunk)) {
      if (other !== crf) this.#parts.chunks.unpin(this.id, await this.#keyOf(chunk, other));
    }
  }

  /** Name of a chunk's result at this quality: everything that decides its bytes. */
  async #keyOf(chunk: OfferedChunk, quality: number | null): Promise<string> {
    const { sliceDigest, coding } = chunk;
    const build = digestOf(await this.#build, coding.variant);
    const settings = atQuality(coding.settings, quality);
    const text = chunkIdentity({ sliceDigest, frameCount: frameCount(chunk), build, settings });
    return createHash('sha256').update(text).digest('hex');
  }

  #committed(
    chunk: number,
    key: string,
    attempt: number | null,
  ): Extract<LeaderEvent, { type: 'chunk-committed' }> {
    const bytes = this.#parts.chunks.meta(key)?.bytes ?? 0;
    return { type: 'chunk-committed', job: this.id, chunk, attempt, bytes };
  }

  async #noteCommitted({ chunk }: FoundChunk, key: string): Promise<void> {
    await this.#parts.journal.append({ type: 'chunk-committed', chunk, key });
  }

  async #append(chunk: number): Promise<void> {
    this.#record({ type: 'chunk-appending', job: this.id, chunk });
    await withRestarts(() => this.#appendThrough(chunk));
    this.#record({ type: 'chunk-appended', job: this.id, chunk });
  }

  /**
   * A killed assemble process took the output with it: a new one begins with the first chunk again. So does one after
   * a scan that was begun anew: the output's timestamps come from the scan's folder, and the killed scan's ends early.
   */
  async #appendThrough(last: number): Promise<void> {
    const scanDirectory = this.scan.reading.directory;
    const isNew = this.output.scanDirectory !== scanDirectory;
    if (isNew) {
      await this.output.discard();
      const { source, settings, carry } = this.prepared;
      await this.output.open({ sourcePath: source.path, source, settings, carry, scanDirectory });
    }
    for (let chunk = isNew ? 0 : last; chunk <= last; chunk += 1) {
      const found = this.#chunk(chunk);
      const path = this.#parts.chunks.pathOf(found.key ?? '');
      await this.output.append(path, found.startFrame, frameCount(found));
    }
  }

  async #finish(): Promise<void> {
    this.#record({ type: 'job-finishing', job: this.id });
    await this.checkSource();
    const onWritten = (bytes: number): Promise<void> =>
      this.#parts.journal.append({ type: 'output-written', bytes });
    await withRestarts(async () => {
      if (this.output.scanDirectory === null) await this.#appendThrough(this.#found.size - 1);
      await this.output.finish(this.scan.summary?.frameCount ?? 0, onWritten);
    });
    this.#parts.onFinished();
  }

  /** Throws a sentence when the source is no longer the file that was inspected. */
  async checkSource(): Promise<void> {
    const { path, identity } = this.prepared.source;
    const now = await readSourceIdentity(path);
    if (now.sizeBytes === identity.sizeBytes && now.sampledDigest === identity.sampledDigest) {
      if (now.modifiedMs === identity.modifiedMs) return;
    }
    throw new Error(
      `The source ${path} changed while it was being encoded. Run the command again: what was encoded is used where the new content is the same.`,
    );
  }

  #cancel(attempt: number, peer: string, reason: string): void {
    this.#record({ type: 'attempt-cancelled', job: this.id, attempt });
    this.#forget(attempt);
    this.#tell(peer, { type: 'attempt-cancelled', job: this.id, attempt, reason: clipWords(reason) });
  }

  #settle(attempt: number, peer: string, accepted: boolean): void {
    this.#record({ type: 'result-settled', job: this.id, attempt });
    this.#forget(attempt);
    this.#tell(peer, { type: 'result-settled', job: this.id, attempt, accepted });
  }

  /** A message to a peer that is gone is lost on purpose: `peer-left` puts everything right. */
  #tell(peer: string, message: LeaderMessage): void {
    this.#parts.mesh.send(peer, message).catch(() => undefined);
  }

  #fail(
    attempt: number,
    cause: Extract<LeaderEvent, { type: 'attempt-failed' }>['cause'],
    words: string,
  ): void {
    this.#record({ type: 'attempt-failed', job: this.id, attempt, cause, words, nowMs: monotonicMs() });
  }

  #forget(number: number): void {
    this.#granting.delete(number);
    const attempt = this.#attempts.get(number);
    if (attempt === undefined) return;
    this.#attempts.delete(number);
    attempt.stop.abort(new Error('the attempt is over'));
    // What cannot be deleted now is swept when the daemon ends or starts.
    rm(attempt.resultPath, { force: true }).catch(() => undefined);
  }

  /** A slice that cannot be read is the source's fault, not the peer's: it stops the job. */
  async *#watched(source: AsyncIterable<Uint8Array>, attempt: LiveAttempt): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of source) {
        attempt.sentBytes += piece.byteLength;
        if (attempt.peer !== this.#parts.mesh.id) this.sliceBytes.fromLeader += piece.byteLength;
        yield piece;
      }
    } catch (error) {
      this.#giveUp(error);
      throw error;
    }
  }

  get #facts(): HistoryFacts {
    return {
      nameOf: this.#parts.nameOf,
      factsOf: (number) => {
        const attempt = this.#attempts.get(number);
        return { cpuSeconds: attempt?.claim?.cpuSeconds ?? 0, sentBytes: attempt?.sentBytes ?? 0 };
      },
    };
  }

  #describe(range: FrameRange, leadIn: number): Promise<SliceDescription> {
    const { files, codec, keyframes } = this.scan.reading;
    return describeSlice(files, codec, keyframes, range, leadIn);
  }

  #chunk(chunk: number): OfferedChunk {
    const found = this.#found.get(chunk);
    if (found === undefined) throw new Error(`chunk ${chunk} of job ${this.id} is not known`);
    return found;
  }

  #begin(work: Promise<void>): void {
    work.catch((error) => this.#giveUp(error));
  }

  #record(...events: readonly LeaderEvent[]): void {
    if (!this.#isOver) this.#parts.record(...events);
  }

  /** A decoder that guesses at damaged pictures guesses differently from time to time, and no proof can hold. */
  #withDamage(reason: string): string {
    if ((this.scan.summary?.damagedCount ?? 0) === 0) return reason;
    return `${reason} The source is damaged, and its damaged pictures may come out differently each time they are decoded.`;
  }

  /** A source that changed explains whatever else went wrong, so its sentence goes first. */
  #giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.checkSource().then(
      () => this.#parts.onFailed(sentenceOf(error)),
      (change: unknown) => this.#parts.onFailed(sentenceOf(change)),
    );
  }
}
