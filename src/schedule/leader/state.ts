import type { RateWindow } from '../estimate.ts';
import { IndexedHeap } from '../indexed-heap.ts';
import { NORMAL_PRIORITY } from '../priority.ts';
import type { LeaderEvent } from './events.ts';
import { goesBefore } from './idle.ts';

/** What a leader knows: all its jobs, the peers it is connected to, and the indexes that `planLeader` reads. */
export interface LeaderState {
  /** Of the latest event that told it. */
  nowMs: number;
  /** In the order they were submitted. */
  readonly jobs: Map<string, JobState>;
  readonly peers: Map<string, PeerOfLeader>;
  /** Running attempts whose end can be foreseen and that no prefetched chunk follows yet, soonest first. */
  readonly ending: IndexedHeap<Attempt>;
  /** Pairs of a job and a connected peer that was not told of it yet. */
  readonly unannounced: Set<JobPeer>;
  /** Unstarted leases whose peers were asked to give them up and did not answer yet. */
  readonly asked: Set<Attempt>;
  /** How long the leader itself stood still so far: no deadline runs meanwhile. */
  stillMs: number;
  /** Leases that expire if nothing is heard, soonest first. */
  readonly deadlines: IndexedHeap<Attempt>;
  /** The way of a result, each in order of arrival. */
  readonly encoded: Set<Attempt>;
  readonly fetching: Set<Attempt>;
  readonly fetched: Set<Attempt>;
  readonly proving: Set<Attempt>;
  /**
   * By peer that is or was away: attempts that go on there, or whose results lie there. One with none is named, too: it is to
   * hear when it is back which jobs ended.
   */
  readonly away: Map<string, Set<Attempt>>;
  /** Attempts that are over and whose peers must still be told. */
  readonly closing: Set<Attempt>;
}

export interface JobState {
  readonly id: string;
  readonly submittedMs: number;
  readonly frameCountEstimate: number | null;
  /** Encoded on the leader's own machine alone. */
  readonly isLocal: boolean;
  /** As src/schedule/priority.ts counts. */
  priority: number;
  /** It meets peers, and they are told of it. Of a thousand films that wait for their turn nobody hears, nor do they know of anybody. */
  isBegun: boolean;
  /** The job's own build digest; nothing is granted before it is known. */
  digest: string | null;
  readonly chunks: Map<number, Chunk>;
  /** Known once the scan has ended. */
  chunkCount: number | null;
  readonly attempts: Map<number, Attempt>;
  nextAttempt: number;
  /** Attempts that may still bring a result. */
  openAttemptCount: number;
  /** Of attempts that are over or lost: how long they ran, and how many were lost with their peers. */
  ranMs: number;
  lostCount: number;
  /** Waiting chunks that any usable peer may take, by three orders. */
  readonly inFilmOrder: IndexedHeap<Chunk>;
  readonly longestFirst: IndexedHeap<Chunk>;
  readonly shortestFirst: IndexedHeap<Chunk>;
  /** Predicted cost of what is found and not encoded. */
  costLeft: number;
  /** Leases of chunks that have no other, by their expected ends, latest first. */
  readonly latest: IndexedHeap<Attempt>;
  /** Leases that were not begun and that nobody was asked for, by their expected ends, latest first. */
  readonly unstarted: IndexedHeap<Attempt>;
  /** Waiting chunks that were given up for a thief. */
  readonly handovers: Set<Chunk>;
  /** Waiting chunks that failed somewhere or must be alone: not every peer may take them. */
  readonly troubled: Set<Chunk>;
  /** Chunks that failed on POISON_PEERS different peers: never tried again. */
  readonly poison: Set<Chunk>;
  readonly peers: Map<string, JobPeer>;
  /** Connected peers with the job's digest that are not left out. */
  readonly usable: Set<string>;
  /** What they can do together, suspects left out. */
  readonly force: Force;
  /** Peers with a free slot (`isIdle`), in the order in which they are given work. */
  readonly idle: IndexedHeap<JobPeer>;
  /** Those of known rate with slots, fastest first. */
  readonly byRate: IndexedHeap<JobPeer>;
  /** Peers that are at work, by when it may show that their speed has changed. */
  readonly changing: IndexedHeap<JobPeer>;
  /** Connected, no word yet whether it can encode the job. */
  readonly unanswered: Set<JobPeer>;
  /** By peer, kept when the peer leaves. */
  readonly blames: Map<string, Blame>;
  readonly rates: Map<string, RateWindow>;
  nextAppend: number;
  appending: number | null;
  isFinishing: boolean;
  readonly tally: JobTally;
}

