import type { ChosenQuality } from '../../schedule/leader/events.ts';
import type { AttemptOutcome, EndedAttempt, HistoryRecord, RunEnd } from './records.ts';

/**
 * A job's history on one axis: milliseconds of the job, its runs one behind the other. The time between two runs, when
 * its leader was away, takes none of it.
 */
export interface History {
  readonly runs: readonly Run[];
  readonly peers: ReadonlyMap<string, PeerHistory>;
  /** By number. */
  readonly chunks: ReadonlyMap<number, ChunkHistory>;
  /** In the order in which they were granted. */
  readonly attempts: readonly AttemptHistory[];
  /** null: it has not. */
  readonly scanEndedMs: number | null;
  readonly finishingMs: number | null;
  readonly endMs: number;
}

export interface Run {
  readonly version: string;
  readonly leader: string;
  readonly utcOffsetMinutes: number;
  /** Unix time in milliseconds. */
  readonly beganEpochMs: number;
  readonly fromMs: number;
  untilMs: number;
  /** How long nothing was recorded before it; 0 for the first. */
  readonly awayMs: number;
  /** null: it was killed, or it still runs. */
  end: RunEnd | null;
}

export interface PeerHistory {
  readonly id: string;
  name: string;
  encoder: string;
  /** Digest of its encoder build; empty until it was measured. */
  build: string;
  /** Why it cannot encode the job, or null. */
  unavailable: string | null;
  /** What it could do over time, in order; before the first, nothing. */
  readonly steps: PeerStep[];
}

export interface PeerStep {
  readonly fromMs: number;
  /** Encodes at once; 0 unless it works. */
  readonly slots: number;
  /** `new`: met, and gave no slots yet. `over`: the run ended. */
  readonly state: 'new' | 'working' | 'paused' | 'away' | 'over';
}

export interface ChunkHistory {
  readonly chunk: number;
  readonly startFrame: number;
  readonly endFrame: number;
  /** Predicted, in still frames. */
  readonly cost: number;
  readonly foundMs: number;
  /** When it is shown, in seconds from the film's first frame; null: that was not told. */
  readonly seconds: { readonly from: number; readonly until: number } | null;
  /** Position of the zone that it lies in; null: in none. */
  readonly zone: number | null;
  /** Bytes of a result that lay in the cache before the job; null: an attempt made it. */
  reusedBytes: number | null;
  /** How its result was found, where a score is aimed at. */
  choice: ChosenQuality | null;
}

export interface AttemptHistory extends Omit<EndedAttempt, 'outcome'> {
  /** When nothing more came of it; of one that is not over, the end of what is known. */
  readonly endedMs: number;
  /** `running`: not over. `interrupted`: its leader was killed. */
  readonly outcome: AttemptOutcome | 'running' | 'interrupted';
}

type Attempt = Pick<AttemptHistory, 'attempt' | 'chunk' | 'peer'> & { readonly startedMs: number };

/** What is known while the records are read. */
interface Reading {
  readonly runs: Run[];
  readonly peers: Map<string, PeerHistory>;
  readonly chunks: Map<number, ChunkHistory>;
  readonly attempts: AttemptHistory[];
  readonly running: Map<number, Attempt>;
  scanEndedMs: number | null;
  finishingMs: number | null;
}

/**
 * @param records in the order in which they were written.
 * @param nowEpochMs while the job runs: its end so far. null when it does not run.
 */
export function readHistory(records: readonly HistoryRecord[], nowEpochMs: number | null): History {
  const reading: Reading = {
    runs: [],
    peers: new Map(),
    chunks: new Map(),
    attempts: [],
    running: new Map(),
    scanEndedMs: null,
    finishingMs: null,
  };
  for (const record of records) {
    if (record.type === 'run-began') beginRun(reading, record);
    else read(reading, record);
  }
  const last = reading.runs.at(-1);
  if (last !== undefined && last.end === null && nowEpochMs !== null) {
    last.untilMs = Math.max(last.untilMs, last.fromMs + nowEpochMs - last.beganEpochMs);
  }
  interrupt(reading, nowEpochMs === null ? 'interrupted' : 'running');
  const { runs, peers, chunks, attempts, scanEndedMs, finishingMs } = reading;
  attempts.sort((a, b) => a.grantedMs - b.grantedMs || a.attempt - b.attempt);
  return { runs, peers, chunks, attempts, scanEndedMs, finishingMs, endMs: last?.untilMs ?? 0 };
}

/** Whether an attempt was of use: its result is in the output, or showed that another quality was to be tried. */
export function isOfUse({ outcome }: AttemptHistory): boolean {
  return outcome === 'kept' || outcome === 'probe';
}

/** The time on the clock of the leader's wall, in Unix milliseconds as if it were UTC. */
export function wallMs({ runs }: History, ms: number): number {
  const run = runs.findLast(({ fromMs }) => fromMs <= ms) ?? runs[0];
  if (run === undefined) return 0;
  return run.beganEpochMs + run.utcOffsetMinutes * 60_000 + ms - run.fromMs;
}

/** What each peer tried, in the order of the list. */
export function attemptsByPeer(attempts: readonly AttemptHistory[]): Map<string, AttemptHistory[]> {
  const byPeer = new Map<string, AttemptHistory[]>();
  for (const attempt of attempts) {
    const own = byPeer.get(attempt.peer);
    if (own === undefined) byPeer.set(attempt.peer, [attempt]);
    else own.push(attempt);
  }
  return byPeer;
}

