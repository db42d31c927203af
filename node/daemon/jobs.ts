import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobEvent, JobSummary, SubmitRequest } from '../../src/protocol/control-api.ts';
import { renderParamOutcome } from '../../src/report/encoder-params.ts';
import type { RunEnd } from '../../src/report/job/records.ts';
import { spareSlots } from '../../src/schedule/leader/spare-slots.ts';
import { NORMAL_PRIORITY } from '../../src/schedule/priority.ts';
import { monotonicMs } from '../clock.ts';
import type { EnginePool } from '../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest, ScanMessage, ScanRequest } from '../engine/messages.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { sentenceOf } from '../sentence.ts';
import type { Cache } from '../storage/cache.ts';
import type { DaemonLog } from '../storage/daemon-log.ts';
import type { Journal } from '../storage/journal.ts';
import { findJob, Job, rememberedJob } from './job.ts';
import type { JobBook } from './job-book.ts';
import { JobHistory } from './job-history.ts';
import type { JobRecord } from './job-record.ts';
import { summarise } from './job-summary.ts';
import { type JobViewer, progressOf, viewJob } from './job-view.ts';
import type { Leader } from './leader.ts';
import type { ParamVerdict } from './param-search.ts';
import { inRound, jobId, type PreparedJob, prepareJob, withOutcome, withTrial } from './prepare-job.ts';
import type { RememberedJob } from './remember-job.ts';
import { JobRun } from './run/job-run.ts';
import { ScanTurn } from './scan-turn.ts';

/** How often `follow` looks: a few times a second is what a person can read. */
const FOLLOW_MS = 250;

export interface JobsParts {
  readonly mesh: Mesh;
  readonly leader: Leader;
  readonly cache: Cache;
  readonly book: JobBook;
  readonly provers: EnginePool<ProveRequest, ProveMessage>;
  readonly scanners: EnginePool<ScanRequest, ScanMessage>;
  readonly workDirectory: string;
  readonly niceness: number;
  readonly viewer: JobViewer;
  readonly log: (line: string) => void;
  /** For what a job's own display tells already. */
  readonly kept: DaemonLog;
}

