import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError, isMissing } from './disk-error.ts';

/**
 * Makes a folder of this user alone (mode 0700), and those above it that are missing. Not Node's own `recursive`: that
 * never ends where a file system has a folder and refuses every child, as /proc does.
 *
 * @param path absolute.
 * @throws a sentence.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
}

async function makeWithParents(path: string): Promise<void> {
  const error = await tryToMake(path);
  if (error === null) return;
  if (!isMissing(error) || dirname(path) === path) throw error;
  await makeWithParents(dirname(path));
  const again = await tryToMake(path);
  if (again !== null) throw again;
}

/** Null when the folder is there now. */
async function tryToMake(path: string): Promise<unknown> {
  try {
    await mkdir(path, { mode: 0o700 });
    return null;
  } catch (error) {
    const facts = await stat(path).catch(() => null);
    return facts?.isDirectory() === true ? null : error;
  }
}
