import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../platform/sync-directory.ts';
import { diskError } from './disk-error.ts';

/** Replaces a small file whole: at any kill or power cut either the old or the new text is there. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, 'write', path);
  }
}

/** Brings what was written to a file to the disk itself. */
export async function syncFile(path: string): Promise<void> {
  // Windows flushes only handles that may write.
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