/** All jobs of this daemon, from submit to end. */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #jobs = new Map<string, Job>();
  readonly #scanTurn = new ScanTurn();
  #isShuttingDown = false;

  constructor(parts: JobsParts) {
    this.#parts = parts;
  }

  get viewer(): JobViewer {
    return this.#parts.viewer;
  }

  all(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** By id or by the unique beginning of one. Throws a sentence. */
  find(id: string): Job {
    return findJob(this.all(), id);
  }

  /** Starts a job, or finds the running one of the same command. */
  async submit(asked: SubmitRequest): Promise<{ readonly job: Job; readonly isAttached: boolean }> {
    const request = { ...asked, output: await realOutput(asked.output) };
    const id = jobId(request);
    const known = this.#jobs.get(id);
    if (known !== undefined && !known.isOver) {
      if (request.priority !== undefined) await this.#setPriority(known, request.priority);
      return { job: known, isAttached: true };
    }
    const rival = this.all().find((job) => !job.isOver && job.request.output === request.output);
    if (rival !== undefined) {
      throw new Error(
        `Job ${rival.id} is writing ${request.output} already, with other options. Cancel it (vadeio-node cancel ${rival.id}), or name another output with -o.`,
      );
    }
    const job = new Job(id, request, 'inspecting');
    job.priority = request.priority ?? known?.priority ?? NORMAL_PRIORITY;
    this.#jobs.set(id, job);
    try {
      await this.#start(job);
    } catch (error) {
      this.#jobs.delete(id);
      job.finish('failed', sentenceOf(error));
      throw error;
    }
    return { job, isAttached: false };
  }

  /** Goes on with what an earlier daemon left; what ended is listed. */
  async restore(remembered: readonly RememberedJob[]): Promise<void> {
    for (const remembrance of remembered) {
      const { id } = remembrance;
      const last = (await this.#parts.book.isInPlace(remembrance)) ? 'done' : remembrance.last;
      const job = rememberedJob({ ...remembrance, last }, 'inspecting');
      this.#jobs.set(id, job);
      if (last !== 'active') continue;
      await this.#start(job).catch((error) => {
        this.#parts.log(`Job ${id} cannot go on: ${sentenceOf(error)}`);
        job.finish('failed', sentenceOf(error));
      });
    }
  }

  /** Forgets the job; committed chunks stay in the cache. */
  async cancel(id: string): Promise<Job> {
    const job = this.find(id);
    if (job.phase === 'stopped') await this.#giveUp(job);
    else if (!job.isOver) await this.#end(job, 'cancelled', null);
    return job;
  }

  /** Ends the job for now: the same command goes on. */
  async stop(id: string): Promise<Job> {
    const job = this.find(id);
    if (!job.isOver) await this.#end(job, 'stopped', null);
    return job;
  }

  /** Lets the job go before or after others, now and when it is resumed. */
  async prioritise(id: string, priority: number): Promise<Job> {
    const job = this.find(id);
    if (job.isOver)
      throw new Error(`Job ${job.id} is over (${job.phase}); its priority means nothing any more.`);
    await this.#setPriority(job, priority);
    return job;
  }

  async #setPriority(job: Job, priority: number): Promise<void> {
    job.priority = priority;
    this.#parts.leader.record({ type: 'job-prioritised', job: job.id, priority });
    this.#scanTurn.pass();
    await job.run?.journal.append({ type: 'job-prioritised', priority });
  }

  /** The job's state now and whenever it may have changed, last when it is over. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<JobEvent> {
    const job = this.find(id);
    let notesTold = 0;
    // Not Promise.race: a promise keeps what every race hung on it, 45 MB in ten hours of following.
    const over = new AbortController();
    void job.ended.then(() => over.abort());
    const woken = AbortSignal.any([signal, over.signal]);
    while (!signal.aborted) {
      const isLast = job.isOver;
      for (; notesTold < job.notes.length; notesTold += 1) {
        yield { type: 'message', job: job.id, text: job.notes[notesTold] ?? '' };
      }
      yield { type: 'job', job: viewJob(job, this.#parts.viewer) };
      if (isLast) return;
      await pause(FOLLOW_MS, woken);
    }
  }

  /** Ends every child and temporary file; unfinished jobs go on by themselves when a daemon starts again. */
  async shutDown(): Promise<void> {
    this.#isShuttingDown = true;
    await Promise.all(
      this.all().map(async (job) => {
        await job.handover;
        await this.#close(job, 'left-off');
      }),
    );
    for (const job of this.all()) if (!job.isOver) job.finish('stopped', null);
  }

  async #start(job: Job): Promise<void> {
    // The scan's child starts while another one inspects.
    this.#parts.scanners.warm();
    const prepared = await prepareJob(job.request);
    if (this.#isShuttingDown) return;
    this.#parts.kept.keep(`Job ${job.id} begins: ${job.request.input} to ${job.request.output}`);
    for (const note of prepared.notes) this.#note(job, note);
    await this.#begin(job, prepared, job.submittedMs);
  }

  /** @param prepared as inspected, or with what is tried of it next. @param beganMs by the clock of the schedule. */
  async #begin(job: Job, inspected: PreparedJob, beganMs: number): Promise<void> {
    const { book, cache, leader, log: _, kept: __, viewer, ...parts } = this.#parts;
    const journal = await book.open(job.id, { ...job.request, priority: job.priority });
    const history = await JobHistory.open({
      job: job.id,
      path: book.historyPath(job.id),
      leader: parts.mesh.id,
      submittedMs: beganMs,
      onTrouble: (sentence) => this.#note(job, sentence),
    });
    if (this.#isShuttingDown || job.isOver) {
      await history.end('left-off');
      return job.isOver ? closeUnbegun(job, journal) : journal.close();
    }
    const prepared = afterTrials(inspected, journal);
    const { paramOutcome } = prepared;
    for (const line of paramOutcome === null ? [] : renderParamOutcome(paramOutcome)) this.#note(job, line);
    job.prepared = prepared;
    const run: JobRun = new JobRun(prepared, {
      ...parts,
      submittedMs: job.submittedMs,
      chunks: cache.chunks,
      scans: cache.scans,
      journal,
      takeScanTurn: (scan) => this.#scanTurn.take(job, scan),
      history,
      nameOf: viewer.nameOf,
      record: (...events) => leader.record(...events),
      onNote: (sentence) => this.#note(job, sentence),
      spareSlots: () => spareSlots(viewer.state, job.id),
      onTried: (verdict) => this.#handOver(job, run, verdict),
      onFailed: (reason) => {
        if (job.run === run) void this.#end(job, 'failed', reason);
      },
      onFinished: () => void this.#end(job, 'done', null),
    });
    job.run = run;
    job.phase = 'encoding';
    leader.add(run);
    leader.record({ type: 'job-prioritised', job: job.id, priority: job.priority });
  }

  /** A run that tried encoder options is over, and the same job goes on with the next round or with what won. */
  #handOver(job: Job, run: JobRun, verdict: ParamVerdict): void {
    if (job.run !== run || job.isOver || run.isEnding || this.#isShuttingDown) return;
    job.run = null;
    job.handover = this.#goOn(job, run, verdict).then(() => null, sentenceOf);
    void job.handover.then((words) => (words === null ? undefined : this.#end(job, 'failed', words)));
  }

  async #goOn(job: Job, run: JobRun, verdict: ParamVerdict): Promise<void> {
    const { prepared, journal } = run;
    if (verdict.type === 'chosen') {
      await journal.append({ type: 'params-chosen', outcome: verdict.outcome });
    }
    this.#parts.leader.remove(job.id);
    await run.close('options-tried');
    if (this.#isShuttingDown) return;
    const next = verdict.type === 'combine' ? inRound(prepared, verdict.round) : prepared;
    await this.#begin(job, next, monotonicMs());
  }

  /** The one way a job ends. Its journal has the last word before anybody hears of it. */
  async #end(
    job: Job,
    phase: 'done' | 'failed' | 'cancelled' | 'stopped',
    words: string | null,
  ): Promise<void> {
    // Where there is a run its progress is read at once: the leader is about to forget the chunks of a job that failed.
    if (job.run === null) await job.handover;
    const { run } = job;
    if (job.isOver || this.#isShuttingDown || run?.isEnding === true) return;
    if (run === null) return job.finish(phase, words);
    run.isEnding = true;
    job.lastProgress = progressOf(run, this.#parts.viewer);
    if (phase === 'done') job.summary = summarise(run, job.lastProgress, this.#parts.viewer);
    await writeEnd(run.journal, phase, words).catch((error) => this.#parts.log(sentenceOf(error)));
    await this.#close(job, phase);
    // Nobody needs its results any more; of a job that stopped or failed they are for its next run.
    if (phase === 'done' || phase === 'cancelled') {
      await this.#parts.cache.prune().catch((error) => this.#parts.log(sentenceOf(error)));
    }
    if (job.summary !== null) job.summary = await this.#withEfficiency(job.id, job.summary);
    job.finish(phase, words);
    this.#parts.kept.keep(`Job ${job.id} is ${phase}${words === null ? '.' : `: ${words}`}`);
  }

  /** Of a job that waits for its command: what the cache holds for it may go. */
  async #giveUp(job: Job): Promise<void> {
    await this.#parts.book.end(job.id, 'cancelled');
    this.#parts.cache.chunks.unpin(job.id);
    job.finish('cancelled', null);
    this.#parts.kept.keep(`Job ${job.id} is cancelled.`);
  }

  #note(job: Job, sentence: string): void {
    job.notes.push(sentence);
    this.#parts.kept.keep(`Job ${job.id}: ${sentence}`);
  }

  /** From the history, which ended when its run was closed. A job without one has no such figure. */
  async #withEfficiency(id: string, summary: JobSummary): Promise<JobSummary> {
    const report = await this.#parts.book.report(id).catch(() => null);
    return { ...summary, efficiency: report?.efficiency ?? null };
  }

  async #close(job: Job, end: RunEnd): Promise<void> {
    if (job.run === null || job.isOver) return;
    this.#parts.leader.remove(job.id);
    await job.run.close(end);
  }
}

