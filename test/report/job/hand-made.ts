import type { JobReport, Loss } from '../../../src/report/job/job-report.ts';
import { makeReport } from '../../../src/report/job/make-report.ts';
import { readHistory } from '../../../src/report/job/read-history.ts';
import type { EndedAttempt, HistoryRecord } from '../../../src/report/job/records.ts';

/** Histories of a test's own making. Seconds here, as a person writes them. */

/** 21:40 on the leader's wall, which is two hours ahead of UTC. */
export const BEGAN_EPOCH_MS = (19 * 60 + 40) * 60_000;

export function run(atSeconds = 0): HistoryRecord {
  return {
    type: 'run-began',
    epochMs: BEGAN_EPOCH_MS + atSeconds * 1000,
    utcOffsetMinutes: 120,
    version: '1.2.3',
    leader: 'desk',
  };
}

export function join(seconds: number, peer: string, slots = 1): HistoryRecord[] {
  const ms = seconds * 1000;
  return [
    { type: 'peer-joined', ms, peer, name: peer },
    { type: 'build-measured', ms, peer, digest: `build of ${peer}`, encoder: 'SVT-AV1' },
    give(seconds, peer, slots),
  ];
}

export function give(seconds: number, peer: string, slots: number): HistoryRecord {
  return { type: 'slots-given', ms: seconds * 1000, peer, slots };
}

export function leave(seconds: number, peer: string): HistoryRecord {
  return { type: 'peer-left', ms: seconds * 1000, peer };
}

/** Chunks of 100 frames, each found at its time, and the scan's end with the last one. */
export function found(...seconds: number[]): HistoryRecord[] {
  return [
    ...seconds.map(
      (second, chunk): HistoryRecord => ({
        type: 'chunk-found',
        ms: second * 1000,
        chunk,
        startFrame: 100 * chunk,
        endFrame: 100 * chunk + 100,
        cost: 100,
        seconds: { from: 4 * chunk, until: 4 * chunk + 4 },
      }),
    ),
    { type: 'scan-ended', ms: (seconds.at(-1) ?? 0) * 1000 },
  ];
}

/** Granted and begun at once, proven as soon as it is encoded, unless told otherwise. */
export function attempt(
  chunk: number,
  peer: string,
  fromSeconds: number,
  untilSeconds: number,
  changes: Partial<EndedAttempt> = {},
): HistoryRecord {
  const isKept = (changes.outcome ?? 'kept') === 'kept';
  return {
    type: 'attempt-ended',
    ms: untilSeconds * 1000,
    attempt: chunk,
    chunk,
    peer,
    isBackup: false,
    grantedMs: fromSeconds * 1000,
    startedMs: fromSeconds * 1000,
    encodedMs: isKept ? untilSeconds * 1000 : null,
    fetchedMs: isKept ? untilSeconds * 1000 : null,
    outcome: 'kept',
    words: '',
    framesEncoded: 100,
    cpuSeconds: 1,
    sentBytes: 3000,
    resultBytes: isKept ? 1000 : 0,
    ...changes,
  };
}

export function end(seconds: number): HistoryRecord {
  return { type: 'run-ended', ms: seconds * 1000, phase: 'done' };
}

export function reportOf(...records: (HistoryRecord | HistoryRecord[])[]): JobReport {
  const all = records.flat();
  const facts = { job: 'j', input: '/in.mkv', output: '/out.mkv', phase: 'done' as const };
  return makeReport(
    { ...facts, keys: new Map(), aim: null, params: null, zones: [], recordCount: all.length },
    readHistory(all, null),
  );
}

/** What cost time, as `words: seconds`. */
export function told({ losses }: { readonly losses: readonly Loss[] }): string[] {
  return losses.map(({ words, seconds }) => `${words}: ${seconds.toFixed(1)}`);
}
