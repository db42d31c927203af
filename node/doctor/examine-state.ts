import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { formatBytes } from '../../src/report/format.ts';
import { sentenceOf } from '../sentence.ts';
import { diskError, isMissing } from '../storage/disk-error.ts';
import { refuseUnsafeFolder } from '../storage/state-directory.ts';

/** Some chunks on their way and the results of a film: less fills up in one night. */
const LITTLE_BYTES = 5e9;

/** One chunk on its way and its result, about: with less, jobs fail on the full disk. */
const TOO_LITTLE_BYTES = 50e6;

/** Whether a daemon of this user can keep its state there, and how much. Nothing is written. */
export async function examineState(directory: string, cacheLimitBytes: number): Promise<Finding[]> {
  try {
    const existing = await nearestFolder(directory);
    if (existing === directory) await refuseUnsafeFolder(directory);
    await access(existing, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw diskError(error, 'write to', existing);
    });
    const where = `The state folder ${directory} ${existing === directory ? 'is in order' : 'is made by the first daemon'}`;
    const { bavail, bsize } = await statfs(existing);
    return [good('state', `${where}.`), judgeRoom(bavail * bsize, cacheLimitBytes)];
  } catch (error) {
    return [bad('state', sentenceOf(error))];
  }
}

/** Whether what is free on the state folder's disk is enough. */
export function judgeRoom(freeBytes: number, cacheLimitBytes: number): Finding {
  const words = `${formatBytes(freeBytes)} are free on its disk`;
  if (freeBytes < TOO_LITTLE_BYTES) {
    return bad('state', `Only ${words}. Free some space, or choose another folder with --state-dir.`);
  }
  const limit = `the cache takes up to ${formatBytes(cacheLimitBytes)} (--cache-size)`;
  if (freeBytes < LITTLE_BYTES) return note('state', `Only ${words}; ${limit}.`);
  return good('state', `${words}; ${limit}.`);
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const facts = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw diskError(error, 'look at', path);
  });
  if (facts?.isDirectory() === true) return path;
  if (facts !== null) throw new Error(`${path} is no folder. Choose another one with --state-dir.`);
  return nearestFolder(dirname(path));
}
