import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JournalFormat, openJournal, readJournal } from '../../node/storage/journal.ts';

interface Noted {
  readonly type: 'noted';
  readonly text: string;
}

const FORMAT: JournalFormat<Noted> = {
  version: 2,
  oldestReadable: 1,
  parse(value, version) {
    const { text } = value as { text: string };
    if (typeof text !== 'string') throw new Error('no text');
    return { type: 'noted', text: version === 1 ? `${text} (from version 1)` : text };
  },
};

const noted = (text: string): Noted => ({ type: 'noted', text });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-journal-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function write(path: string, ...events: Noted[]): Promise<Buffer> {
  const journal = await openJournal(path, FORMAT);
  await Promise.all(events.map((event) => journal.append(event)));
  await journal.close();
  return readFile(path);
}

test('gives back what was appended, in order, after it was opened again', async () => {
  const path = join(directory, 'new', 'folder', 'journal');
  const events = Array.from({ length: 50 }, (_, i) => noted(`événement ${i}\nwith a line break`));
  await write(path, ...events);
  const journal = await openJournal(path, FORMAT);
  expect(journal.events).toEqual(events);
  await journal.append(noted('more'));
  await journal.close();
  expect((await readJournal(path, FORMAT)).events).toEqual([...events, noted('more')]);
});

test('cut off at any byte of its last two records it gives the whole records before the cut, and goes on', async () => {
  const path = join(directory, 'torn');
  const all = [noted('one'), noted('two – ünïcode'), noted('three')];
  const bytes = await write(path, ...all);
  const ends = lineEnds(bytes);
  for (let length = ends[1] as number; length < bytes.length; length++) {
    await writeFile(path, bytes);
    await truncate(path, length);
    const whole = all.filter((_, i) => (ends[i + 1] as number) <= length);
    const journal = await openJournal(path, FORMAT);
    expect(journal.events).toEqual(whole);
    expect((await stat(path)).size).toBe(ends[whole.length]);
    await journal.append(noted('after'));
    await journal.close();
    expect((await readJournal(path, FORMAT)).events).toEqual([...whole, noted('after')]);
  }
});

test('cut off at any byte of its header it is an empty journal', async () => {
  const path = join(directory, 'torn-header');
  const bytes = await write(path);
  for (let length = 0; length < bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    expect(await write(path, noted('first')).then(() => readJournal(path, FORMAT))).toMatchObject({
      events: [noted('first')],
    });
  }
});

test('drops zeros that a power cut left at its end', async () => {
  const path = join(directory, 'zeros');
  const bytes = await write(path, noted('one'));
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(4096)]));
  expect((await readJournal(path, FORMAT)).events).toEqual([noted('one')]);
});

test('refuses a journal with a damaged record in front of a sound one', async () => {
  const path = join(directory, 'damaged');
  const bytes = await write(path, noted('one'), noted('two'), noted('three'));
  const position = bytes.indexOf('two');
  bytes[position] = 'T'.charCodeAt(0);
  await writeFile(path, bytes);
  await expect(openJournal(path, FORMAT)).rejects.toThrow(
    /line 3 is damaged although line 4 is sound.*Move it away/s,
  );
});

test('refuses a file that is no journal', async () => {
  const path = join(directory, 'foreign');
  await writeFile(path, 'shopping list\nmilk\n');
  await expect(openJournal(path, FORMAT)).rejects.toThrow(/begins with "shopping list"/);
});

test('continues a journal of an older version as one of its own', async () => {
  const path = join(directory, 'older');
  const old: JournalFormat<Noted> = { ...FORMAT, version: 1 };
  const journal = await openJournal(path, old);
  await journal.append(noted('old'));
  await journal.close();
  await write(path, noted('new'));
  const read = await readJournal(path, FORMAT);
  expect(read).toMatchObject({ version: 2, events: [noted('old (from version 1)'), noted('new')] });
});

test('refuses a journal of a newer version', async () => {
  const path = join(directory, 'newer');
  await writeFile(path, 'vadeio-node journal 3\n');
  await expect(openJournal(path, FORMAT)).rejects.toThrow(
    /written by a newer vadeio-node \(journal version 3/,
  );
});

function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, end + 1)) ends.push(end + 1);
  return ends;
}
