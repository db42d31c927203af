import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { formatBytes } from '../../src/report/format.ts';
import { sentenceOf } from '../sentence.ts';
import { diskError, isMissing } from '../storage/disk-error.ts';
import { refuseUnsafeFolder } from '../storage/state-directory.ts';

/** Some chunks on their way and the results of a film: less fills up in one night. */
const LITTLE_BYTES = 5e9;

/** Whether a daemon of this user can keep its state there, and how much. Nothing is written. */
export async function examineState(directory: string, cacheLimitBytes: number): Promise<Finding[]> {
  try {
    const existing = await nearestFolder(directory);
    if (existing === directory) await refuseUnsafeFolder(directory);
    await access(existing, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw diskError(error, 'write to', existing);
    });
    const where = `The state folder ${directory} ${existing === directory ? 'is in order' : 'is made by the first daemon'}`;
    return [good('state', `${where}.`), await roomIn(existing, cacheLimitBytes)];
  } catch (error) {
    return [bad('state', sentenceOf(error))];
  }
}

async function roomIn(folder: string, cacheLimitBytes: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const words = `${formatBytes(free)} are free on its disk; the cache takes up to ${formatBytes(cacheLimitBytes)} (--cache-size)`;
  if (free < LITTLE_BYTES) return note('state', `Only ${words}.`);
  return good('state', `${words}.`);
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
