/** What the system's error codes mean to the person whose disk it is. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space, or lower --cache-size, and run the same command again',
  EDQUOT: 'your quota on this disk is used up. Free some space and run the same command again',
  EROFS: 'the disk is mounted read-only. Choose another folder with --state-dir or -o',
  EACCES: 'this user has no right to. Change the rights of the folder or choose another one',
  EPERM: 'this user has no right to. Change the rights of the folder or choose another one',
  EEXIST: 'a file of that name is in the way. Choose another name',
  ENOTDIR: 'a file stands where a folder should be. Choose another path',
  EISDIR: 'it is a folder, and a file was expected. Name a file',
  ENOENT: 'there is no such place. Choose another path',
  EIO: 'the disk reports a fault. Check the disk before you go on',
  EMFILE: 'this process has too many open files. Raise the limit (ulimit -n) and run the same command again',
};

/** The disk of this machine is at fault, and nothing that was to be written to it. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

/** An error of the file system as a sentence: what was tried, on which path, why it failed, what to do. */
export function diskError(error: unknown, doing: string, path: string): DiskError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message : String(error);
  return new DiskError(`Could not ${doing} ${path}: ${MEANINGS[code] ?? words}.`, { cause: error });
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
