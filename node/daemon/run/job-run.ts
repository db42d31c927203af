import type { ChunkDetour } from '../../../src/protocol/control-api.ts';
import type { Measure } from '../../../src/quality/measure.ts';
import { describeNoRoom } from '../../../src/report/describe-aim.ts';
import type { HistoryFacts } from '../../../src/report/job/keep-history.ts';
import type { RunEnd } from '../../../src/report/job/records.ts';
import { namePeers } from '../../../src/report/name-peers.ts';
import type { LeaderAction } from '../../../src/schedule/leader/actions.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import type { LeaderState } from '../../../src/schedule/leader/state.ts';
import { monotonicMs } from '../../clock.ts';
import type { Journal } from '../../storage/journal.ts';
import { AllocationSearch } from '../allocation-search.ts';
import { BudgetSearch } from '../budget-search.ts';
import { ChunkSearches } from '../chunk-searches.ts';
import { FilmSizer } from '../film-sizer.ts';
import { JobOutput } from '../job-output.ts';
import { makePreviews } from '../job-preview.ts';
import type { JobRecord } from '../job-record.ts';
import { JobScan } from '../job-scan.ts';
import { LadderSearch } from '../ladder-search.ts';
import { ParamSearch } from '../param-search.ts';
import type { PreparedJob } from '../prepare-job.ts';
import { QualitySearch } from '../quality-search.ts';
import { ChunkResults } from './chunk-results.ts';
import { JobAssembly } from './job-assembly.ts';
import { JobBuild } from './job-build.ts';
import { Leases } from './leases.ts';
import { ChunkOffers } from './offer-chunks.ts';
import { OfferedChunks } from './offered-chunks.ts';
import { ResultIntake } from './result-intake.ts';
import { ResultProof } from './result-proof.ts';
import type { RunParts } from './run-parts.ts';
import { RunTies } from './run-ties.ts';
import { ChunkSettling } from './settle-chunks.ts';
import { SpoiledCrfs } from './spoiled-crfs.ts';

/** More than a run needs: chunks of a long film times the tries of each. MAX_COUNT leaves room for 2,000 runs. */
const ATTEMPTS_PER_RUN = 1_000_000;

/** While encoder options are tried: that is done with the film's own settings, wherever a sample lies. */
const NOTHING_ASKED = { target: null, budget: null, ladder: null, allocation: null, zones: [] } as const;

/** One job's hands: performs for its leader what the scheduler planned, and tells it what came of it. */
export class JobRun {
  readonly prepared: PreparedJob;
  readonly submittedMs: number;
  readonly scan: JobScan;
  readonly output: JobOutput;
  /** What its file holds besides the picture, among others. */
  readonly sizer: FilmSizer;
  readonly proof: ResultProof;
  readonly build: JobBuild;
  readonly leases: Leases;
  readonly intake: ResultIntake;
  /** Where a score or a size is aimed at: who finds each chunk's CRF. */
  readonly searches: ChunkSearches;
  readonly budget: BudgetSearch | null;
  readonly ladder: LadderSearch | null;
  readonly allocation: AllocationSearch | null;
  /** Where encoder options are tried, and nothing is committed. */
  readonly trial: ParamSearch | null;
  readonly #parts: RunParts;
  readonly #ties: RunTies;
  readonly #results: ChunkResults;
  readonly #offers: ChunkOffers;
  readonly #settling: ChunkSettling;
  readonly #assembly: JobAssembly;
  /** Ends when its clips are written or given up, and nothing of them is left but what is whole. */
  #previewing: Promise<void> = Promise.resolve();
  /** For its turn to scan. */
  isWaiting = true;
  /** Set once its end was decided: the first cause counts. */
  isEnding = false;

  constructor(prepared: PreparedJob, parts: RunParts) {
    this.prepared = prepared;
    this.submittedMs = parts.submittedMs;
    this.#parts = parts;
    const { id: job, request, source, settings, round } = prepared;
    const { overwrite, checksStored } = request.options;
    const { target, budget, ladder, allocation, zones } = round === null ? request.options : NOTHING_ASKED;
    const { chunks, journal, onNote, niceness, mesh, workDirectory, spareSlots, onTried, onFinished } = parts;
    const ties = new RunTies(job, source, parts);
    this.#ties = ties;
    const scan = new JobScan({
      job,
      source,
      settings,
      options: request.options,
      cutsFrameCount: request.cutsFrameCount ?? null,
      store: parts.scans,
      scanners: parts.scanners,
      onNote,
    });
    this.scan = scan;
    const sizer = new FilmSizer(prepared, scan);
    this.sizer = sizer;
    const sizeOf = () => sizer.size;
    const quality = target === null ? null : new QualitySearch(target, settings);
    this.budget = budget === null ? null : new BudgetSearch(budget, settings, sizeOf);
    this.ladder = ladder === null ? null : new LadderSearch(ladder, settings, sizeOf, onNote);
    this.allocation = allocation === null ? null : new AllocationSearch(allocation, settings, sizeOf);
    this.trial = round === null ? null : new ParamSearch(round, settings, sizeOf, onTried);
    const own = this.trial ?? quality ?? this.budget ?? this.ladder ?? this.allocation;
    const searches = new ChunkSearches(own, zones, settings);
    this.searches = searches;
    const offered = new OfferedChunks();
    const build = new JobBuild(settings, ties, onNote);
    this.build = build;
    const files = () => scan.reading.files;
    const proof = new ResultProof({ settings, provers: parts.provers, files });
    this.proof = proof;
    const spoiled = new SpoiledCrfs();
    const results = new ChunkResults(
      { prepared, chunks, journal, build, proof, spoiled, checksStored, onNote },
      ties,
    );
    this.#results = results;
    const settling = new ChunkSettling({ chunks, offered, results, spoiled, spareSlots, onNote }, ties);
    this.#settling = settling;
    this.#offers = new ChunkOffers(
      { prepared, zones, chunks, scan, build, searches, sizer, offered, results, spoiled, settling },
      ties,
    );
    const leases = new Leases({ mesh, scan, offered, spoiled, sourcePath: source.path, workDirectory }, ties);
    this.leases = leases;
    this.intake = new ResultIntake(
      { mesh, chunks, journal, offered, leases, proof, results, spoiled, settling },
      ties,
    );
    const output = new JobOutput({ job, output: request.output, overwrite, niceness });
    this.output = output;
    this.#assembly = new JobAssembly({ prepared, chunks, journal, scan, output, offered, onFinished }, ties);
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

