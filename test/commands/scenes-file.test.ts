import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readScenes, writeScenes } from '../../node/commands/scenes-file.ts';

let at: string;
beforeAll(async () => {
  at = await mkdtemp(join(tmpdir(), 'vadeio-scenes-'));
});
afterAll(() => rm(at, { recursive: true, force: true }));

test('reads back the cuts that were written', async () => {
  const path = join(at, 'scenes.json');
  expect(await readScenes(path)).toBeNull();
  await writeScenes(path, { frameCount: 900, cuts: [0, 120, 431] });
  expect(await readScenes(path)).toEqual({ frameCount: 900, cuts: [0, 120, 431] });
});

test.each([
  ['not json', /is not understood: expected JSON such as/],
  ['[0, 120]', /is not understood/],
  ['{"frameCount": 900, "cuts": [0, "120"]}', /is not understood/],
  ['{"frameCount": 900, "cuts": [0, 120, 120]}', /the cut 120 after 120 in 900 frames/],
  ['{"frameCount": 900, "cuts": [0, 900]}', /the cut 900 after 0 in 900 frames/],
])('refuses %s', async (text, sentence) => {
  const path = join(at, 'wrong.json');
  await writeFile(path, text);
  await expect(readScenes(path)).rejects.toThrow(sentence);
});