/** The job as far as its journal knows what its encoder options are to be: tried, or chosen. */
function afterTrials(prepared: PreparedJob, { events }: Journal<JobRecord>): PreparedJob {
  if (prepared.request.options.autoparam === null) return prepared;
  const chosen = events.findLast((event) => event.type === 'params-chosen');
  if (chosen !== undefined) return withOutcome(prepared, chosen.outcome);
  return prepared.round === null ? withTrial(prepared) : prepared;
}

/** For a job that ended before it began: an earlier run's journal would start it again. */
async function closeUnbegun(job: Job, journal: Journal<JobRecord>): Promise<void> {
  if (job.phase === 'cancelled' || job.phase === 'stopped') await writeEnd(journal, job.phase, job.error);
  await journal.close();
}

/** One file has one name: two paths to its folder must not be two jobs. A folder that is missing is refused later. */
async function realOutput(output: string): Promise<string> {
  const folder = await realpath(dirname(output)).catch(() => dirname(output));
  return join(folder, basename(output));
}

async function writeEnd(
  journal: Journal<JobRecord>,
  phase: 'done' | 'failed' | 'cancelled' | 'stopped',
  words: string | null,
): Promise<void> {
  if (phase === 'stopped') await journal.append({ type: 'job-stopped' });
  else await journal.append({ type: 'job-ended', phase, words: words ?? '' });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
