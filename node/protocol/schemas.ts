import { z } from 'zod';
import { checkSettings } from '../../src/encoder/check-settings.ts';
import { ENCODER_NAMES } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { FINGERPRINT_BYTES } from '../../src/media/sketch.ts';
import { HEARTBEAT_MS, IDLE_HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import { checkFiltering, FILTER_NAMES, MAX_FILTERS } from '../../src/picture/picture-filters.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { BulkHeader, BulkRequest, Heartbeat, Hello, Message } from '../../src/protocol/messages.ts';
import { withoutControls } from '../../src/protocol/words.ts';
import { VMAF_MODELS } from '../../src/quality/vmaf-model.ts';
import { MAX_VARIANTS } from '../../src/zones/coding-variants.ts';
import { sentenceOf } from '../sentence.ts';

/** What may cross the wire: each field typed and in its range (invariant 7). Unknown fields are left out. */

const count = z.int().min(0).max(limits.MAX_COUNT);
const frameCount = z.int().min(0).max(limits.MAX_FRAMES);
const byteCount = z.int().min(0).max(limits.MAX_BULK_BYTES);
/** Names jobs, instances and links. No character of it means anything to a file system or a shell. */
const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .max(limits.MAX_ID_LENGTH);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const text = (maxLength: number) => z.string().max(maxLength).transform(withoutControls);
const name = text(limits.MAX_NAME_LENGTH);
const version = text(limits.MAX_VERSION_LENGTH);
const words = text(limits.MAX_WORDS_LENGTH);

const rational = z.object({
  num: z.int().min(0).max(limits.MAX_RATIONAL_PART),
  den: z.int().min(1).max(limits.MAX_RATIONAL_PART),
});
const chromaticity = z.tuple([rational, rational]);
/** H.273 code points are one byte. */
const codePoint = z.int().min(0).max(255);
/** Luma is subsampled by two in both directions. */
const pictureSide = z.int().min(2).max(limits.MAX_PICTURE_SIDE).multipleOf(2);
/** MaxCLL and MaxFALL are 16-bit in AV1's metadata. */
const lightLevel = z.int().min(0).max(65_535);

const filterOptions = z.record(
  z
    .string()
    .regex(/^[a-z_]+$/)
    .max(limits.MAX_PARAM_KEY_LENGTH),
  z
    .string()
    .regex(/^[a-z0-9_.-]+$/)
    .max(limits.MAX_PARAM_VALUE_LENGTH),
);

/** The shape alone; which options and values there are is each filter's to say. */
export const pictureFilter = z.object({ name: z.enum(FILTER_NAMES), options: filterOptions });

const picture = z.object({
  width: pictureSide,
  height: pictureSide,
  bitDepth: z.union([z.literal(8), z.literal(10)]),
  frameRate: rational.refine((rate) => rate.num > 0, 'a frame rate is above zero'),
  sampleAspectRatio: rational,
  colour: z.object({
    primaries: codePoint,
    transfer: codePoint,
    matrix: codePoint,
    range: z.int().min(0).max(2),
    chromaLocation: z.int().min(0).max(6),
  }),
  masteringDisplay: z
    .object({
      red: chromaticity,
      green: chromaticity,
      blue: chromaticity,
      white: chromaticity,
      minLuminance: rational,
      maxLuminance: rational,
    })
    .nullable(),
  contentLight: z.object({ maxContent: lightLevel, maxFrameAverage: lightLevel }).nullable(),
  hdr10Plus: z.literal(true).exactOptional(),
});

/** The shape alone; which keys and ranges there are is the encoder's to say. */
const params = z
  .record(
    z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .max(limits.MAX_PARAM_KEY_LENGTH),
    z
      .string()
      .regex(/^[A-Za-z0-9.:,/+-]*$/)
      .max(limits.MAX_PARAM_VALUE_LENGTH),
  )
  .refine(
    (pairs) => Object.keys(pairs).length <= limits.MAX_PARAMS,
    `at most ${limits.MAX_PARAMS} parameters`,
  );

const rate = z.discriminatedUnion('type', [
  z.object({ type: z.literal('quality'), value: z.number().min(0).max(limits.MAX_COUNT) }),
  z.object({ type: z.literal('bitrate'), kbps: z.int().min(1).max(limits.MAX_COUNT) }),
]);

/** The shape first, so that nothing long is looked up; then all that the encoder itself says of its settings. */
export const encodeSettingsSchema = z
  .object({
    encoder: z.enum(ENCODER_NAMES),
    preset: count,
    rate,
    passes: z.int().min(1).max(limits.MAX_PASSES),
    grain: count,
    params,
    picture,
    filtering: z
      .object({
        input: z.object({ width: pictureSide, height: pictureSide }),
        filters: z.array(pictureFilter).max(MAX_FILTERS),
      })
      .nullable(),
  })
  .superRefine((settings, context) => {
    try {
      checkSettings(settings);
      if (settings.filtering !== null) checkFiltering(settings.filtering, settings.picture);
    } catch (error) {
      context.addIssue({ code: 'custom', message: sentenceOf(error) });
    }
  });

export const helloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.int().min(0).max(limits.MAX_COUNT),
  version,
  name,
  instance: id,
  slots: z.int().min(0).max(limits.MAX_SLOTS),
  port: z.int().min(1).max(65_535),
  swarm: name,
  link: z.object({ id, received: count }).nullable(),
});

/** What every version's hello has; enough to say that two versions do not fit. */
export const anyHelloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.int().min(0).max(limits.MAX_COUNT),
  version,
});

export const heartbeatSchema = z.object({
  type: z.literal('heartbeat'),
  received: count,
  everyMs: z.int().min(HEARTBEAT_MS).max(IDLE_HEARTBEAT_MS),
});

