import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../platform/sync-directory.ts';
import { diskError } from './disk-error.ts';

/** What a process that was killed in `replaceFile` leaves beside the file. */
const REPLACEMENT = /\.\d+\.tmp$/;

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

/** Removes replacements that never took their name, from a folder of which no other process replaces files. */
export async function sweepReplacements(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (REPLACEMENT.test(name)) await rm(join(directory, name), { force: true });
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
