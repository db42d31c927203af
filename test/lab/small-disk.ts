import { execFile } from 'node:child_process';
import { type FileHandle, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isStale, newLabName } from './lab-name.ts';

const run = promisify(execFile);

/** A disk of its own, in memory, that can be filled to its last byte. */
export interface SmallDisk {
  readonly path: string;
  /** Takes all room that is left, and from then on whatever others give back: what is full stays full. */
  fill(): Promise<void>;
  /** Gives all of it back. */
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

/** Shorter than a daemon takes from one chunk to the next. */
const REFILL_MS = 2;

export async function mountSmallDisk(path: string, megabytes: number): Promise<SmallDisk> {
  await removeStaleDisks();
  await mkdir(path, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, newLabName(), path]);
  const filler = join(path, 'filler');
  let filling: Filling | null = null;
  const clear = async () => {
    await filling?.stop();
    filling = null;
    await rm(filler, { force: true });
  };
  return {
    path,
    fill: async () => {
      await clear();
      filling = await keepFull(filler);
    },
    clear,
    remove: async () => {
      await clear();
      await run('umount', ['--lazy', path]);
    },
  };
}

interface Filling {
  stop(): Promise<void>;
}

/** A daemon deletes a slice when its chunk is encoded: the next one would fit into its room. */
async function keepFull(path: string): Promise<Filling> {
  const file = await open(path, 'w');
  await writeUntilFull(file);
  let isWanted = true;
  const refilling = (async () => {
    while (isWanted) {
      await writeUntilFull(file);
      await setTimeout(REFILL_MS);
    }
    await file.close();
  })();
  return {
    stop: () => {
      isWanted = false;
      return refilling;
    },
  };
}

async function writeUntilFull(file: FileHandle): Promise<void> {
  for (let size = PIECE.length; size > 0; ) {
    const written = await file.write(PIECE, 0, size).then(
      ({ bytesWritten }) => bytesWritten,
      () => 0,
    );
    // What is too large for the rest may fit in half.
    if (written === 0) size = Math.floor(size / 2);
  }
}

/** Disks of runs that were killed. */
async function removeStaleDisks(): Promise<void> {
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n')) {
    const [name = '', path = ''] = line.split(' ');
    if (isStale(name)) await run('umount', ['--lazy', path]);
  }
}
