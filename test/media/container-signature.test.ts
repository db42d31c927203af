import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginsAsVideo, SIGNATURE_BYTES } from '../../src/media/container-signature.ts';
import { makeSource, SOURCE_KINDS } from '../sources/make-source.ts';

/** One of each container. */
const KINDS = new Map(SOURCE_KINDS.map((kind) => [kind.split('-').at(-1), kind])).values();

test('a source in each container begins as a video', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-signature-'));
  try {
    for (const kind of KINDS) {
      const { path } = await makeSource(kind, folder);
      expect(beginsAsVideo((await readFile(path)).subarray(0, SIGNATURE_BYTES)), kind).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each([
  '',
  'G',
  'const film = null;\n'.repeat(40),
  'GIF89a',
  '{"ftyp": 1}',
  '\0'.repeat(SIGNATURE_BYTES),
])('what is no video does not: %j', (text) => {
  expect(beginsAsVideo(Buffer.from(text, 'latin1'))).toBe(false);
});
