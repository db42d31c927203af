import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOB_JOURNAL } from '../../node/daemon/job-record.ts';
import { openJournal, readJournal } from '../../node/storage/journal.ts';

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
