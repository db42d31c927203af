import { open } from 'node:fs/promises';

/** Makes names that were created, renamed or removed in a folder survive a power cut. Windows has no such call. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