/** Sums over a job's usable peers. */
export interface Force {
  slots: number;
  /** Slots of known rate, and the sum of their rates; in whole units, so that sums stay exact. */
  knownSlots: number;
  knownRateUnits: number;
}

/** A connected peer, over all jobs. */
export interface PeerOfLeader {
  readonly id: string;
  slots: number;
  /** The leader's own machine: slices need no network. */
  readonly isOwn: boolean;
  /** Leases it will hold at once, running and prefetched together; 0 until it says. */
  room: number;
  /** Leases it holds: granted or started. */
  held: number;
  /** Of these, leases of chunks that must be encoded alone. */
  heldAlone: number;
  /** Nothing was heard of it for a while: it is granted nothing, and its chunks may be given to others as well. */
  isSuspect: boolean;
  readonly attempts: Set<Attempt>;
}

/** One connected peer in one job. */
export interface JobPeer {
  readonly job: JobState;
  readonly peer: PeerOfLeader;
  announcedMs: number | null;
  digest: string | null;
  /** The peer's words when it cannot encode the job at all. */
  unavailable: string | null;
  held: number;
  /** The job's, of this peer: a machine that comes back is as fast as it was until it shows otherwise. */
  readonly rates: RateWindow;
  readonly pace: Pace;
  /** Predicted cost a millisecond of one slot, by what its latest attempts did since its speed last changed. */
  costRate: number | null;
  /** What of it is counted in the job's `force`. */
  readonly share: { slots: number; costRate: number | null };
  /** When it may show that its speed has changed, if nothing is heard; Infinity while nothing can. */
  changeMs: number;
  /** From its latest lease of an idle slot to the first frame: a slice's transfer and the encoder's start. */
  beginMs: number;
}

/** What a peer's slots have done for a job so far, and at a few moments before. */
export interface Pace {
  busySlots: number;
  /** When the sums below were last brought up to date. */
  atMs: number;
  /** Slots times milliseconds. */
  busyMs: number;
  /** Predicted cost. */
  done: number;
  /** Oldest first, at most PACE_MARKS. */
  readonly marks: PaceMark[];
}

export interface PaceMark {
  readonly atMs: number;
  readonly busyMs: number;
  readonly done: number;
}

/**
 * What leases are of. A chunk that is tried at several qualities at once has a trial for each beside its own: a chunk to
 * whoever grants, steals or backs up, and no part of the film of its own.
 */
export interface Chunk {
  readonly number: number;
  /** 0 for the chunk itself, from 1 on for a trial beside it. */
  readonly trial: number;
  readonly startFrame: number;
  readonly endFrame: number;
  /** In still frames, by what the scan saw: `predictCost`. */
  readonly predictedCost: number;
  /** What its result should take beside other chunks', in any unit. */
  readonly byteWeight: number;
  /** The same, corrected by what chunks near it took; it stays as it is while the chunk is leased. */
  cost: number;
  /** Logarithm of how many times its predicted cost an attempt took; null before one has ended. */
  likeness: number | null;
  /** `resting`: it was tried, and whether it is to be tried again depends on other chunks. A trial that is over is `committed`. */
  state: 'waiting' | 'leased' | 'resting' | 'committed' | 'appended';
  /** Attempts that may still bring a result: one, or two with a backup, and any whose peers were away meanwhile. */
  readonly attempts: Set<Attempt>;
  /** What is left of its cost, by its most advanced attempt; a whole number, so that sums stay exact. */
  costLeft: number;
  /** How far before the rule's own place the next attempt's slice begins (LEAD_IN_KEYFRAMES). */
  leadIn: number;
  readonly failures: ChunkFailure[];
  /** Peers lost while they encoded this chunk. */
  losses: number;
  /** Attempts of the job that were lost with these, this chunk's own counted, and how long they ran. */
  lostWith: number;
  lostWithMs: number;
  /** How long its attempts ran that are over or lost. */
  ranMs: number;
  /** So many peers were lost on it that it may be what takes them down. */
  isSuspect: boolean;
  /** How often it was given up for a thief. */
  steals: number;
  /** While it waits: the lease that was given up for a thief. */
  yielded: Attempt | null;
  /** Who made the results that were kept as probes, by attempt; null before the first. */
  probePeers: Map<number, string> | null;
  /** Trials beside it that are not over, by their numbers; null before the first. */
  trials: Map<number, Chunk> | null;
}

export type FailureCause = Extract<LeaderEvent, { type: 'attempt-failed' }>['cause'];

