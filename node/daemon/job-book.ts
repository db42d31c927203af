import { readdir, rm, stat } from 'node:fs/promises';
import type { SubmitRequest } from '../../src/protocol/control-api.ts';
import type { JobReport } from '../../src/report/job/job-report.ts';
import { NORMAL_PRIORITY } from '../../src/schedule/priority.ts';
import { readSourceIdentity } from '../engine/source-identity.ts';
import { type Journal, openJournal, readJournal } from '../storage/journal.ts';
import type { StatePaths } from '../storage/state-paths.ts';
import { temporaryPathOf } from './job-output.ts';
import { JOB_JOURNAL, type JobRecord } from './job-record.ts';
import { readReport } from './read-report.ts';
import { type RememberedJob, remember } from './remember-job.ts';

/** Journals of ended jobs that are kept for `jobs` to list; older ones are deleted. */
const ENDED_KEPT = 50;

/** Journals that cannot be read, each with its sentence; after an update it may be all of them. */
const PROBLEMS_TOLD = 2;

/** The journals of this daemon's jobs. */
export class JobBook {
  readonly #paths: StatePaths;

  constructor(paths: StatePaths) {
    this.#paths = paths;
  }

  /** Every job that left a journal, oldest first, and sentences about those that cannot be read. */
  async load(): Promise<{ readonly jobs: readonly RememberedJob[]; readonly problems: readonly string[] }> {
    const jobs: RememberedJob[] = [];
    const problems: string[] = [];
    for (const id of await readdir(this.#paths.jobs)) {
      try {
        const { events } = await readJournal(this.#paths.job(id).journal, JOB_JOURNAL);
        const job = remember(id, events);
        if (job !== null) jobs.push(job);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    jobs.sort((a, b) => (a.submittedAt < b.submittedAt ? -1 : 1));
    return { jobs, problems: this.#fewOf(problems) };
  }

  /** Deletes what is kept of jobs that ended long ago. */
  async forgetOld(jobs: readonly RememberedJob[]): Promise<void> {
    const ended = jobs.filter(
      (job) => job.last === 'done' || job.last === 'failed' || job.last === 'cancelled',
    );
    for (const job of ended.slice(0, Math.max(0, ended.length - ENDED_KEPT))) {
      await rm(this.#paths.job(job.id).directory, { recursive: true, force: true });
    }
  }

  /** Where what happened to a job is written, beside its journal. */
  historyPath(id: string): string {
    return this.#paths.job(id).history;
  }

  /** What is told of a job that ended. */
  report(id: string): Promise<JobReport> {
    return readReport(this.#paths, id, true);
  }

  /** Opens a job's journal to go on with it, or begins a new one where the old one is of no use any more. */
  async open(id: string, request: SubmitRequest): Promise<Journal<JobRecord>> {
    const { directory, journal: path } = this.#paths.job(id);
    const identity = await readSourceIdentity(request.input);
    const { events } = await readJournal(path, JOB_JOURNAL);
    const before = remember(id, events);
    const isContinued =
      before !== null &&
      (before.last === 'active' || before.last === 'stopped') &&
      before.identity.sampledDigest === identity.sampledDigest;
    if (!isContinued) await rm(directory, { recursive: true, force: true });
    const journal = await openJournal(path, JOB_JOURNAL);
    const submittedAt = new Date().toISOString();
    await journal.append(
      isContinued
        ? { type: 'job-resumed' }
        : { type: 'job-submitted', job: id, request, identity, submittedAt },
    );
    const { priority = NORMAL_PRIORITY } = request;
    if (isContinued && priority !== before.priority)
      await journal.append({ type: 'job-prioritised', priority });
    return journal;
  }

  /**
   * Whether a job that seems unfinished ended all the same: its output took its name, and the daemon was killed before
   * it could say so. Then it is said now.
   */
  async isInPlace(job: RememberedJob): Promise<boolean> {
    if (job.last !== 'active' || job.writtenBytes === null) return false;
    const facts = await stat(job.request.output).catch(() => null);
    if (facts?.size !== job.writtenBytes) return false;
    await rm(temporaryPathOf(job.request.output, job.id), { force: true });
    await this.end(job.id, 'done');
    return true;
  }

  /** Writes that a job is over which nobody runs. */
  async end(id: string, phase: 'done' | 'cancelled'): Promise<void> {
    const journal = await openJournal(this.#paths.job(id).journal, JOB_JOURNAL);
    await journal.append({ type: 'job-ended', phase, words: '' });
    await journal.close();
  }

  #fewOf(problems: readonly string[]): readonly string[] {
    const untold = problems.length - PROBLEMS_TOLD;
    if (untold <= 1) return problems;
    return [
      ...problems.slice(0, PROBLEMS_TOLD),
      `Nor can ${untold} more journals in ${this.#paths.jobs} be used; \`vadeio-node submit\` says why when it meets one.`,
    ];
  }
}
