import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobBook } from '../../node/daemon/job-book.ts';
import { JOB_JOURNAL } from '../../node/daemon/job-record.ts';
import { openJournal, readJournal } from '../../node/storage/journal.ts';
import { statePaths } from '../../node/storage/state-paths.ts';

let at: string;
beforeAll(async () => {
  at = await mkdtemp(join(tmpdir(), 'vadeio-record-'));
});
afterAll(() => rm(at, { recursive: true, force: true }));

test('a record of another version refuses its journal in one line that says where', async () => {
  const path = join(at, 'journal');
  const journal = await openJournal(path, { ...JOB_JOURNAL, parse: (value) => value });
  await journal.append({ type: 'job-submitted', job: 'ab', request: { input: 'film.mkv' } });
  await journal.close();
  const words = await readJournal(path, JOB_JOURNAL).catch((error: Error) => error.message);
  expect(words).toMatch(
    /^The journal \S+ cannot be used: a record in it is none that this version .* knows\. request\.input: .*[^.]\. Move it away to start its job anew; [^\n]*$/,
  );
});

test('many journals that cannot be used are told of in a few lines', async () => {
  const paths = statePaths(at);
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    await mkdir(paths.job(id).directory, { recursive: true });
    await writeFile(paths.job(id).journal, 'vadeio-node journal 99\n');
  }
  const { jobs, problems } = await new JobBook(paths).load();
  expect(jobs).toEqual([]);
  expect(problems).toEqual([
    expect.stringContaining('newer vadeio-node (journal version 99'),
    expect.stringContaining('newer vadeio-node (journal version 99'),
    expect.stringMatching(/^Nor can 3 more journals in .* be used; /),
  ]);
});