export interface ChunkFailure {
  readonly peer: string;
  readonly cause: FailureCause;
  readonly words: string;
  /** As in `attempt-failed`. */
  readonly quality?: number | undefined;
}

export interface Attempt {
  readonly job: JobState;
  readonly number: number;
  readonly chunk: Chunk;
  readonly peer: string;
  readonly leadIn: number;
  readonly grantedMs: number;
  /** Its peer was to hold nothing else (`isAlone`). */
  readonly isAlone: boolean;
  /** `orphaned`: its peer left when the result was already here; nobody needs to be told. */
  isOrphaned: boolean;
  state: 'granted' | 'started' | 'encoded' | 'fetching' | 'fetched' | 'proving' | 'away' | 'over';
  /** Its peer was away meanwhile, and its chunk may be with others, too. */
  hasBeenAway: boolean;
  startedMs: number | null;
  framesEncoded: number;
  /** The part of its chunk's cost that these frames are; a whole number. */
  costDone: number;
  /** Of its chunk, as its progress told before its peer's speed changed. */
  likelyCost: number;
  /** What is left to do, corrected by how it goes; a whole number. */
  costLeft: number;
  /** When its frames last grew. */
  progressMs: number;
  /** Where it was when its peer's speed last changed, or when it began. */
  readonly paceFrom: { atMs: number; frames: number; cost: number };
  /** By its own progress and its peer's rate, behind what it follows; Infinity while nothing is known. */
  expectedEndMs: number;
  /** The lease that was granted to follow it in its slot. */
  follower: Attempt | null;
  /** What it is to follow, until it begins. */
  follows: Attempt | null;
  /** Its peer's slots were all taken when it was granted. */
  readonly isPrefetched: boolean;
  /** When it should begin, by what it follows. */
  dueMs: number;
  /** Who wants it, once its peer was asked to give it up; that peer itself where nobody in particular does. */
  thief: string | null;
  /** Given up, with the whole slice kept for the thief. */
  keepsSlice: boolean;
  /** Until it begins: the lease that was given up for it. */
  stolenFrom: Attempt | null;
  bytes: number;
  fetchCount: number;
  /** In the time in which the leader did not stand still (`awakeMs`). */
  deadlineMs: number;
  /** Once over: what its peer is told. */
  verdict: 'accepted' | 'refused' | 'cancelled' | null;
  reason: string;
}

/** What speaks against a peer in one job. A chunk that also fails elsewhere clears its peers. */
export interface Blame {
  /** Numbers of chunks whose attempts failed there, whichever of their trials; a success takes one away. */
  readonly strikes: Set<number>;
  /** Of chunks of which one result was refused, and no other has told yet whose doing that is. */
  readonly doubts: Set<number>;
  /** Of chunks whose results were refused, where others' were right. */
  readonly badResults: Set<number>;
  /** Leases that it let expire without a word; a success takes one away. */
  silences: number;
  /** When it was last left out for its strikes or silences. */
  leftOutMs: number | null;
  words: string;
}

/** Counts for the status pages, kept as events come. */
export interface JobTally {
  foundFrames: number;
  foundWeight: number;
  committedFrames: number;
  committedCount: number;
  committedBytes: number;
  committedWeight: number;
  /** Chunks whose results were in the store before. */
  reusedCount: number;
  /** Results that were kept as probes, their chunks to be encoded again. */
  probeCount: number;
  /** By all attempts of this run, those that were lost included. */
  readonly encoded: EncodedFrames;
  /** The same by peer, kept when the peer leaves. */
  readonly encodedBy: Map<string, EncodedFrames>;
  readonly byPeer: Map<string, { chunkCount: number; frameCount: number }>;
  /** By peer, kept when the peer leaves. */
  readonly slotTimes: Map<string, SlotTimes>;
  readonly retries: Retry[];
  retryCount: number;
  /** Leases that were given up for a thief. */
  stolenCount: number;
}

/** Frames encoded until now, and how many there were at moments of the latest RATE_WINDOW_MS. */
export interface EncodedFrames {
  frameCount: number;
  readonly samples: { readonly nowMs: number; readonly frameCount: number }[];
}

/** What a peer's slots did for a job until `atMs`, in slots times milliseconds. */
export interface SlotTimes {
  readonly atMs: number;
  readonly encodingMs: number;
  /** A slot was free and a lease was there, but its slice was still on the way or its first frames in the decoder. */
  readonly waitingMs: number;
}

export interface Retry {
  readonly chunk: number;
  readonly attempt: number;
  readonly peer: string;
  readonly cause: FailureCause | 'left' | 'returned';
  readonly words: string;
}

