import { stat } from 'node:fs/promises';

/** Write rights of group and others. */
const OTHERS_MAY_WRITE = 0o022;

/** The number of the user that a folder belongs to, where it is another than this process's, else null. */
export async function ownerIfAnother(directory: string): Promise<number | null> {
  const own = process.getuid?.();
  if (own === undefined) return null;
  const { uid } = await stat(directory);
  return uid === own ? null : uid;
}

/**
 * The mode of a folder that other users may write to, else null. Windows has no modes; a profile's folder is its
 * user's there.
 */
export async function modeIfOthersMayWrite(directory: string): Promise<number | null> {
  if (process.platform === 'win32') return null;
  const { mode } = await stat(directory);
  return (mode & OTHERS_MAY_WRITE) === 0 ? null : mode & 0o777;
}
