import { decode, encode } from 'cborg';
import { expect, test } from 'vitest';
import { encodeMessage } from '../../node/mesh/control-stream.ts';
import { bulkHeaderSchema, bulkRequestSchema, messageSchema } from '../../node/protocol/schemas.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { clipWords } from '../../src/protocol/words.ts';

const settings: EncodeSettings = {
  encoder: 'svt-av1',
  preset: 8,
  rate: { type: 'quality', value: 30 },
  passes: 1,
  grain: 0,
  params: { tune: '0', 'aq-mode': '2' },
  filtering: null,
  picture: {
    width: 1920,
    height: 800,
    bitDepth: 10,
    frameRate: { num: 24_000, den: 1001 },
    sampleAspectRatio: { num: 1, den: 1 },
    colour: { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 },
    masteringDisplay: {
      red: [
        { num: 34_000, den: 50_000 },
        { num: 16_000, den: 50_000 },
      ],
      green: [
        { num: 13_250, den: 50_000 },
        { num: 34_500, den: 50_000 },
      ],
      blue: [
        { num: 7500, den: 50_000 },
        { num: 3000, den: 50_000 },
      ],
      white: [
        { num: 15_635, den: 50_000 },
        { num: 16_450, den: 50_000 },
      ],
      minLuminance: { num: 1, den: 10_000 },
      maxLuminance: { num: 1000, den: 1 },
    },
    contentLight: { maxContent: 1000, maxFrameAverage: 400 },
    hdr10Plus: true,
  },
};

/** One of each, at the largest that is allowed where that is not obvious. */
const messages: readonly Message[] = [
  {
    type: 'hello',
    protocol: 1,
    version: '0.1.0',
    name: 'nas',
    instance: 'abc',
    slots: 2,
    port: 18_427,
    swarm: 'home',
    link: { id: 'l1', received: 7 },
  },
  { type: 'heartbeat', received: 0, everyMs: 1000 },
  { type: 'goodbye', reason: 'it was stopped' },
  {
    type: 'job-announced',
    job: 'job-1',
    settings,
    variants: [{ preset: 4, grain: 8, params: { tune: '0' } }],
    measure: { metric: 'vmaf', model: '4k' },
  },
  {
    type: 'lease-granted',
    job: 'job-1',
    chunk: 0,
    attempt: 1,
    frameCount: 240,
    sliceBytes: 1e6,
    quality: 27.5,
    variant: 7,
    isScored: true,
    stolenSlice: null,
  },
  { type: 'steal-asked', job: 'job-1', attempt: 1, thief: 'peer' },
  { type: 'lease-yielded', job: 'job-1', attempt: 1, hasSlice: true },
  { type: 'steal-refused', job: 'job-1', attempt: 1 },
  { type: 'attempt-cancelled', job: 'job-1', attempt: 1, reason: 'the job was cancelled' },
  { type: 'result-settled', job: 'job-1', attempt: 1, accepted: true },
  { type: 'job-ended', job: 'job-1' },
  { type: 'room-offered', leases: 4 },
  {
    type: 'build-measured',
    job: 'job-1',
    digest: 'a'.repeat(64),
    variantDigests: ['b'.repeat(64)],
    encoder: 'SVT-AV1 v3.1.0',
    lacks: null,
  },
  { type: 'frames-scored', job: 'job-1', attempt: 1, firstFrame: 4096, scores: [95.25, 100, -0.5] },
  { type: 'build-unavailable', job: 'job-1', reason: 'no encoder' },
  { type: 'attempt-started', job: 'job-1', attempt: 1 },
  {
    type: 'frames-decoded',
    job: 'job-1',
    attempt: 1,
    firstFrame: 100,
    fingerprints: new Uint8Array(limits.MAX_FINGERPRINT_BYTES).fill(255),
  },
  { type: 'attempt-progress', job: 'job-1', attempt: 1, framesEncoded: 10, bytes: 10_000 },
  {
    type: 'attempt-encoded',
    job: 'job-1',
    attempt: 1,
    frameCount: 240,
    bytes: 1e6,
    sha256: '0'.repeat(64),
    cpuSeconds: 12.5,
  },
  {
    type: 'attempt-failed',
    job: 'job-1',
    attempt: 1,
    cause: 'encoder',
    words: '€'.repeat(limits.MAX_WORDS_LENGTH),
  },
  { type: 'lease-returned', job: 'job-1', attempt: 1, reason: 'stopping' },
];

test('every message is the same after the wire', () => {
  for (const message of messages)
    expect(messageSchema.parse(decode(encodeMessage(message)))).toEqual(message);
});

test('there is a message here for each one that the schema knows', () => {
  const known = messageSchema.options.map((option) => option.shape.type.value);
  expect(messages.map(({ type }) => type).sort()).toEqual([...known].sort());
});

