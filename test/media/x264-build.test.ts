import { expect, test } from 'vitest';
import { x264BuildOf } from '../../src/media/x264-build.ts';

const packet = (text: string): Uint8Array =>
  Uint8Array.from(`\0\0\x01\x06x${text}\0`, (c) => c.charCodeAt(0));

test.each([
  ['x264 - core 164 r3095 baee400 - H.264', 164],
  ['xx264 - core 55', 55],
  ['x264 - core 0000 - old', 67],
  ['x264 - core ', null],
  ['x265 (build 199)', null],
])('%s', (text, build) => {
  expect(x264BuildOf(packet(text))).toBe(build);
});