export const goodbyeSchema = z.object({ type: z.literal('goodbye'), reason: words });

export const measureSchema = z.discriminatedUnion('metric', [
  z.object({ metric: z.literal('vmaf'), model: z.enum(VMAF_MODELS) }),
  z.object({ metric: z.enum(['xpsnr', 'ssim', 'psnr', 'ssimulacra2']) }),
]);

/** Of any metric: VMAF's. SSIM in decibels may fall below zero. */
const MOST_SCORE = 100;

const leaderMessages = [
  z.object({
    type: z.literal('job-announced'),
    job: id,
    settings: encodeSettingsSchema,
    // Whether the encoder takes them is seen where the settings are put together.
    variants: z.array(z.object({ preset: count, grain: count, params })).max(MAX_VARIANTS),
    measure: measureSchema.nullable(),
  }),
  z.object({
    type: z.literal('lease-granted'),
    job: id,
    chunk: count,
    attempt: count,
    frameCount,
    sliceBytes: byteCount,
    // Whether the encoder takes it is seen where the settings are put together.
    quality: z.number().min(0).max(limits.MAX_COUNT).nullable(),
    variant: z
      .int()
      .min(0)
      .max(MAX_VARIANTS - 1)
      .nullable(),
    isScored: z.boolean(),
    stolenSlice: z.object({ peer: id, attempt: count, sha256 }).nullable(),
  }),
  z.object({ type: z.literal('steal-asked'), job: id, attempt: count, thief: id }),
  z.object({ type: z.literal('attempt-cancelled'), job: id, attempt: count, reason: words }),
  z.object({ type: z.literal('result-settled'), job: id, attempt: count, accepted: z.boolean() }),
  z.object({ type: z.literal('job-ended'), job: id }),
] as const;

const fingerprints = z
  .instanceof(Uint8Array)
  .refine(
    (bytes) => bytes.byteLength <= limits.MAX_FINGERPRINT_BYTES && bytes.byteLength % FINGERPRINT_BYTES === 0,
    `fingerprints are ${FINGERPRINT_BYTES} bytes each and at most ${limits.MAX_FINGERPRINT_BYTES} in all`,
  );

const peerMessages = [
  z.object({ type: z.literal('room-offered'), leases: z.int().min(0).max(limits.MAX_LEASES) }),
  z.object({
    type: z.literal('build-measured'),
    job: id,
    digest: sha256,
    variantDigests: z.array(sha256).max(MAX_VARIANTS),
    encoder: version,
    lacks: words.nullable(),
  }),
  z.object({ type: z.literal('build-unavailable'), job: id, reason: words }),
  z.object({ type: z.literal('attempt-started'), job: id, attempt: count }),
  z.object({
    type: z.literal('frames-decoded'),
    job: id,
    attempt: count,
    firstFrame: frameCount,
    fingerprints,
  }),
  z.object({
    type: z.literal('attempt-progress'),
    job: id,
    attempt: count,
    framesEncoded: frameCount,
    bytes: byteCount,
  }),
  z.object({
    type: z.literal('frames-scored'),
    job: id,
    attempt: count,
    firstFrame: frameCount,
    scores: z.array(z.number().min(-MOST_SCORE).max(MOST_SCORE)).max(limits.MAX_SCORES),
  }),
  z.object({
    type: z.literal('attempt-encoded'),
    job: id,
    attempt: count,
    frameCount,
    bytes: byteCount,
    sha256,
    cpuSeconds: z.number().min(0).max(limits.MAX_COUNT),
  }),
  z.object({
    type: z.literal('attempt-failed'),
    job: id,
    attempt: count,
    cause: z.enum(['frames', 'encoder', 'slice', 'peer']),
    words,
  }),
  z.object({ type: z.literal('lease-yielded'), job: id, attempt: count, hasSlice: z.boolean() }),
  z.object({ type: z.literal('steal-refused'), job: id, attempt: count }),
  z.object({ type: z.literal('lease-returned'), job: id, attempt: count, reason: words }),
] as const;

export const messageSchema = z.discriminatedUnion('type', [
  helloSchema,
  heartbeatSchema,
  goodbyeSchema,
  ...leaderMessages,
  ...peerMessages,
]);

export const bulkRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['slice', 'result']), job: id, attempt: count }),
  z.object({ kind: z.literal('stolen-slice'), leader: id, job: id, attempt: count }),
]);

export const bulkHeaderSchema = z.union([z.object({ bytes: byteCount }), z.object({ refused: words })]);

export const schemas = {
  message: messageSchema,
  bulkRequest: bulkRequestSchema,
  bulkHeader: bulkHeaderSchema,
  encodeSettings: encodeSettingsSchema,
} as const;

// The schemas and the types of src/protocol say the same, or this does not compile.
type Writable<T> = T extends Uint8Array
  ? Uint8Array
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;
type Same<A, B> = [Writable<A>] extends [Writable<B>]
  ? [Writable<B>] extends [Writable<A>]
    ? true
    : never
  : never;
const _sameMessage: Same<z.output<typeof messageSchema>, Message> = true;
const _sameHello: Same<z.output<typeof helloSchema>, Hello> = true;
const _sameHeartbeat: Same<z.output<typeof heartbeatSchema>, Heartbeat> = true;
const _sameRequest: Same<z.output<typeof bulkRequestSchema>, BulkRequest> = true;
const _sameHeader: Same<z.output<typeof bulkHeaderSchema>, BulkHeader> = true;
const _sameSettings: Same<z.output<typeof encodeSettingsSchema>, EncodeSettings> = true;
void [_sameMessage, _sameHello, _sameHeartbeat, _sameRequest, _sameHeader, _sameSettings];