test('encode settings out of range are refused, each for itself', () => {
  const bad: unknown[] = [
    { ...settings, encoder: 'x265' },
    { ...settings, preset: 14 },
    { ...settings, preset: -1 },
    { ...settings, preset: 1.5 },
    { ...settings, rate: { type: 'quality', value: 0 } },
    { ...settings, rate: { type: 'quality', value: 64 } },
    { ...settings, rate: { type: 'quality', value: 30.5 } },
    { ...settings, params: { 'a b': '1' } },
    { ...settings, params: { Tune: '1' } },
    { ...settings, params: { 'stat-file': '/etc/passwd;rm' } },
    { ...settings, params: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, '1'])) },
    { ...settings, params: { tune: 0 } },
    { ...settings, params: { tune: '00' } },
    { ...settings, params: { 'aq-mode': '-1' } },
    { ...settings, params: { lp: '1' } },
    { ...settings, picture: { ...settings.picture, width: 1921 } },
    { ...settings, picture: { ...settings.picture, width: 0 } },
    { ...settings, picture: { ...settings.picture, height: 1e6 } },
    { ...settings, picture: { ...settings.picture, bitDepth: 12 } },
    { ...settings, picture: { ...settings.picture, frameRate: { num: 0, den: 1 } } },
    { ...settings, picture: { ...settings.picture, frameRate: { num: 24, den: 0 } } },
    { ...settings, picture: { ...settings.picture, colour: { ...settings.picture.colour, primaries: 256 } } },
  ];
  for (const wrong of bad) {
    const result = messageSchema.safeParse({ type: 'job-announced', job: 'job-1', settings: wrong });
    expect([JSON.stringify(wrong).slice(0, 80), result.success]).toEqual([expect.anything(), false]);
  }
});

test('a key that reaches into JavaScript itself is dropped', () => {
  const params = JSON.parse('{"__proto__": "1", "tune": "0"}');
  const parsed = messageSchema.parse({
    type: 'job-announced',
    job: 'job-1',
    settings: { ...settings, params },
    variants: [],
    measure: null,
  });
  expect(parsed).toEqual({
    type: 'job-announced',
    job: 'job-1',
    settings: { ...settings, params: { tune: '0' } },
    variants: [],
    measure: null,
  });
  expect(Object.keys(settings.params)).not.toContain('__proto__');
});

test('names that could be paths, numbers that could not be counts, and strangers are refused', () => {
  const bad: unknown[] = [
    { type: 'job-ended', job: '../../etc' },
    { type: 'job-ended', job: '' },
    { type: 'job-ended', job: 'x'.repeat(65) },
    { type: 'attempt-started', job: 'job-1', attempt: -1 },
    { type: 'attempt-started', job: 'job-1', attempt: 0.5 },
    { type: 'attempt-started', job: 'job-1', attempt: Number.NaN },
    { type: 'attempt-started', job: 'job-1', attempt: 2 ** 40 },
    { type: 'attempt-started', job: 'job-1' },
    {
      type: 'job-announced',
      job: 'job-1',
      settings,
      variants: [{ preset: 4, grain: 8, params: { tune: '0' } }],
      measure: { metric: 'vmaf', model: '/etc/passwd' },
    },
    { type: 'frames-scored', job: 'job-1', attempt: 1, firstFrame: 0, scores: [Number.NaN] },
    { type: 'frames-scored', job: 'job-1', attempt: 1, firstFrame: 0, scores: [101] },
    { type: 'frames-scored', job: 'job-1', attempt: 1, firstFrame: 0, scores: Array(5000).fill(1) },
    {
      type: 'job-announced',
      job: 'job-1',
      settings,
      variants: Array(9).fill({ preset: 4, grain: 8, params: {} }),
      measure: null,
    },
    {
      type: 'job-announced',
      job: 'job-1',
      settings,
      variants: [{ preset: 4, grain: 8, params: { '../x': '1' } }],
      measure: null,
    },
    { type: 'frames-decoded', job: 'job-1', attempt: 1, firstFrame: 0, fingerprints: new Uint8Array(17) },
    { type: 'frames-decoded', job: 'job-1', attempt: 1, firstFrame: 0, fingerprints: [1, 2] },
    {
      type: 'lease-granted',
      job: 'job-1',
      chunk: 0,
      attempt: 1,
      frameCount: 1,
      sliceBytes: Number.POSITIVE_INFINITY,
    },
    {
      type: 'attempt-encoded',
      job: 'job-1',
      attempt: 1,
      frameCount: 1,
      bytes: 1,
      sha256: 'A'.repeat(64),
      cpuSeconds: 1,
    },
    { type: 'attempt-failed', job: 'job-1', attempt: 1, cause: 'because', words: '' },
    { type: 'run', command: 'rm -rf /' },
    'hello',
    null,
    [],
  ];
  for (const wrong of bad) expect(messageSchema.safeParse(wrong).success).toBe(false);
  expect(bulkRequestSchema.safeParse({ kind: 'file', job: 'job-1', attempt: 1 }).success).toBe(false);
  expect(bulkRequestSchema.safeParse({ kind: 'slice', job: '/etc/passwd', attempt: 1 }).success).toBe(false);
  expect(bulkHeaderSchema.safeParse({ bytes: limits.MAX_BULK_BYTES + 1 }).success).toBe(false);
  expect(bulkHeaderSchema.safeParse({ bytes: -1 }).success).toBe(false);
});

test('text for people can not move a terminal', () => {
  const message = messageSchema.parse({
    type: 'goodbye',
    reason: 'red \u001b[31malert\u001b[0m\u0007\r\nnext\u202e',
  });
  expect(message).toEqual({ type: 'goodbye', reason: 'red alert  \nnext ' });
});

test('a long text keeps its end', () => {
  const clipped = clipWords(`${'x'.repeat(10_000)} the reason`);
  expect(clipped).toHaveLength(limits.MAX_WORDS_LENGTH);
  expect(clipped.endsWith('the reason')).toBe(true);
  expect(clipWords('  short\n')).toBe('short');
});

test('a message that is too long is refused where it is made', () => {
  const message: Message = { type: 'goodbye', reason: '€'.repeat(limits.MAX_MESSAGE_BYTES) };
  expect(() => encodeMessage(message)).toThrow(/at most 65536/);
  expect(encode(messages[12]).byteLength).toBeLessThan(limits.MAX_MESSAGE_BYTES);
});