  /** In film order. */
  get detours(): readonly ChunkDetour[] {
    return [...this.#results.detours].sort((a, b) => a.chunk - b.chunk);
  }

  /** Scans when it is its turn, and offers each chunk as it is found. */
  async start(): Promise<void> {
    try {
      this.#previewing = this.#preview();
      await this.#previewing;
      await this.#parts.takeScanTurn(() => this.#scan());
    } catch (error) {
      this.#ties.giveUp(error);
    }
  }

  async #preview(): Promise<void> {
    if (!this.prepared.request.options.previews) return;
    const { niceness, onNote } = this.#parts;
    await makePreviews(this.prepared, niceness, this.#ties.closing, onNote);
  }

  async #scan(): Promise<void> {
    if (this.#ties.isOver) return;
    this.isWaiting = false;
    this.#ties.record({ type: 'scan-begun', job: this.id });
    let chunkCount = 0;
    for await (const found of this.scan.chunks()) {
      if (this.#ties.isOver) return;
      await this.#offers.offer(found);
      chunkCount += 1;
    }
    this.#ties.record({ type: 'scan-ended', job: this.id, chunkCount });
    // Of sound that is copied the source tells no size before its last packet was seen.
    if (this.trial === null)
      for (const note of describeNoRoom(this.prepared.request.options, this.sizer.size))
        this.#parts.onNote(note);
    this.#settling.widen();
    const film = this.trial ?? this.ladder ?? this.allocation ?? this.budget;
    if (film === null) return;
    film.endFilm();
    if (this.trial !== null) await this.#settling.beginTries(this.trial);
    await this.#settling.release(film);
  }

  perform(action: Exclude<LeaderAction, { type: 'announce-job' }>): void {
    const { id: job } = this;
    switch (action.type) {
      case 'grant-lease':
        return this.#ties.begin(this.leases.grant(action));
      case 'ask-steal':
        return this.leases.askSteal(action);
      case 'cancel-attempt':
        return this.leases.cancel(action);
      case 'settle-result':
        return this.leases.settle(action);
      case 'expire-lease':
        return this.#ties.fail(action.attempt, 'expired', action.words);
      case 'forget-pace':
        return this.#ties.record({ type: 'pace-forgotten', job, peer: action.peer, nowMs: monotonicMs() });
      case 'fetch-result':
        return this.#ties.begin(this.intake.fetch(action.attempt, action.peer));
      case 'prove-result':
        return this.#ties.begin(this.intake.prove(action.attempt));
      case 'append-chunk':
        return this.#ties.begin(this.#assembly.append(action.chunk));
      case 'finish-job':
        return this.#ties.begin(this.#assembly.finish());
      case 'fail-job':
        this.#parts.onFailed(this.#withDamage(namePeers(action.reason, this.#parts.nameOf)));
        return this.#ties.record({ type: 'job-ended', job });
    }
  }

  /** What the leader's scheduler has just applied, to be written down. */
  note(state: LeaderState, event: LeaderEvent): void {
    this.#parts.history.note(state, event, this.#facts);
  }

  /** Ends every child and deletes every temporary file of this job. Committed chunks stay. */
  async close(end: RunEnd): Promise<void> {
    this.#ties.end();
    await this.#previewing;
    await this.#parts.history.end(end, this.#facts);
    this.build.close();
    this.leases.forgetAll();
    await this.output.close();
    await this.scan.close();
    // A job that was stopped goes on from what the cache holds for it, until it is cancelled.
    if (end !== 'stopped') this.#parts.chunks.unpin(this.id);
    await this.#parts.journal.close();
  }

  get #facts(): HistoryFacts {
    return {
      nameOf: this.#parts.nameOf,
      factsOf: (number) => {
        const attempt = this.leases.attempt(number);
        return { cpuSeconds: attempt?.claim?.cpuSeconds ?? 0, sentBytes: attempt?.sentBytes ?? 0 };
      },
    };
  }

  /** A decoder that guesses at damaged pictures guesses differently from time to time, and no proof can hold. */
  #withDamage(reason: string): string {
    if ((this.scan.summary?.damagedCount ?? 0) === 0) return reason;
    return `${reason} The source is damaged, and its damaged pictures may come out differently each time they are decoded.`;
  }
}
