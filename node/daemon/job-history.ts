import {
  createKeeper,
  endHistory,
  type HistoryFacts,
  type HistoryKeeper,
  keepHistory,
} from '../../src/report/job/keep-history.ts';
import { type HistoryRecord, MAX_HISTORY_RECORDS, type RunEnd } from '../../src/report/job/records.ts';
import type { LeaderEvent } from '../../src/schedule/leader/events.ts';
import type { LeaderState } from '../../src/schedule/leader/state.ts';
import { monotonicMs } from '../clock.ts';
import { sentenceOf } from '../sentence.ts';
import { type Journal, openJournal } from '../storage/journal.ts';
import { ownVersion } from '../version.ts';
import { HISTORY_FILE } from './history-file.ts';

export interface HistoryParts {
  readonly job: string;
  readonly path: string;
  /** This machine's peer id. */
  readonly leader: string;
  readonly submittedMs: number;
  /** A history that cannot be written costs the report, not the job: said once. */
  readonly onTrouble: (sentence: string) => void;
}

/** Of a run that ended before it had attempts. */
const NOBODY_WORKED: HistoryFacts = {
  nameOf: (peer) => peer,
  factsOf: () => ({ cpuSeconds: 0, sentBytes: 0 }),
};

/** Writes down what happens to a job while it runs, for its report. */
export class JobHistory {
  readonly #journal: Journal<HistoryRecord> | null;
  readonly #keeper: HistoryKeeper;
  readonly #onTrouble: (sentence: string) => void;
  #recordCount: number;
  #isOver = false;
  /** Said once. */
  #isIncomplete = false;

  private constructor(journal: Journal<HistoryRecord> | null, { job, submittedMs, onTrouble }: HistoryParts) {
    const earlier = journal?.events ?? [];
    this.#journal = journal;
    this.#keeper = createKeeper(job, submittedMs, earlier);
    this.#onTrouble = onTrouble;
    this.#recordCount = earlier.length;
  }

  /** Goes on with the history of the job's earlier runs, or begins one. Never rejects. */
  static async open(parts: HistoryParts): Promise<JobHistory> {
    const version = await ownVersion();
    const journal = await openJournal(parts.path, HISTORY_FILE).catch((error: unknown) => {
      parts.onTrouble(`There will be no report of this job. ${sentenceOf(error)}`);
      return null;
    });
    const history = new JobHistory(journal, parts);
    const now = new Date();
    history.#write({
      type: 'run-began',
      epochMs: Math.round(now.getTime() - (monotonicMs() - parts.submittedMs)),
      utcOffsetMinutes: -now.getTimezoneOffset(),
      version,
      leader: parts.leader,
    });
    return history;
  }

  /** After the scheduler applied the event. */
  note(state: LeaderState, event: LeaderEvent, facts: HistoryFacts): void {
    if (this.#isOver) return;
    for (const record of keepHistory(this.#keeper, state, event, monotonicMs(), facts)) {
      if (this.#recordCount < MAX_HISTORY_RECORDS) this.#write(record);
    }
  }

  /** Nothing is noted after it. */
  async end(phase: RunEnd, facts: HistoryFacts = NOBODY_WORKED): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const nowMs = monotonicMs();
    for (const record of endHistory(this.#keeper, nowMs, facts)) this.#write(record);
    this.#write({ type: 'run-ended', ms: Math.round(nowMs - this.#keeper.beganMs), phase });
    await this.#journal?.close();
  }

  #write(record: HistoryRecord): void {
    this.#recordCount += 1;
    this.#journal?.append(record).catch((error: unknown) => {
      if (!this.#isIncomplete) {
        this.#onTrouble(`The report of this job will be incomplete. ${sentenceOf(error)}`);
      }
      this.#isIncomplete = true;
    });
  }
}
