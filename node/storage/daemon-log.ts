import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { type LogEntry, parseLogLine, toLogLine } from '../../src/storage/log-lines.ts';
import { diskError, isMissing } from './disk-error.ts';

/** What a daemon says, kept in its state folder. */
export interface DaemonLog {
  /** Written behind: a disk that fails costs the line and nothing else. */
  keep(text: string): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** Months of a home's swarm. One older file of this size is kept beside it. */
const LOG_SIZE = '1M';

/** How often who follows a log looks for more. */
const LOOK_MS = 250;

/** Goes on with the log at `path`; when it is full, it becomes `PATH.1`, and the one before that goes. */
export function openDaemonLog(path: string): DaemonLog {
  let stream = openStream(path);
  return {
    keep: (text) => {
      // A write that failed ended it.
      if (stream.destroyed) stream = openStream(path);
      stream.write(toLogLine({ time: new Date().toISOString(), text }));
    },
    close: async () => {
      stream.end();
      // At once where a write failed before: nothing would tell of its end a second time.
      await finished(stream).catch(() => undefined);
    },
  };
}

function openStream(path: string): RotatingFileStream {
  const name = basename(path);
  const stream = createStream((time, index) => (time ? `${name}.${index ?? 1}` : name), {
    path: dirname(path),
    size: LOG_SIZE,
    rotate: 1,
    mode: 0o600,
  });
  stream.on('error', () => undefined);
  return stream;
}

/**
 * The last `count` entries of a log and of the one before it. A log that does not exist has none.
 *
 * @throws a sentence when it cannot be read.
 */
export async function readDaemonLog(path: string, count: number): Promise<readonly LogEntry[]> {
  return lastOf([...(await entriesOf(olderThan(path))), ...(await entriesOf(path))], count);
}

/** The same, and then what is added, also when the log is begun anew or for the first time. */
export async function* followDaemonLog(
  path: string,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  // Null from when all that was there is told.
  let earlier: LogEntry[] | null = [...(await entriesOf(olderThan(path)))];
  while (!signal.aborted) {
    const file = await openIfThere(path);
    if (file === null) {
      // What it begins with once it is there is new.
      yield* lastOf(earlier ?? [], count);
      earlier = null;
    } else {
      await using closing = file;
      for await (const entry of entriesUntilReplaced(path, closing, signal)) {
        if (entry === null) {
          yield* lastOf(earlier ?? [], count);
          earlier = null;
        } else if (earlier === null) yield entry;
        else earlier.push(entry);
      }
    }
    await pause(signal);
  }
}

/** Every entry of an open file, and null whenever its end is reached, until another file has its name. */
async function* entriesUntilReplaced(
  path: string,
  file: FileHandle,
  signal: AbortSignal,
): AsyncGenerator<LogEntry | null> {
  const { ino } = await file.stat();
  const buffer = Buffer.alloc(64 * 1024);
  // A line's bytes, as characters of one byte each: pieces of a file end anywhere.
  let rest = '';
  for (let isReplaced = false; !isReplaced && !signal.aborted; ) {
    // Asked before the end is read: what comes later is in the next one.
    isReplaced = (await stat(path).catch(() => null))?.ino !== ino;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield* parseLogLine(Buffer.from(line, 'latin1').toString('utf8'));
    }
    yield null;
    if (!isReplaced) await pause(signal);
  }
}

function lastOf(entries: readonly LogEntry[], count: number): readonly LogEntry[] {
  return entries.slice(Math.max(0, entries.length - count));
}

function olderThan(path: string): string {
  return `${path}.1`;
}

async function entriesOf(path: string): Promise<readonly LogEntry[]> {
  const file = await openIfThere(path);
  if (file === null) return [];
  await using closing = file;
  return (await closing.readFile('utf8')).split('\n').flatMap(parseLogLine);
}

/** Ends early when `signal` aborts. */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
}

async function openIfThere(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw diskError(error, 'read the log', path);
  }
}
