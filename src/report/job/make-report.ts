import type { JobPhase } from '../../protocol/control-api.ts';
import { type Account, accountFor } from './account.ts';
import { slotsOverTime, slotTimeOf } from './capacity.ts';
import { lowerBoundMs } from './efficiency.ts';
import type { AttemptReport, JobReport, ManifestEntry, PeerReport } from './job-report.ts';
import { lossesOf } from './losses.ts';
import {
  type AttemptHistory,
  attemptsByPeer,
  type History,
  isOfUse,
  type PeerHistory,
} from './read-history.ts';
import { MAX_HISTORY_RECORDS } from './records.ts';
import { speedsOf } from './speeds.ts';

/** What a job's journal knows of it, besides its history. */
export interface JobFacts {
  readonly job: string;
  readonly input: string;
  readonly output: string;
  readonly phase: JobPhase;
  /** Names of the results in the cache, by chunk. */
  readonly keys: ReadonlyMap<number, string>;
  readonly aim: JobReport['aim'];
  readonly params: JobReport['params'];
  /** A sentence for each zone. */
  readonly zones: readonly string[];
  readonly recordCount: number;
}

/** The whole report of a job that ended, or so far. */
export function makeReport(facts: JobFacts, history: History): JobReport {
  const account = accountFor(history);
  const boundMs = facts.phase === 'done' ? lowerBoundMs(history) : null;
  const isFinished = boundMs !== null && history.endMs > 0;
  const last = history.runs.at(-1);
  return {
    job: facts.job,
    input: facts.input,
    output: facts.output,
    phase: facts.phase,
    version: last?.version ?? '',
    leader: last?.leader ?? '',
    runs: history.runs.map(({ beganEpochMs, utcOffsetMinutes, fromMs, untilMs, awayMs, end }) => ({
      ...{ beganEpochMs, utcOffsetMinutes, end },
      fromSeconds: fromMs / 1000,
      untilSeconds: untilMs / 1000,
      awaySeconds: awayMs / 1000,
    })),
    makespanSeconds: history.endMs / 1000,
    scanEndedSeconds: inSeconds(history.scanEndedMs),
    boundSeconds: inSeconds(boundMs),
    efficiency: isFinished ? boundMs / history.endMs : null,
    timeUse: inAllSeconds(account),
    losses: lossesOf(history, account),
    wastedShare: wastedShareOf(history),
    bytes: bytesOf(history),
    peers: peersOf(history),
    attempts: history.attempts.map(attemptOf),
    aim: facts.aim,
    params: facts.params,
    zones: facts.zones,
    manifest: manifestOf(history, facts.keys),
    isComplete: facts.recordCount < MAX_HISTORY_RECORDS,
  };
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function inAllSeconds({ uses }: Account): JobReport['timeUse'] {
  const seconds = Object.entries(uses).map(([use, ms]) => [use, ms / 1000]);
  return Object.fromEntries(seconds) as JobReport['timeUse'];
}

/** Of the work that slots did, each by its speed. */
function wastedShareOf(history: History): number {
  const speeds = speedsOf(history);
  let all = 0;
  let wasted = 0;
  for (const attempt of history.attempts) {
    const work = slotMsOf(attempt) * (speeds.get(attempt.peer) ?? 0);
    all += work;
    if (!isOfUse(attempt) && attempt.outcome !== 'running') wasted += work;
  }
  return all > 0 ? wasted / all : 0;
}

/** How long an attempt had a slot. */
function slotMsOf(attempt: AttemptHistory): number {
  const time = slotTimeOf(attempt);
  return time === null ? 0 : time.untilMs - time.fromMs;
}

/** What stayed on the leader's machine did not move. */
function bytesOf({ attempts, runs }: History): JobReport['bytes'] {
  const leader = runs.at(-1)?.leader;
  const moved = attempts.filter(({ peer }) => peer !== leader);
  return {
    sentSlices: sum(moved.map(({ sentBytes }) => sentBytes)),
    fetchedResults: sum(moved.map(({ resultBytes }) => resultBytes)),
  };
}

/** Those that could have helped, the leader first, then by what they did. */
function peersOf(history: History): PeerReport[] {
  const speeds = speedsOf(history);
  const slotTimes = slotsOverTime(history);
  const leader = history.runs.at(-1)?.leader;
  const attempts = attemptsByPeer(history.attempts);
  return [...history.peers.values()]
    .map((peer): PeerReport => {
      const own = attempts.get(peer.id) ?? [];
      const steps = slotTimes.get(peer.id) ?? [];
      return {
        ...identityOf(peer),
        isLeader: peer.id === leader,
        speed: speeds.has(peer.id) ? (speeds.get(peer.id) ?? 0) * 1000 : null,
        mostSlots: Math.max(0, ...steps.map(({ slots }) => slots)),
        ...deedsOf(history, own),
        slotSeconds: givenMsOf(steps, history.endMs) / 1000,
        ...(peer.id === leader ? { sentBytes: 0, resultBytes: 0 } : trafficOf(own)),
      };
    })
    .sort((a, b) => Number(b.isLeader) - Number(a.isLeader) || b.frameCount - a.frameCount);
}

function identityOf({ id, name, encoder, build, unavailable, steps }: PeerHistory) {
  return {
    ...{ id, name, encoder, build, unavailable },
    steps: steps.map(({ fromMs, slots, state }) => ({ fromSeconds: fromMs / 1000, slots, state })),
  };
}

function deedsOf({ chunks }: History, own: readonly AttemptHistory[]) {
  const kept = own.filter(({ outcome }) => outcome === 'kept');
  const frames = kept.map(({ chunk }) => {
    const range = chunks.get(chunk);
    return range === undefined ? 0 : range.endFrame - range.startFrame;
  });
  return {
    chunkCount: kept.length,
    frameCount: sum(frames),
    busySeconds: sum(own.map(slotMsOf)) / 1000,
    cpuSeconds: sum(own.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

function trafficOf(own: readonly AttemptHistory[]) {
  return {
    sentBytes: sum(own.map(({ sentBytes }) => sentBytes)),
    resultBytes: sum(own.map(({ resultBytes }) => resultBytes)),
  };
}

function givenMsOf(
  steps: readonly { readonly fromMs: number; readonly slots: number }[],
  endMs: number,
): number {
  return sum(
    steps.map(
      ({ fromMs, slots }, index) => slots * Math.max(0, (steps[index + 1]?.fromMs ?? endMs) - fromMs),
    ),
  );
}

function attemptOf(attempt: AttemptHistory): AttemptReport {
  const { grantedMs, startedMs, encodedMs, fetchedMs, endedMs, ...rest } = attempt;
  return {
    ...rest,
    grantedSeconds: grantedMs / 1000,
    startedSeconds: inSeconds(startedMs),
    encodedSeconds: inSeconds(encodedMs),
    fetchedSeconds: inSeconds(fetchedMs),
    endedSeconds: endedMs / 1000,
  };
}

function manifestOf({ chunks, attempts, peers }: History, keys: JobFacts['keys']): ManifestEntry[] {
  const kept = new Map(
    attempts.filter(({ outcome }) => outcome === 'kept').map((attempt) => [attempt.chunk, attempt]),
  );
  return [...chunks.values()]
    .sort((a, b) => a.chunk - b.chunk)
    .map(({ chunk, startFrame, endFrame, foundMs, seconds, zone, reusedBytes, choice }): ManifestEntry => {
      const attempt = kept.get(chunk);
      const maker = attempt === undefined ? undefined : peers.get(attempt.peer);
      return {
        ...{ chunk, startFrame, endFrame, foundSeconds: foundMs / 1000, shownSeconds: seconds, zone },
        madeBy: attempt !== undefined ? 'peer' : reusedBytes !== null ? 'cache' : null,
        bytes: attempt?.resultBytes ?? reusedBytes ?? 0,
        attempt: attempt?.attempt ?? null,
        peer: attempt?.peer ?? null,
        build: maker?.build ?? null,
        encoder: maker?.encoder ?? null,
        key: keys.get(chunk) ?? null,
        choice,
      };
    });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
