import { clipWords } from '../../protocol/words.ts';
import type { LeaderEvent } from '../../schedule/leader/events.ts';
import { slotsFor } from '../../schedule/leader/outlook.ts';
import { type Attempt, attemptOf, type JobState, type LeaderState } from '../../schedule/leader/state.ts';
import { type AttemptOutcome, type HistoryRecord, MAX_HISTORY_WORDS } from './records.ts';

/** What the keeper of a run's history must remember to write the next record. */
export interface HistoryKeeper {
  readonly job: string;
  /** When the run began, by the clock of the events. */
  readonly beganMs: number;
  readonly open: Map<number, OpenAttempt>;
  /** Chunks that this job's history tells of already, and those whose makers it names. */
  readonly found: Set<number>;
  readonly made: Set<number>;
  /** As last written. */
  readonly slots: Map<string, number>;
  /** Peers that were told of as left and may come back. */
  readonly away: Set<string>;
}

interface OpenAttempt {
  readonly attempt: Attempt;
  readonly isBackup: boolean;
  /** When it went on after its peer was away; what was before is told as an attempt that was left. */
  readonly takenUpMs: number | null;
  encodedMs: number | null;
  fetchedMs: number | null;
}

/** What only the hands of a leader know of an attempt. */
export interface AttemptFacts {
  readonly cpuSeconds: number;
  readonly sentBytes: number;
}

/** What the keeper asks about the world. */
export interface HistoryFacts {
  readonly nameOf: (peer: string) => string;
  readonly factsOf: (attempt: number) => AttemptFacts;
}

/** @param earlier what earlier runs of the job wrote. */
export function createKeeper(job: string, beganMs: number, earlier: readonly HistoryRecord[]): HistoryKeeper {
  const found = new Set<number>();
  const made = new Set<number>();
  for (const record of earlier) {
    if (record.type === 'chunk-found') found.add(record.chunk);
    if (record.type === 'chunk-reused' || record.type === 'chunk-chosen') made.add(record.chunk);
    if (record.type === 'attempt-ended' && record.outcome === 'kept') made.add(record.chunk);
  }
  return { job, beganMs, open: new Map(), found, made, slots: new Map(), away: new Set() };
}

/** What is to be written of an event that the scheduler has just applied. */
export function keepHistory(
  keeper: HistoryKeeper,
  state: LeaderState,
  event: LeaderEvent,
  nowMs: number,
  facts: HistoryFacts,
): HistoryRecord[] {
  const job = state.jobs.get(keeper.job);
  if ('job' in event && event.job !== keeper.job) return [];
  const ms = Math.round(nowMs - keeper.beganMs);
  if ('attempt' in event && event.attempt !== null) followAttempt(keeper, state, event, ms);
  return [
    ...recordsOfPeers(keeper, state, event, ms, facts),
    ...(job === undefined ? [] : recordsOfJob(keeper, job, event, ms)),
    ...endedAttempts(keeper, event, ms, facts),
  ];
}

/** Those that are open when a run ends are over with it. */
export function endHistory(keeper: HistoryKeeper, nowMs: number, facts: HistoryFacts): HistoryRecord[] {
  const ms = Math.round(nowMs - keeper.beganMs);
  return [...keeper.open.values()].map((open) =>
    endedRecord(keeper, open, ms, { outcome: 'cancelled', words: 'The job ended here.' }, facts),
  );
}

function recordsOfPeers(
  keeper: HistoryKeeper,
  state: LeaderState,
  event: LeaderEvent,
  ms: number,
  { nameOf }: HistoryFacts,
): HistoryRecord[] {
  switch (event.type) {
    case 'job-submitted':
      return [...state.peers.keys()].flatMap((peer) => [
        { type: 'peer-joined', ms, peer, name: nameOf(peer) },
        ...slotsRecord(keeper, state, peer, ms),
      ]);
    case 'peer-joined':
    case 'peer-back':
      keeper.away.delete(event.peer);
      return [{ type: 'peer-joined', ms, peer: event.peer, name: nameOf(event.peer) }];
    case 'peer-away':
      keeper.away.add(event.peer);
      keeper.slots.delete(event.peer);
      return [{ type: 'peer-left', ms, peer: event.peer }];
    case 'peer-left':
      if (keeper.away.delete(event.peer)) return [];
      keeper.slots.delete(event.peer);
      return [{ type: 'peer-left', ms, peer: event.peer }];
    case 'room-offered':
      return slotsRecord(keeper, state, event.peer, ms);
    case 'build-unavailable':
      return [{ type: 'build-unavailable', ms, peer: event.peer, reason: shorten(event.reason) }];
    case 'build-measured':
      return [{ type: 'build-measured', ms, peer: event.peer, digest: event.digest, encoder: event.encoder }];
    default:
      return [];
  }
}

function slotsRecord(keeper: HistoryKeeper, state: LeaderState, peer: string, ms: number): HistoryRecord[] {
  const known = state.peers.get(peer);
  const slots = known === undefined ? 0 : slotsFor(known);
  if (slots === (keeper.slots.get(peer) ?? 0)) return [];
  keeper.slots.set(peer, slots);
  return [{ type: 'slots-given', ms, peer, slots }];
}

