import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { journalHeader, journalRecord, readJournalText } from '../../src/storage/journal-lines.ts';
import { diskError, isMissing } from './disk-error.ts';
import { replaceFile } from './write-file.ts';

/** What a journal holds and which versions of it can be read. */
export interface JournalFormat<Event> {
  /** Version that is written. */
  readonly version: number;
  /** Oldest version that `parse` still reads; such a journal is continued. */
  readonly oldestReadable: number;
  /** Checks one event of the given version; throws when it is none. */
  parse(value: unknown, version: number): Event;
}

/** An append-only file of events. */
export interface Journal<Event> {
  /** What it held when it was opened, in order. */
  readonly events: readonly Event[];
  /**
   * Resolves when the event is on the disk. Appends keep their order; those that wait share one write and one flush.
   * Rejects with a sentence, and then the file holds what it held before.
   */
  append(event: Event): Promise<void>;
  /** Waits for the appends under way. */
  close(): Promise<void>;
}

/**
 * Opens a journal to continue it; creates it, and its folder, where it is missing. A record torn by a crash is cut
 * off. Throws a sentence when the journal is damaged elsewhere or was written by a newer version.
 */
export async function openJournal<Event>(
  path: string,
  format: JournalFormat<Event>,
): Promise<Journal<Event>> {
  const { events, soundBytes, version } = await readJournal(path, format);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (version === format.version) {
      return new JournalFile(path, await openTruncated(path, soundBytes), events, soundBytes);
    }
    // A new journal, or one of an older version whose events are written again as this version's.
    const text = [journalHeader(format.version), ...events.map(recordOf)].join('');
    await replaceFile(path, text);
    const bytes = Buffer.byteLength(text);
    return new JournalFile(path, await openTruncated(path, bytes), events, bytes);
  } catch (error) {
    throw diskError(error, 'open the journal', path);
  }
}

async function openTruncated(path: string, soundBytes: number): Promise<FileHandle> {
  const file = await open(path, 'r+');
  await file.truncate(soundBytes);
  await file.sync();
  return file;
}

function recordOf(event: unknown): string {
  const json = JSON.stringify(event);
  return journalRecord(json, crc32(json));
}

/** What a journal holds, without opening it for writing. A missing one holds nothing and has no version. */
export async function readJournal<Event>(
  path: string,
  format: JournalFormat<Event>,
): Promise<{ readonly events: Event[]; readonly version: number | null; readonly soundBytes: number }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isMissing(error)) return Buffer.alloc(0);
    throw diskError(error, 'read the journal', path);
  });
  try {
    const { version, records, soundBytes } = readJournalText(...split(bytes), crc32);
    if (version === null) return { events: [], version, soundBytes };
    refuseOtherVersion(version, format);
    return { events: records.map((json) => format.parse(JSON.parse(json), version)), version, soundBytes };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The journal ${path} cannot be used: ${words.replace(/\.$/, '')}. Move it away to start its job anew; committed chunks are kept and will be found again.`,
      { cause: error },
    );
  }
}

function refuseOtherVersion(version: number, format: JournalFormat<unknown>): void {
  if (version > format.version) {
    throw new Error(
      `it was written by a newer vadeio-node (journal version ${version}, this one reads up to ${format.version}), so use that one`,
    );
  }
  if (version < format.oldestReadable) {
    throw new Error(
      `it was written by an older vadeio-node (journal version ${version}, this one reads from ${format.oldestReadable})`,
    );
  }
}

/** Lines of the file and their lengths in bytes: damaged bytes are not UTF-8, so their text has another length. */
function split(bytes: Buffer): [lines: string[], lineBytes: (line: number) => number] {
  const lines: string[] = [];
  const lengths: number[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    lines.push(bytes.toString('utf8', start, end));
    lengths.push(end - start);
    start = end + 1;
  }
  return [lines, (line) => lengths[line] ?? 0];
}

class JournalFile<Event> implements Journal<Event> {
  readonly events: readonly Event[];
  readonly #path: string;
  readonly #file: FileHandle;
  #soundBytes: number;
  /** Records that wait for the write under way, and the promise that ends with their own write. */
  #waiting: string[] = [];
  #next: Promise<void> | null = null;
  #current: Promise<void> = Promise.resolve();

  constructor(path: string, file: FileHandle, events: readonly Event[], soundBytes: number) {
    this.#path = path;
    this.#file = file;
    this.events = events;
    this.#soundBytes = soundBytes;
  }

  append(event: Event): Promise<void> {
    this.#waiting.push(recordOf(event));
    this.#next ??= this.#current.then(() => this.#flush());
    return this.#next;
  }

  async close(): Promise<void> {
    while (this.#next !== null) await this.#next.catch(() => {});
    await this.#current;
    await this.#file.close();
  }

  #flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#next = null;
    const written = this.#write(text);
    this.#current = written.catch(() => {});
    return written;
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    try {
      await writeAll(this.#file, bytes, this.#soundBytes);
      await this.#file.datasync();
    } catch (error) {
      // What was half written is written over by the next record, and is a torn end until then.
      throw diskError(error, 'write the journal', this.#path);
    }
    this.#soundBytes += bytes.length;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
