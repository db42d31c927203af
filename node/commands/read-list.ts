import { readFile } from 'node:fs/promises';
import { diskError } from '../storage/disk-error.ts';
import { UsageError } from './shell.ts';

/** Much more than all zones or a million cuts take. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Editors on Windows put one before the text; JSON knows none. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The text of a list that a flag names.
 *
 * @param title of the list, as `zones file`.
 * @throws a UsageError with the system's error as its cause.
 */
export async function readList(title: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(diskError(error, `read the ${title}`, path).message, { cause: error });
  });
  if (text.length > MOST_BYTES)
    throw new UsageError(
      `The ${title} ${path} has ${text.length} characters, at most ${MOST_BYTES} are read: it seems to be another file.`,
    );
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}
