import { z } from 'zod';
import type { SourceIdentity } from '../../src/media/source-video.ts';
import type { SubmitRequest } from '../../src/protocol/control-api.ts';
import { METRIC_NAMES } from '../../src/quality/metric.ts';
import { type ParamOutcome, VERDICTS } from '../../src/quality/param-trial.ts';
import { WANTED_VMAF_MODELS } from '../../src/quality/vmaf-model.ts';
import { submitRequestSchema } from '../control/schemas.ts';
import { firstIssue } from '../first-issue.ts';
import type { JournalFormat } from '../storage/journal.ts';
import type { EncodeCost } from './known-probes.ts';

/** What a job's journal holds, in order. Replayed at start: the last word decides whether the job goes on by itself. */
export type JobRecord =
  | {
      readonly type: 'job-submitted';
      readonly job: string;
      readonly request: SubmitRequest;
      readonly identity: SourceIdentity;
      /** ISO 8601, for the list of jobs. */
      readonly submittedAt: string;
    }
  | { readonly type: 'chunk-committed'; readonly chunk: number; readonly key: string }
  /** An encode of a chunk that is scored and in the store; its chunk is not settled by it. */
  | {
      readonly type: 'probe-kept';
      readonly chunk: number;
      readonly key: string;
      readonly cost?: EncodeCost | undefined;
    }
  /** The encoder itself spoils a picture of the chunk at this CRF, and another is taken; the name is that of the refused result. */
  | {
      readonly type: 'result-spoiled';
      readonly chunk: number;
      readonly key: string;
      readonly crf: number;
    }
  /** Encoder options were tried: the film is encoded with what won. */
  | { readonly type: 'params-chosen'; readonly outcome: ParamOutcome }
  /** The output is whole under its temporary name, and takes its own next. */
  | { readonly type: 'output-written'; readonly bytes: number }
  | { readonly type: 'job-prioritised'; readonly priority: number }
  /** Asked for by the user: only the same command goes on. */
  | { readonly type: 'job-stopped' }
  | { readonly type: 'job-resumed' }
  | { readonly type: 'job-ended'; readonly phase: 'done' | 'failed' | 'cancelled'; readonly words: string };

const identity = z.object({
  sizeBytes: z.number().min(0),
  modifiedMs: z.number(),
  sampledDigest: z.string(),
});

const cost = z.object({ peer: z.string(), cpuSeconds: z.number() });

const params = z.record(z.string(), z.string());

const paramOutcome = z.object({
  metric: z.enum(METRIC_NAMES),
  model: z.enum(WANTED_VMAF_MODELS),
  sampleCount: z.int().min(0),
  chunkCount: z.int().min(0),
  crfs: z.array(z.number()),
  evidence: z.array(
    z.object({
      params,
      bdRate: z.number().nullable(),
      samples: z.array(z.number()),
      timeRatio: z.number().nullable(),
      verdict: z.enum(VERDICTS),
    }),
  ),
  chosen: params,
});

const jobRecord = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('job-submitted'),
    job: z.string(),
    request: submitRequestSchema,
    identity,
    submittedAt: z.string(),
  }),
  z.object({ type: z.literal('chunk-committed'), chunk: z.int().min(0), key: z.string() }),
  z.object({ type: z.literal('probe-kept'), chunk: z.int().min(0), key: z.string(), cost: cost.optional() }),
  z.object({
    type: z.literal('result-spoiled'),
    chunk: z.int().min(0),
    key: z.string(),
    crf: z.number(),
  }),
  z.object({ type: z.literal('params-chosen'), outcome: paramOutcome }),
  z.object({ type: z.literal('output-written'), bytes: z.number().min(0) }),
  z.object({ type: z.literal('job-prioritised'), priority: z.int() }),
  z.object({ type: z.literal('job-stopped') }),
  z.object({ type: z.literal('job-resumed') }),
  z.object({
    type: z.literal('job-ended'),
    phase: z.enum(['done', 'failed', 'cancelled']),
    words: z.string(),
  }),
]);

/** How a job's journal is written and read. The version rises when a record changes its meaning. */
export const JOB_JOURNAL: JournalFormat<JobRecord> = {
  version: 3,
  oldestReadable: 1,
  parse(value) {
    const read = jobRecord.safeParse(value);
    if (read.success) return read.data;
    throw new Error(
      `a record in it is none that this version of vadeio-node knows. ${firstIssue(read.error)}`,
    );
  },
};
