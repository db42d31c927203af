import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planOutputs } from '../../node/commands/plan-outputs.ts';
import { UsageError } from '../../node/commands/shell.ts';

let at: string;
const path = (name: string): string => join(at, name);

beforeAll(async () => {
  at = await mkdtemp(join(tmpdir(), 'vadeio outputs – ü "quoted" '));
  for (const name of ['a film.mp4', 'b.mkv', 'taken.mkv', 'b.mp4']) await writeFile(path(name), name);
  await mkdir(path('folder'));
  await symlink(path('b.mkv'), path('symlink.mkv'));
  await link(path('b.mkv'), path('hardlink.mkv'));
});
afterAll(() => rm(at, { recursive: true, force: true }));

const plan = (paths: string[], output: string | null = null, overwrite = false) =>
  planOutputs(paths, output, overwrite);

test('puts the output beside its input', async () => {
  expect(await plan([path('a film.mp4')])).toEqual([
    { input: path('a film.mp4'), output: path('a film.av1.mkv') },
  ]);
});

test('takes -o as a file, or as a folder that exists', async () => {
  expect(await plan([path('b.mkv')], path('new.webm'))).toEqual([
    { input: path('b.mkv'), output: path('new.webm') },
  ]);
  expect(await plan([path('b.mkv'), path('a film.mp4')], path('folder'))).toEqual([
    { input: path('b.mkv'), output: path('folder/b.av1.mkv') },
    { input: path('a film.mp4'), output: path('folder/a film.av1.mkv') },
  ]);
});

test('takes the second of two paths as the output when it does not exist', async () => {
  expect(await plan([path('b.mkv'), path('new.mp4')])).toEqual([
    { input: path('b.mkv'), output: path('new.mp4') },
  ]);
  expect(await plan([path('b.mkv'), path('a film.mp4')])).toHaveLength(2);
  await expect(plan([path('b.mkv'), path('a film.mp4'), path('new.mp4')])).rejects.toThrow(
    /new.mp4 does not exist/,
  );
});

test('never replaces a file that exists, unless asked to', async () => {
  await expect(plan([path('b.mkv')], path('taken.mkv'))).rejects.toThrow(
    /taken.mkv exists. Replace it with --overwrite/,
  );
  expect(await plan([path('b.mkv')], path('taken.mkv'), true)).toHaveLength(1);
});

test.each(['b.mkv', 'symlink.mkv', 'hardlink.mkv'])('an output is never its input: %s', async (name) => {
  await expect(plan([path('b.mkv')], path(name), true)).rejects.toThrow(/is the input .* itself/);
});

test('an output is never another input of the same command', async () => {
  await expect(plan([path('b.mkv'), path('a film.mp4')], path('b.mkv'), true)).rejects.toThrow(UsageError);
});

test('refuses what cannot be meant as wrong usage', async () => {
  await expect(plan([path('b.mkv')], path('out.avi'))).rejects.toThrow(UsageError);
  await expect(plan([path('b.mkv'), path('a film.mp4')], path('new.mkv'))).rejects.toThrow(UsageError);
  await expect(plan([path('b.mkv'), path('b.mp4')])).rejects.toThrow(/would both become/);
});

test('refuses what the world does not have, with a sentence', async () => {
  await expect(plan([path('missing.mkv')])).rejects.toThrow(/missing.mkv does not exist/);
  await expect(plan([path('folder')])).rejects.toThrow(/folder is a folder/);
  await expect(plan([path('b.mkv')], `${path('nowhere')}/`)).rejects.toThrow(/nowhere does not exist/);
  await expect(plan([path('b.mkv/film.mkv')])).rejects.toThrow(/lies below a file/);
});
