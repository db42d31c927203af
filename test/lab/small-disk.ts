import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isStale, newLabName } from './lab-name.ts';

const run = promisify(execFile);

/** A disk of its own, in memory, that can be filled to its last byte. */
export interface SmallDisk {
  readonly path: string;
  /** Takes all room that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  clear(): Promise<void>;
  /** Everything on it is lost. */
  remove(): Promise<void>;
}

/** Why none can be made here, or null. Makes and removes one to know. */
export async function smallDiskUnavailable(): Promise<string | null> {
  if (process.platform !== 'linux') return `a small disk needs Linux, this is ${process.platform}`;
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-disk-'));
  try {
    await (await mountSmallDisk(join(folder, 'probe'), 1)).remove();
    return null;
  } catch (error) {
    return `this system mounts no small disk: ${String(error)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PIECE = new Uint8Array(64 * 1024);

export async function mountSmallDisk(path: string, megabytes: number): Promise<SmallDisk> {
  await removeStaleDisks();
  await mkdir(path, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, newLabName(), path]);
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => writeUntilFull(filler),
    clear: () => rm(filler, { force: true }),
    remove: async () => {
      await run('umount', ['--lazy', path]);
    },
  };
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let size = PIECE.length; size > 0; ) {
      const written = await file.write(PIECE, 0, size).then(
        ({ bytesWritten }) => bytesWritten,
        () => 0,
      );
      // What is too large for the rest may fit in half.
      if (written === 0) size = Math.floor(size / 2);
    }
  } finally {
    await file.close();
  }
}

/** Disks of runs that were killed. */
async function removeStaleDisks(): Promise<void> {
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n')) {
    const [name = '', path = ''] = line.split(' ');
    if (isStale(name)) await run('umount', ['--lazy', path]);
  }
}
