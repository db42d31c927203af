import { readFile, rm } from 'node:fs/promises';
import { replaceFile } from './write-file.ts';

/** Wishes that outlive the daemon: whoever pauses a machine wants it to stay so until told otherwise. */
export type LastingWish = 'pause' | 'pause-now';

/** The wish that an earlier daemon was left with, or null. An unreadable file is no wish. */
export async function readWish(path: string): Promise<LastingWish | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const wish = text.trim();
  return wish === 'pause' || wish === 'pause-now' ? wish : null;
}

/** Keeps a wish for the next daemon; null: there is none any more. */
export async function keepWish(path: string, wish: LastingWish | null): Promise<void> {
  if (wish === null) await rm(path, { force: true });
  else await replaceFile(path, `${wish}\n`);
}
