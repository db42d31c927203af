import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readScenes, writeScenes } from '../../node/commands/scenes-file.ts';
import { UsageError } from '../../node/commands/shell.ts';

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
  ['', /expected JSON such as .*, got an empty file/],
  ['not json', /is not understood: expected JSON such as .*, got something else/],
  ['[0, 120]', /is not understood/],
  ['{"frameCount": 900, "cuts": [0, "120"]}', /is not understood/],
  ['{"frameCount": 900, "cuts": [0, 120, 120]}', /the cut 120 after 120 in 900 frames/],
  ['{"frameCount": 900, "cuts": [0, 900]}', /the cut 900 after 0 in 900 frames/],
])('refuses %s', async (text, sentence) => {
  const path = join(at, 'wrong.json');
  await writeFile(path, text);
  const error = await readScenes(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toMatch(sentence);
});

test('takes what an editor on Windows writes', async () => {
  const path = join(at, 'windows.json');
  await writeFile(path, '\uFEFF{"frameCount": 900,\r\n"cuts": [0, 120]}\r\n');
  expect(await readScenes(path)).toEqual({ frameCount: 900, cuts: [0, 120] });
});

test('refuses a folder, and a place that no file can be written to, before anything is encoded', async () => {
  for (const path of [at, join(at, 'missing', 'scenes.json')]) {
    await expect(readScenes(path)).rejects.toThrow(UsageError);
  }
});