function beginRun(reading: Reading, record: Extract<HistoryRecord, { type: 'run-began' }>): void {
  const before = reading.runs.at(-1);
  if (before !== undefined) {
    interrupt(reading, 'interrupted');
    endPresences(reading, before.untilMs);
  }
  const fromMs = before?.untilMs ?? 0;
  const lastEpochMs = before === undefined ? record.epochMs : before.beganEpochMs + fromMs - before.fromMs;
  reading.runs.push({
    version: record.version,
    leader: record.leader,
    utcOffsetMinutes: record.utcOffsetMinutes,
    beganEpochMs: record.epochMs,
    fromMs,
    untilMs: fromMs,
    // A clock that was set back meanwhile says nothing.
    awayMs: Math.max(0, record.epochMs - lastEpochMs),
    end: null,
  });
}

function read(reading: Reading, record: Exclude<HistoryRecord, { type: 'run-began' }>): void {
  const run = reading.runs.at(-1);
  if (run === undefined) return;
  const atMs = run.fromMs + record.ms;
  run.untilMs = Math.max(run.untilMs, atMs);
  switch (record.type) {
    case 'chunk-found': {
      const { type: _, ms: __, zone = null, seconds = null, ...chunk } = record;
      const unmade = { reusedBytes: null, choice: null };
      reading.chunks.set(chunk.chunk, { ...chunk, zone, seconds, foundMs: atMs, ...unmade });
      break;
    }
    case 'chunk-reused': {
      const chunk = reading.chunks.get(record.chunk);
      if (chunk !== undefined) chunk.reusedBytes = record.bytes;
      break;
    }
    case 'chunk-chosen':
      choose(reading, record);
      break;
    case 'attempt-started': {
      const { attempt, chunk, peer } = record;
      reading.running.set(attempt, { attempt, chunk, peer, startedMs: atMs });
      break;
    }
    case 'attempt-ended':
      reading.running.delete(record.attempt);
      reading.attempts.push(shifted(record, run.fromMs));
      break;
    case 'scan-ended':
      reading.scanEndedMs ??= atMs;
      break;
    case 'job-finishing':
      reading.finishingMs = atMs;
      break;
    case 'run-ended':
      run.end = record.phase;
      endPresences(reading, atMs);
      break;
    default:
      readPeer(peerOf(reading, record.peer), record, atMs);
  }
}

/** A probe that was thought to be worse may be the best after all. */
function choose(reading: Reading, record: Extract<HistoryRecord, { type: 'chunk-chosen' }>): void {
  const { quality, score, probeCount, insteadOf } = record;
  const chunk = reading.chunks.get(record.chunk);
  if (chunk !== undefined) chunk.choice = { quality, score, probeCount, insteadOf };
  const index = reading.attempts.findIndex(({ attempt }) => attempt === record.attempt);
  const probe = reading.attempts[index];
  if (probe?.outcome === 'probe') reading.attempts[index] = { ...probe, outcome: 'kept', words: '' };
}

type PeerRecord = Extract<
  HistoryRecord,
  { type: 'peer-joined' | 'peer-left' | 'slots-given' | 'build-measured' | 'build-unavailable' }
>;

function readPeer(peer: PeerHistory, record: PeerRecord, fromMs: number): void {
  switch (record.type) {
    case 'peer-joined':
      peer.name = record.name;
      peer.steps.push({ fromMs, slots: 0, state: 'new' });
      break;
    case 'peer-left':
      peer.steps.push({ fromMs, slots: 0, state: 'away' });
      break;
    case 'slots-given':
      peer.steps.push({ fromMs, slots: record.slots, state: record.slots > 0 ? 'working' : 'paused' });
      break;
    case 'build-measured':
      peer.build = record.digest;
      peer.encoder = record.encoder;
      break;
    case 'build-unavailable':
      peer.unavailable = record.reason;
      break;
  }
}

function peerOf({ peers }: Reading, id: string): PeerHistory {
  const known = peers.get(id);
  if (known !== undefined) return known;
  const peer: PeerHistory = { id, name: id.slice(-8), encoder: '', build: '', unavailable: null, steps: [] };
  peers.set(id, peer);
  return peer;
}

function endPresences({ peers }: Reading, atMs: number): void {
  for (const { steps } of peers.values()) {
    if (steps.at(-1)?.state !== 'over') steps.push({ fromMs: atMs, slots: 0, state: 'over' });
  }
}

/** Of attempts that started and are not over, nothing is known but that. */
function interrupt(reading: Reading, outcome: 'running' | 'interrupted'): void {
  const endedMs = reading.runs.at(-1)?.untilMs ?? 0;
  for (const attempt of reading.running.values()) {
    reading.attempts.push({
      ...attempt,
      isBackup: false,
      grantedMs: attempt.startedMs,
      encodedMs: null,
      fetchedMs: null,
      endedMs,
      outcome,
      words: outcome === 'running' ? '' : 'The leader ended without a word.',
      framesEncoded: 0,
      cpuSeconds: 0,
      sentBytes: 0,
      resultBytes: 0,
    });
  }
  reading.running.clear();
}

function shifted(record: Extract<HistoryRecord, { type: 'attempt-ended' }>, byMs: number): AttemptHistory {
  const { type: _, ms, ...attempt } = record;
  const shift = (moment: number | null) => (moment === null ? null : moment + byMs);
  return {
    ...attempt,
    grantedMs: attempt.grantedMs + byMs,
    startedMs: shift(attempt.startedMs),
    encodedMs: shift(attempt.encodedMs),
    fetchedMs: shift(attempt.fetchedMs),
    endedMs: ms + byMs,
  };
}
