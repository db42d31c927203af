import { z } from 'zod';
import { ENCODER_NAMES } from '../../src/encoder/encoders.ts';
import { TONE_CURVES } from '../../src/picture/filters/tonemap.ts';
import { MAX_FILTERS } from '../../src/picture/picture-filters.ts';
import { DENOISE_LEVELS } from '../../src/picture/plan-filters.ts';
import type { SubmitRequest } from '../../src/protocol/control-api.ts';
import { MAX_PICTURE_SIDE } from '../../src/protocol/limits.ts';
import { METRIC_NAMES } from '../../src/quality/metric.ts';
import { WANTED_VMAF_MODELS } from '../../src/quality/vmaf-model.ts';
import { HIGHEST_PRIORITY, LOWEST_PRIORITY } from '../../src/schedule/priority.ts';
import { MAX_ZONES } from '../../src/zones/zone.ts';
import { pictureFilter } from '../protocol/schemas.ts';

/** More than a film of many hours has seconds. */
const MAX_FORCED = 100_000;

/** More tracks than any disc has. */
const MAX_AUDIO_CHOSEN = 256;

/** A side is checked with the whole picture. */
const side = z.int().min(2).max(MAX_PICTURE_SIDE).nullable();

const pictureWishes = z.object({
  filters: z.array(pictureFilter).max(MAX_FILTERS),
  autocrop: z.boolean(),
  scale: z.object({ width: side, height: side }).nullable(),
  denoise: z.enum(DENOISE_LEVELS).nullable(),
  deinterlace: z.enum(['auto', 'no']),
  tonemap: z.enum(TONE_CURVES).nullable(),
});

/** What the control socket takes. Only this machine's user reaches it; checked all the same, as all data is. */

const audioTranscode = z.object({
  codec: z.enum(['opus', 'aac', 'flac']),
  bitrateKbps: z.number().positive().max(10_000).nullable(),
  channels: z.int().min(1).max(64).nullable(),
  lfeMixLevel: z.number().min(0).max(2).nullable(),
});

const audioChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('tracks'), numbers: z.array(z.int().min(1)).max(MAX_AUDIO_CHOSEN) }),
  z.object({ type: z.literal('languages'), languages: z.array(z.string().max(35)).max(MAX_AUDIO_CHOSEN) }),
]);

const absolutePath = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'an absolute path');

const priority = z.int().min(LOWEST_PRIORITY).max(HIGHEST_PRIORITY);

export const prioritySchema = z.object({ priority });

const score = z.number().min(-100).max(100);
const crf = z.number().min(0).max(1000);

const qualityTarget = z.object({
  metric: z.enum(METRIC_NAMES),
  pooling: z.discriminatedUnion('type', [
    z.object({ type: z.literal('mean') }),
    z.object({ type: z.literal('harmonic') }),
    z.object({ type: z.literal('minimum') }),
    z.object({ type: z.literal('percentile'), percent: z.int().min(1).max(99) }),
  ]),
  aim: score,
  least: score,
  most: score,
  model: z.enum(WANTED_VMAF_MODELS),
  minCrf: crf.nullable(),
  maxCrf: crf.nullable(),
});

const budget = z.object({
  goal: z.discriminatedUnion('type', [
    z.object({ type: z.literal('bitrate'), kbps: z.number().positive().max(1e6) }),
    z.object({ type: z.literal('size'), bytes: z.number().positive().max(1e15) }),
  ]),
  minCrf: crf.nullable(),
  maxCrf: crf.nullable(),
});

const encoderParams = z.record(z.string().max(64), z.string().max(256));

const zoneBound = z.union([
  z.object({ frame: z.int().min(0) }).strict(),
  z.object({ seconds: z.number().min(0).max(1e7) }).strict(),
]);

const zone = z.object({
  start: zoneBound,
  end: zoneBound.nullable(),
  preset: z.int().min(0).max(100).nullable(),
  crf: crf.nullable(),
  target: qualityTarget.nullable(),
  grain: z.int().min(0).max(100).nullable(),
  params: encoderParams.nullable(),
});

const ladder = z.object({
  metric: z.enum(METRIC_NAMES),
  aim: score,
  model: z.enum(WANTED_VMAF_MODELS),
  minCrf: crf.nullable(),
  maxCrf: crf.nullable(),
});

const allocation = z.object({
  rule: z.discriminatedUnion('type', [
    z.object({ type: z.literal('slope') }),
    z.object({ type: z.literal('equal'), mostScore: score.nullable() }),
  ]),
  goal: z.discriminatedUnion('type', [
    z.object({ type: z.literal('score'), aim: score }),
    z.object({ type: z.literal('bitrate'), kbps: z.number().positive().max(1e6) }),
    z.object({ type: z.literal('size'), bytes: z.number().positive().max(1e15) }),
  ]),
  metric: z.enum(METRIC_NAMES),
  model: z.enum(WANTED_VMAF_MODELS),
  minCrf: crf.nullable(),
  maxCrf: crf.nullable(),
});

const autoparam = z.object({ metric: z.enum(METRIC_NAMES), model: z.enum(WANTED_VMAF_MODELS) });

export const submitRequestSchema = z.object({
  input: absolutePath,
  output: absolutePath,
  options: z.object({
    encoder: z.enum(ENCODER_NAMES),
    // What each encoder takes of these is checked when its settings are made.
    preset: z.int().min(0).max(100).nullable(),
    crf: crf.nullable(),
    // Jobs of older journals have none.
    target: qualityTarget.nullable().default(null),
    budget: budget.nullable().default(null),
    ladder: ladder.nullable().default(null),
    allocation: allocation.nullable().default(null),
    autoparam: autoparam.nullable().default(null),
    passes: z.int().min(1).max(3),
    grain: z.union([z.int().min(0).max(100), z.literal('auto')]),
    encoderParams,
    bitDepth: z.union([z.literal(8), z.literal(10)]),
    picture: pictureWishes,
    minSceneSeconds: z.number().min(0).max(3600),
    maxSceneSeconds: z.number().positive().max(3600),
    cuts: z.array(z.int().min(0)).max(1_000_000).nullable(),
    forcedKeyframes: z.array(z.int().min(0)).max(MAX_FORCED),
    zones: z.array(zone).max(MAX_ZONES).default([]),
    audio: z.union([z.enum(['copy', 'drop']), audioTranscode]),
    audioChoice: audioChoice.nullable().default(null),
    subtitles: z.enum(['copy', 'drop']),
    attachments: z.enum(['copy', 'drop']),
    chapters: z.boolean(),
    overwrite: z.boolean(),
    previews: z.boolean().default(false),
    isLocal: z.boolean(),
    checksStored: z.boolean(),
  }),
  priority: priority.optional(),
  cutsFrameCount: z.int().positive().optional(),
});

// The schema and the type of src/protocol say the same, or this does not compile.
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
type Same<A, B> = [A] extends [Writable<B>] ? ([Writable<B>] extends [A] ? true : never) : never;
const _sameRequest: Same<z.output<typeof submitRequestSchema>, SubmitRequest> = true;
void _sameRequest;
