import type { AttemptName } from './events.ts';
import type { Intake } from './intake.ts';
import { createPlaces, type Places } from './places.ts';

/** What a peer knows of the work it does for any number of leaders. */
export interface PeerState {
  slots: number;
  memoryBudgetBytes: number;
  intake: Intake;
  /** Why it is not open, as a sentence for leaders. */
  intakeReason: string;
  readonly leaders: Map<string, LeaderOfPeer>;
  /** By `attemptKey`; few: at most `mostAttempts` of each leader, and what is cleared away of those that left. */
  readonly attempts: Map<string, HeldAttempt>;
  /** Of all leaders. */
  readonly places: Places;
  /** What was asked of this peer and is not taken on, until its leader was told. */
  readonly refusals: Set<Refusal>;
  /** Jobs for whose settings this machine's encoder is measured, by `jobKey`: also those that are over meanwhile. */
  readonly measuring: Set<string>;
  /** Counts leases, starts and measurements: the order of everything here. */
  turn: number;
}

export interface LeaderOfPeer {
  readonly id: string;
  readonly jobs: Map<string, AnnouncedJob>;
  /** Of these, those for whose settings this machine's encoder is still to be measured. */
  readonly unmeasured: Set<AnnouncedJob>;
  /** When it was last measured for one of them. */
  lastMeasure: number;
  /** What an encode of any of its jobs may need at most; 0 without one. */
  largestBytes: number;
  /** All of its attempts here, and of these what is where. */
  readonly attempts: Set<HeldAttempt>;
  readonly places: Places;
  isAway: boolean;
  /** The room it was last told; null when it must be told anew. */
  told: number | null;
  /** When an encode was last started for it. */
  lastTurn: number;
  /** Encoding that it had of this machine, what runs not counted (work-time.ts). */
  workMs: number;
}

export interface AnnouncedJob {
  readonly id: string;
  /** Of an encode at the job's own settings. */
  memoryBytes: number;
  /** Of one in each of its variants. */
  variantBytes: readonly number[];
}

/** A lease or a job that this peer does not take, and a sentence for its leader that says why. */
export type Refusal =
  | { readonly type: 'lease'; readonly name: AttemptName; readonly reason: string }
  | { readonly type: 'job'; readonly leader: string; readonly job: string; readonly reason: string };

export interface HeldAttempt {
  readonly name: AttemptName;
  readonly leader: LeaderOfPeer;
  readonly frameCount: number;
  readonly sliceBytes: number;
  readonly memoryBytes: number;
  /** Leases are begun in this order within a leader. */
  readonly turn: number;
  /** In the same count, when its encode was started; 0 before. */
  startTurn: number;
  /** When its encode was started; null before. */
  startedMs: number | null;
  /** `yielded`: given up for a thief, the whole slice is kept until the leader cancels it. */
  state: 'granted' | 'fetching' | 'ready' | 'running' | 'encoded' | 'yielded' | 'over' | 'discarding';
  /** A child encodes it, or is being stopped: it takes a slot and memory. */
  hasChild: boolean;
  /** The leader asked for it, for another peer. */
  steal: StealRequest | null;
  /** Why it goes back to its leader; null when it just goes. */
  returnReason: string | null;
}

export interface StealRequest {
  /** The peer that may fetch the slice here. */
  readonly thief: string;
  readonly answer: 'refused' | 'yielded' | 'yielded-with-slice';
  isAnswered: boolean;
}

/** A peer that works for nobody yet. */
export function createPeer(init: { readonly slots: number; readonly memoryBudgetBytes: number }): PeerState {
  return {
    slots: init.slots,
    memoryBudgetBytes: init.memoryBudgetBytes,
    intake: 'open',
    intakeReason: '',
    leaders: new Map(),
    attempts: new Map(),
    places: createPlaces(),
    refusals: new Set(),
    measuring: new Set(),
    turn: 0,
  };
}

/** One string for a job. */
export function jobKey(leader: string, job: string): string {
  return `${leader} ${job}`;
}

/** One string for a name; leaders and jobs hold no blanks. */
export function attemptKey(name: AttemptName): string {
  return `${jobKey(name.leader, name.job)} ${name.attempt}`;
}

/** Whether the slice of an attempt that was given up is kept for this peer. */
export function isKeptFor(state: PeerState, name: AttemptName, thief: string): boolean {
  const attempt = state.attempts.get(attemptKey(name));
  return attempt?.state === 'yielded' && attempt.steal?.thief === thief;
}
