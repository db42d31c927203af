import type { SourceVideo } from '../../../src/media/source-video.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import { monotonicMs } from '../../clock.ts';
import { sentenceOf } from '../../sentence.ts';
import { checkSource } from './check-source.ts';
import type { RunParts } from './run-parts.ts';

/** What ties the hands of one job's run together: their word to the scheduler, and the run's end. */
export class RunTies {
  readonly job: string;
  readonly #source: SourceVideo;
  readonly #parts: RunParts;
  readonly #closing = new AbortController();

  constructor(job: string, source: SourceVideo, parts: RunParts) {
    this.job = job;
    this.#source = source;
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted when the run is over. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  end(): void {
    this.#closing.abort();
  }

  record(...events: readonly LeaderEvent[]): void {
    if (!this.isOver) this.#parts.record(...events);
  }

  /** An attempt ended without a result that counts. @param quality as in the event. */
  fail(
    attempt: number,
    cause: Extract<LeaderEvent, { type: 'attempt-failed' }>['cause'],
    words: string,
    quality?: number,
  ): void {
    const { job } = this;
    this.record({ type: 'attempt-failed', job, attempt, cause, words, quality, nowMs: monotonicMs() });
  }

  /** Lets the work go on by itself; the job fails when it does. */
  begin(work: Promise<void>): void {
    work.catch((error) => this.giveUp(error));
  }

  /** The job cannot go on. A source that changed explains whatever else went wrong, so its sentence goes first. */
  giveUp(error: unknown): void {
    if (this.isOver) return;
    checkSource(this.#source).then(
      () => this.#parts.onFailed(sentenceOf(error)),
      (change: unknown) => this.#parts.onFailed(sentenceOf(change)),
    );
  }
}
