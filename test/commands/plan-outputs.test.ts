import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const pairs = async (paths: string[], output: string | null = null, overwrite = false) =>
  (await plan(paths, output, overwrite)).files.map(({ input, output }) => [input, output]);

/** What is not handed in, as `NAME of the file: result and reason`. */
const asides = async (paths: string[], output: string | null = null, overwrite = false) =>
  (await plan(paths, output, overwrite)).setAside.map(
    ({ input, result, reason }) => `${basename(input)}: ${result}: ${reason}`,
  );

test('puts the output beside its input', async () => {
  expect(await plan([path('a film.mp4')])).toEqual({
    files: [{ input: path('a film.mp4'), output: path('a film.av1.mkv'), isNamed: true, makesFolder: false }],
    setAside: [],
    isMany: false,
  });
});

test('refuses an empty path, which would mean the folder one stands in', async () => {
  await expect(plan([path('b.mkv')], '')).rejects.toThrow(UsageError);
  await expect(plan([path('b.mkv'), ''])).rejects.toThrow(/A path is empty/);
});

test('takes -o as a file, or as a folder', async () => {
  expect(await pairs([path('b.mkv')], path('new.webm'))).toEqual([[path('b.mkv'), path('new.webm')]]);
  expect(await pairs([path('b.mkv'), path('a film.mp4')], path('folder'))).toEqual([
    [path('b.mkv'), path('folder/b.av1.mkv')],
    [path('a film.mp4'), path('folder/a film.av1.mkv')],
  ]);
  const { files } = await plan([path('b.mkv')], `${path('new')}/`);
  expect(files).toEqual([
    { input: path('b.mkv'), output: path('new/b.av1.mkv'), isNamed: true, makesFolder: true },
  ]);
});

test('takes the second of two paths as the output when it does not exist', async () => {
  expect(await pairs([path('b.mkv'), path('new.mp4')])).toEqual([[path('b.mkv'), path('new.mp4')]]);
  expect(await pairs([path('b.mkv'), path('a film.mp4')])).toHaveLength(2);
});

test('never replaces a file that exists, unless asked to', async () => {
  await expect(plan([path('b.mkv')], path('taken.mkv'))).rejects.toThrow(
    /taken.mkv exists. Replace it with --overwrite/,
  );
  expect(await pairs([path('b.mkv')], path('taken.mkv'), true)).toHaveLength(1);
});

test.each(['b.mkv', 'symlink.mkv', 'hardlink.mkv'])('an output is never its input: %s', async (name) => {
  await expect(plan([path('b.mkv')], path(name), true)).rejects.toThrow(/is the input .* itself/);
});

test('refuses what cannot be meant as wrong usage', async () => {
  await expect(plan([path('b.mkv')], path('out.avi'))).rejects.toThrow(UsageError);
  await expect(plan([path('b.mkv'), path('a film.mp4')], path('new.mkv'))).rejects.toThrow(UsageError);
  await expect(plan([path('b.mkv'), path('a film.mp4')], path('b.mkv'), true)).rejects.toThrow(UsageError);
});

test('refuses what the world does not have, with a sentence', async () => {
  await expect(plan([path('missing.mkv')])).rejects.toThrow(/missing.mkv does not exist/);
  await expect(plan([path('b.mkv/film.mkv')])).rejects.toThrow(/lies below a file/);
  await writeFile(Buffer.concat([Buffer.from(path('latin')), Buffer.from([0xe9]), Buffer.from('.mkv')]), '');
  await expect(plan([path('latin\ufffd.mkv')])).rejects.toThrow(/is not UTF-8. Rename it/);
});

test('of many files one that is missing or doubled does not stop the others', async () => {
  const paths = [path('missing.mkv'), path('b.mkv'), path('b.mp4')];
  expect(await pairs(paths)).toEqual([[path('b.mkv'), path('b.av1.mkv')]]);
  expect(await asides(paths)).toEqual([
    expect.stringMatching(/^missing.mkv: failed: .* does not exist/),
    expect.stringMatching(/^b.mp4: failed: .*b.mkv and .*b.mp4 would both become .*b.av1.mkv/),
  ]);
});

describe('of a folder', () => {
  const film = (name: string): string => path(`films/${name}`);

  beforeAll(async () => {
    await mkdir(film('series/one'), { recursive: true });
    await mkdir(film('.hidden'));
    const files = [
      'z.MKV',
      'done.mp4',
      'done.av1.mkv',
      '.film.mkv',
      '.hidden/x.mkv',
      'series/one/a.ts',
      'a.nfo',
    ];
    for (const name of files) await writeFile(film(name), name);
    await symlink(film('.'), film('series/again'));
    await symlink(film('nowhere'), film('broken.mkv'));
  });

  test('every video is an input, one after the other; hidden ones, outputs and others are not', async () => {
    expect(await pairs([film('')])).toEqual([
      [film('series/one/a.ts'), film('series/one/a.av1.mkv')],
      [film('z.MKV'), film('z.av1.mkv')],
    ]);
    expect(await asides([film('')])).toEqual([
      'films: skipped: No videos by their names: a.nfo, broken.mkv.',
      expect.stringMatching(/^done.mp4: skipped: The output .*done.av1.mkv exists/),
    ]);
  });

  test('its structure is kept below the output folder, which need not exist', async () => {
    expect((await plan([path('b.mkv'), film('')], path('out'))).files).toEqual([
      { input: path('b.mkv'), output: path('out/b.av1.mkv'), isNamed: true, makesFolder: true },
      { input: film('done.mp4'), output: path('out/done.av1.mkv'), isNamed: false, makesFolder: true },
      {
        input: film('series/one/a.ts'),
        output: path('out/series/one/a.av1.mkv'),
        isNamed: false,
        makesFolder: true,
      },
      { input: film('z.MKV'), output: path('out/z.av1.mkv'), isNamed: false, makesFolder: true },
    ]);
  });

  test('without any video that is said', async () => {
    expect(await asides([path('folder')])).toEqual(['folder: failed: No video to encode is in it.']);
  });
});
