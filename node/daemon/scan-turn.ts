import { MAX_ANNOUNCED_JOBS } from '../../src/protocol/limits.ts';
import { moreUrgentFirst } from '../../src/schedule/priority.ts';

/** A job that is to be scanned. */
export interface ScanJob {
  /** It may change while it waits. */
  readonly priority: number;
  readonly framesScanned: number;
  /** Resolves when nothing more is done for it: its scan is of no use any more. */
  readonly ended: Promise<void>;
}

interface Waiting {
  readonly job: ScanJob;
  begin(): void;
}

/**
 * Jobs scanned and not over while others wait: the one whose last chunks run, the next one that the free slots take,
 * and two that show in time what they cost.
 */
const JOBS_AHEAD = 4;

/**
 * More than those only while they hold fewer frames: slots of a large swarm would run out of short clips. A scan keeps
 * about a kilobyte of each frame, so this is a gigabyte, and some long films, however many were handed in.
 */
const FRAMES_AHEAD = 1_000_000;

/** However short they are, so many turns are left to more urgent ones: JOBS_AHEAD of each higher priority. */
const TURNS_FOR_URGENT = 16;

/**
 * One scan at a time: a decode uses every core it can get, so two at once only make both films late. Of the jobs that
 * wait the most urgent goes next, of equals the one submitted first; encodes of an earlier film go on meanwhile. None
 * is scanned so long before it is encoded that the scans of a thousand films would fill the disk.
 */
export class ScanTurn {
  readonly #waiting: Waiting[] = [];
  /** Scanned, or being scanned, and not over. */
  readonly #ahead = new Set<ScanJob>();
  #isTaken = false;

  /** Runs `scan` when it is its turn. */
  async take(job: ScanJob, scan: () => Promise<void>): Promise<void> {
    if (this.#isTaken || !this.#isInTime(job)) await new Promise<void>((begin) => this.#wait(job, begin));
    this.#isTaken = true;
    this.#ahead.add(job);
    void job.ended.then(() => {
      this.#ahead.delete(job);
      this.pass();
    });
    try {
      await scan();
    } finally {
      this.#isTaken = false;
      this.pass();
    }
  }

  #wait(job: ScanJob, begin: () => void): void {
    this.#waiting.push({ job, begin });
  }

  /** Less urgent jobs hold nobody up. */
  #isInTime(one: ScanJob): boolean {
    const isKnown = this.#ahead.has(one);
    // Peers take no more; one that is scanned again they know.
    const left = isKnown ? MAX_ANNOUNCED_JOBS : MAX_ANNOUNCED_JOBS - this.#ahead.size;
    const ahead = [...this.#ahead].filter((job) => job.priority >= one.priority);
    const frames = ahead.reduce((sum, job) => sum + job.framesScanned, 0);
    if (ahead.length < JOBS_AHEAD) return left > 0;
    return left > TURNS_FOR_URGENT && frames < FRAMES_AHEAD;
  }

  /** Looks who is next, if any: also when a priority changed. */
  pass(): void {
    if (this.#isTaken) return;
    const inOrder = [...this.#waiting].sort((a, b) => moreUrgentFirst(a.job, b.job));
    // Who is scanned again does not wait behind one that peers may not be told of yet.
    const next = inOrder.find(({ job }) => this.#isInTime(job));
    if (next === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    // Nobody who comes meanwhile slips in before it.
    this.#isTaken = true;
    next.begin();
  }
}
