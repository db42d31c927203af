import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readList } from '../../node/commands/read-list.ts';
import { UsageError } from '../../node/commands/shell.ts';

let at: string;
beforeAll(async () => {
  at = await mkdtemp(join(tmpdir(), 'vadeio-list-'));
});
afterAll(() => rm(at, { recursive: true, force: true }));

test('leaves out the mark that editors on Windows put before the text', async () => {
  const path = join(at, 'zones.json');
  await writeFile(path, '\uFEFF[]\r\n');
  expect(await readList('zones file', path)).toBe('[]\r\n');
});

test('a list that cannot be read or is far too large is wrong usage', async () => {
  const large = join(at, 'large');
  await writeFile(large, Buffer.alloc(17 * 1024 * 1024, ' '));
  const refused = (path: string) => readList('zones file', path).catch((error: unknown) => error);
  const [missing, folder, other] = await Promise.all([join(at, 'missing'), at, large].map(refused));
  for (const error of [missing, folder, other]) expect(error).toBeInstanceOf(UsageError);
  expect(String(missing)).toMatch(/Could not read the zones file .*: there is no such place/);
  expect(String(folder)).toMatch(/it is a folder, and a file was expected/);
  expect(String(other)).toMatch(/has 17825792 characters, at most 16777216 are read/);
});
