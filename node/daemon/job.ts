import type { JobPhase, JobProgress, JobSummary, SubmitRequest } from '../../src/protocol/control-api.ts';
import { NORMAL_PRIORITY } from '../../src/schedule/priority.ts';
import { monotonicMs } from '../clock.ts';
import type { PreparedJob } from './prepare-job.ts';
import type { RememberedJob } from './remember-job.ts';
import type { JobRun } from './run/job-run.ts';

/** A job this daemon knows of: running, ended or waiting for its command. */
export class Job {
  readonly id: string;
  readonly request: SubmitRequest;
  readonly submittedMs = monotonicMs();
  phase: JobPhase;
  priority = NORMAL_PRIORITY;
  prepared: PreparedJob | null = null;
  run: JobRun | null = null;
  /** Ends when one run of it has given way to the next, which is then `run`; with a sentence where that failed. */
  handover: Promise<string | null> = Promise.resolve(null);
  /** Sentences said while it runs: what was reused, which attempts failed and why. */
  readonly notes: string[] = [];
  error: string | null = null;
  summary: JobSummary | null = null;
  /** How far it was when it ended; null while it runs. */
  lastProgress: JobProgress | null = null;
  /** Kept back until its run is closed, so that nobody sees an end before everything is tidy. */
  #end: (() => void) | null = null;
  #ended: Promise<void>;

  constructor(id: string, request: SubmitRequest, phase: JobPhase) {
    this.id = id;
    this.request = request;
    this.phase = phase;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    if (this.isOver) this.#end?.();
  }

  get isOver(): boolean {
    return isOver(this.phase);
  }

  get framesScanned(): number {
    return this.run?.scan.framesScanned ?? 0;
  }

  /** Resolves when the job is over and tidied up. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  finish(phase: 'done' | 'failed' | 'cancelled' | 'stopped', error: string | null): void {
    this.phase = phase;
    this.error = error;
    this.#end?.();
  }
}

function isOver(phase: JobPhase): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'cancelled' || phase === 'stopped';
}

/** By id or by the unique beginning of one. Throws a sentence. */
export function findJob(jobs: readonly Job[], id: string): Job {
  const found = jobs.filter((job) => job.id.startsWith(id));
  const [job] = found;
  if (job !== undefined && found.length === 1) return job;
  const known = jobs.map((one) => one.id).join(', ') || 'none';
  throw new Error(
    `${found.length === 0 ? 'No job is' : 'Several jobs are'} called ${id}. The jobs here: ${known}.`,
  );
}

/** @param unended what a job is that neither ended nor was stopped. */
export function rememberedJob({ id, request, last, words, priority }: RememberedJob, unended: JobPhase): Job {
  const job = new Job(id, request, last === 'active' ? unended : last);
  job.priority = priority;
  if (last === 'failed') job.error = words;
  return job;
}