function recordsOfJob(keeper: HistoryKeeper, job: JobState, event: LeaderEvent, ms: number): HistoryRecord[] {
  switch (event.type) {
    case 'chunk-found': {
      const { chunk, startFrame, endFrame, zone, seconds } = event;
      if (keeper.found.has(chunk)) return [];
      keeper.found.add(chunk);
      const cost = job.chunks.get(chunk)?.cost ?? 0;
      const known = {
        ...(seconds === undefined ? {} : { seconds }),
        ...(zone === undefined ? {} : { zone }),
      };
      return [{ type: 'chunk-found', ms, chunk, startFrame, endFrame, cost, ...known }];
    }
    case 'chunk-committed': {
      const { chunk, attempt, bytes, choice } = event;
      if (keeper.made.has(chunk)) return [];
      keeper.made.add(chunk);
      return [
        ...(attempt === null ? [{ type: 'chunk-reused', ms, chunk, bytes } as const] : []),
        ...(choice === undefined ? [] : [{ type: 'chunk-chosen', ms, chunk, attempt, ...choice } as const]),
      ];
    }
    case 'scan-ended':
    case 'job-finishing':
      return [{ type: event.type, ms }];
    case 'attempt-started': {
      const open = keeper.open.get(event.attempt);
      if (open?.attempt.state !== 'started') return [];
      const { number: attempt, chunk, peer } = open.attempt;
      return [{ type: 'attempt-started', ms, attempt, chunk: chunk.number, peer }];
    }
    default:
      return [];
  }
}

/** Notes when an attempt reached the next step of its way. */
function followAttempt(
  { open, job }: HistoryKeeper,
  state: LeaderState,
  event: LeaderEvent & { readonly attempt: number | null },
  ms: number,
): void {
  const number = event.attempt ?? 0;
  const attempt = open.has(number) ? undefined : attemptOf(state, job, number);
  if (attempt !== undefined && attempt.state !== 'away' && attempt.state !== 'over') {
    open.set(number, {
      attempt,
      isBackup: attempt.chunk.attempts.size > 1,
      takenUpMs: attempt.hasBeenAway ? ms : null,
      // What ended while its peer was away is known when the peer is back.
      encodedMs: attempt.hasBeenAway && attempt.bytes > 0 ? ms : null,
      fetchedMs: null,
    });
  }
  const known = open.get(number);
  if (event.type === 'attempt-encoded' && known !== undefined) known.encodedMs ??= ms;
  if (event.type === 'result-fetched' && known !== undefined) known.fetchedMs ??= ms;
}

/** Few are open at once, and few events end any. */
function endedAttempts(
  keeper: HistoryKeeper,
  event: LeaderEvent,
  ms: number,
  facts: HistoryFacts,
): HistoryRecord[] {
  const ending = outcomeOf(event);
  if (ending === null) return [];
  return [...keeper.open.values()]
    .filter(({ attempt }) => attempt.state === 'over' || attempt.state === 'away')
    .map((open) => {
      const { verdict, reason } = open.attempt;
      if (event.type === 'probe-kept' && verdict === 'accepted') {
        const scored = event.score === null ? 'was too large or small' : `scored ${event.score.toFixed(2)}`;
        const words = `At ${event.quality} it ${scored}.`;
        return endedRecord(keeper, open, ms, { outcome: 'probe', words }, facts);
      }
      const outcome = verdict === 'accepted' ? 'kept' : ending;
      return endedRecord(keeper, open, ms, { outcome, words: shorten(reason) }, facts);
    });
}

/** What this event makes of attempts that it ended and whose results were not kept; null when it ends none. */
function outcomeOf(event: LeaderEvent): AttemptOutcome | null {
  switch (event.type) {
    case 'attempt-failed':
      return event.cause;
    case 'chunk-committed':
    case 'probe-kept':
      return 'beaten';
    case 'result-spoiled':
      return 'result';
    case 'peer-away':
    case 'peer-left':
      return 'left';
    case 'lease-returned':
      return 'returned';
    case 'lease-yielded':
      return 'stolen';
    case 'job-ended':
    case 'attempt-cancelled':
      return 'cancelled';
    default:
      return null;
  }
}

function endedRecord(
  { open: opened, beganMs }: HistoryKeeper,
  open: OpenAttempt,
  ms: number,
  end: { readonly outcome: AttemptOutcome; readonly words: string },
  { factsOf }: HistoryFacts,
): HistoryRecord {
  const { attempt, isBackup, takenUpMs, encodedMs, fetchedMs } = open;
  opened.delete(attempt.number);
  const since = (atMs: number) => Math.max(Math.round(atMs - beganMs), takenUpMs ?? 0);
  return {
    type: 'attempt-ended',
    ms,
    attempt: attempt.number,
    chunk: attempt.chunk.number,
    peer: attempt.peer,
    isBackup,
    grantedMs: since(attempt.grantedMs),
    startedMs: attempt.startedMs === null ? null : since(attempt.startedMs),
    encodedMs,
    fetchedMs,
    ...end,
    framesEncoded: attempt.framesEncoded,
    ...factsOf(attempt.number),
    resultBytes: fetchedMs === null ? 0 : attempt.bytes,
  };
}

function shorten(words: string): string {
  return clipWords(words, MAX_HISTORY_WORDS);
}
