import { z } from 'zod';
import type { HistoryRecord } from '../../src/report/job/records.ts';
import type { JournalFormat } from '../storage/journal.ts';

const ms = z.number().min(0);
const moment = ms.nullable();
const count = z.int().min(0);
const text = z.string();

const endedAttempt = {
  attempt: count,
  chunk: count,
  peer: text,
  isBackup: z.boolean(),
  grantedMs: z.number(),
  startedMs: moment,
  encodedMs: moment,
  fetchedMs: moment,
  outcome: z.enum([
    ...(['kept', 'probe', 'beaten', 'left', 'returned', 'stolen', 'cancelled'] as const),
    ...(['frames', 'result', 'encoder', 'slice', 'transfer', 'peer', 'expired'] as const),
  ]),
  words: text,
  framesEncoded: count,
  cpuSeconds: z.number(),
  sentBytes: count,
  resultBytes: count,
};

const historyRecord = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run-began'),
    epochMs: z.number(),
    utcOffsetMinutes: z.number(),
    version: text,
    leader: text,
  }),
  z.object({ type: z.literal('peer-joined'), ms, peer: text, name: text }),
  z.object({ type: z.literal('peer-left'), ms, peer: text }),
  z.object({ type: z.literal('slots-given'), ms, peer: text, slots: count }),
  z.object({ type: z.literal('build-measured'), ms, peer: text, digest: text, encoder: text }),
  z.object({ type: z.literal('build-unavailable'), ms, peer: text, reason: text }),
  z.object({
    type: z.literal('chunk-found'),
    ms,
    chunk: count,
    startFrame: count,
    endFrame: count,
    cost: z.number(),
    seconds: z.object({ from: z.number(), until: z.number() }).optional(),
    zone: count.optional(),
  }),
  z.object({ type: z.literal('chunk-reused'), ms, chunk: count, bytes: count }),
  z.object({
    type: z.literal('chunk-chosen'),
    ms,
    chunk: count,
    attempt: count.nullable(),
    quality: z.number(),
    score: z.number().nullable(),
    probeCount: count,
    insteadOf: z.number().optional(),
  }),
  z.object({ type: z.literal('scan-ended'), ms }),
  z.object({ type: z.literal('attempt-started'), ms, attempt: count, chunk: count, peer: text }),
  z.object({ type: z.literal('attempt-ended'), ms, ...endedAttempt }),
  z.object({ type: z.literal('job-finishing'), ms }),
  z.object({
    type: z.literal('run-ended'),
    ms,
    phase: z.enum(['done', 'failed', 'cancelled', 'stopped', 'left-off', 'options-tried']),
  }),
]);

/** How the history of a job is written and read. The version rises when a record changes its meaning. */
export const HISTORY_FILE: JournalFormat<HistoryRecord> = {
  version: 2,
  oldestReadable: 1,
  parse: (value) => historyRecord.parse(value),
};
