import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_FRAME_DATA_DYNAMIC_HDR_PLUS } from 'node-av/constants';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hdr10PlusMessage } from '../../src/container/hdr10-plus.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { hdr10PlusMessageOf, makeHdr10Plus } from '../sources/dynamic-hdr.ts';

const MESSAGES = Array.from({ length: 12 }, (_, frame) => hdr10PlusMessageOf(frame, frame % 2 === 0 ? 1 : 3));
const HEADER_BYTES = 7;

let directory: string;
/** What FFmpeg makes of the messages. */
const sideData: Uint8Array[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hdr10-plus-'));
  const path = join(directory, 'film.mkv');
  await makeHdr10Plus(path, [12], MESSAGES);
  for await (const { frame } of decodeSource(path)) {
    sideData.push(Uint8Array.from(frame.getSideData(AV_FRAME_DATA_DYNAMIC_HDR_PLUS) ?? []));
  }
});
afterAll(() => rm(directory, { recursive: true }));

test('what FFmpeg read of a message is written as the same bytes again', () => {
  expect(sideData.map((data) => hdr10PlusMessage(data, false))).toEqual(MESSAGES);
});

test('of a picture that has moved only what is said of all of it is left', () => {
  const whole = sideData.map((data) => hdr10PlusMessage(data, true));
  expect(whole.map((message) => (message[HEADER_BYTES] ?? 0) >> 6)).toEqual(MESSAGES.map(() => 1));
  expect(whole.filter((_, frame) => frame % 2 === 0)).toEqual(MESSAGES.filter((_, frame) => frame % 2 === 0));
  expect(whole[1]?.length).toBeLessThan(MESSAGES[1]?.length ?? 0);
});

test('other memory than that of FFmpeg 8 is refused', () => {
  expect(() => hdr10PlusMessage(new Uint8Array(11_000), false)).toThrow(
    'FFmpeg gave HDR10+ metadata of 11000 bytes, expected 11304.',
  );
});