/** A leader without jobs or peers. */
export function createLeader(): LeaderState {
  return {
    nowMs: 0,
    stillMs: 0,
    jobs: new Map(),
    peers: new Map(),
    ending: new IndexedHeap(endsBefore),
    unannounced: new Set(),
    asked: new Set(),
    deadlines: new IndexedHeap(expiresBefore),
    encoded: new Set(),
    fetching: new Set(),
    fetched: new Set(),
    proving: new Set(),
    away: new Map(),
    closing: new Set(),
  };
}

/** Time that does not run while the leader itself stands still. */
export function awakeMs({ stillMs }: LeaderState, nowMs: number): number {
  return nowMs - stillMs;
}

/** What an attempt's number stands for; undefined once nothing more is to be said about it. */
export function attemptOf(state: LeaderState, job: string, attempt: number): Attempt | undefined {
  return state.jobs.get(job)?.attempts.get(attempt);
}

/** A job as submitted: nothing found, nobody told. */
export function createJob(submitted: Extract<LeaderEvent, { type: 'job-submitted' }>): JobState {
  return {
    id: submitted.job,
    submittedMs: submitted.nowMs,
    frameCountEstimate: submitted.frameCountEstimate,
    isLocal: submitted.isLocal,
    priority: NORMAL_PRIORITY,
    isBegun: false,
    digest: null,
    chunks: new Map(),
    chunkCount: null,
    attempts: new Map(),
    nextAttempt: submitted.firstAttempt,
    openAttemptCount: 0,
    ranMs: 0,
    lostCount: 0,
    inFilmOrder: new IndexedHeap(comesBefore),
    longestFirst: new IndexedHeap(costsMore),
    shortestFirst: new IndexedHeap(costsLess),
    costLeft: 0,
    latest: new IndexedHeap(endsAfter),
    unstarted: new IndexedHeap(endsAfter),
    handovers: new Set(),
    troubled: new Set(),
    poison: new Set(),
    peers: new Map(),
    usable: new Set(),
    force: { slots: 0, knownSlots: 0, knownRateUnits: 0 },
    idle: new IndexedHeap(goesBefore),
    byRate: new IndexedHeap(isFaster),
    changing: new IndexedHeap(changesBefore),
    unanswered: new Set(),
    blames: new Map(),
    rates: new Map(),
    nextAppend: 0,
    appending: null,
    isFinishing: false,
    tally: createTally(),
  };
}

function createTally(): JobTally {
  return {
    foundFrames: 0,
    foundWeight: 0,
    committedFrames: 0,
    committedCount: 0,
    committedBytes: 0,
    committedWeight: 0,
    reusedCount: 0,
    probeCount: 0,
    encoded: { frameCount: 0, samples: [] },
    encodedBy: new Map(),
    byPeer: new Map(),
    slotTimes: new Map(),
    retries: [],
    retryCount: 0,
    stolenCount: 0,
  };
}

function comesBefore(a: Chunk, b: Chunk): boolean {
  return a.number === b.number ? a.trial < b.trial : a.number < b.number;
}

function costsMore(a: Chunk, b: Chunk): boolean {
  return a.cost === b.cost ? comesBefore(a, b) : a.cost > b.cost;
}

function costsLess(a: Chunk, b: Chunk): boolean {
  return a.cost === b.cost ? comesBefore(a, b) : a.cost < b.cost;
}

function isFaster(a: JobPeer, b: JobPeer): boolean {
  const [rateA, rateB] = [a.share.costRate ?? 0, b.share.costRate ?? 0];
  return rateA === rateB ? a.peer.id < b.peer.id : rateA > rateB;
}

function changesBefore(a: JobPeer, b: JobPeer): boolean {
  return a.changeMs === b.changeMs ? a.peer.id < b.peer.id : a.changeMs < b.changeMs;
}

function expiresBefore(a: Attempt, b: Attempt): boolean {
  return a.deadlineMs === b.deadlineMs ? isNamedBefore(a, b) : a.deadlineMs < b.deadlineMs;
}

function endsBefore(a: Attempt, b: Attempt): boolean {
  return a.expectedEndMs === b.expectedEndMs ? isNamedBefore(a, b) : a.expectedEndMs < b.expectedEndMs;
}

function endsAfter(a: Attempt, b: Attempt): boolean {
  return a.expectedEndMs === b.expectedEndMs ? isNamedBefore(a, b) : a.expectedEndMs > b.expectedEndMs;
}

function isNamedBefore(a: Attempt, b: Attempt): boolean {
  return a.job.id === b.job.id ? a.number < b.number : a.job.id < b.job.id;
}
