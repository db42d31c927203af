import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheEntry } from '../../src/storage/plan-pruning.ts';
import { syncDirectory } from '../platform/sync-directory.ts';
import { diskError, isMissing } from './disk-error.ts';
import { Pins } from './pins.ts';
import { replaceFile, syncFile } from './write-file.ts';

/** A scan that ended, with what its maker said of it. */
export interface FinishedScan {
  readonly directory: string;
  /** JSON as given to `complete`; the caller checks its shape. */
  readonly summary: unknown;
}

/**
 * Folders of scans, each under a key that says what was scanned and how. A folder never moves, so processes may hold
 * its path while the scan goes on; it counts as finished once its summary is there.
 */
export interface ScanStore {
  /** A new, empty folder for a scan. It is the caller's until `complete` or `abandon`. */
  begin(key: string): Promise<string>;
  /** The scan in this folder ended: everything in it is on the disk, and `find` gives it from now on. */
  complete(directory: string, summary: unknown): Promise<void>;
  /** Removes a folder of `begin` or of `find`. */
  abandon(directory: string): Promise<void>;
  /** A finished scan whose files are all there in full length, else null. Counts as use. */
  find(key: string): Promise<FinishedScan | null>;
  /** A job that runs reads this folder: it is never pruned until the job lets go. */
  pin(jobId: string, directory: string): void;
  /** Without a folder: every folder the job reads. */
  unpin(jobId: string, directory?: string): void;
  isPinned(directory: string): boolean;
  entries(): readonly CacheEntry[];
}

export interface ScanStoreOptions {
  readonly now: () => number;
  readonly onGrown: () => void;
}

const SUMMARY = 'summary.json';
const FOLDER = /^([0-9a-f]{64})\.(\d+)$/;

interface Scan {
  readonly key: string;
  readonly bytes: number;
  lastUsedMs: number;
}

/** What the summary file holds. */
interface SummaryFile {
  /** Lengths of the scan's files: a folder that lost bytes is no finished scan. */
  readonly files: Readonly<Record<string, number>>;
  readonly summary: unknown;
}

/** Opens the store in a folder that exists. Scans that did not end are removed. */
export async function openScanStore(root: string, options: ScanStoreOptions): Promise<ScanStore> {
  const scans = new Map<string, Scan>();
  for (const name of await readdir(root)) {
    const directory = join(root, name);
    const [, key] = FOLDER.exec(name) ?? [];
    const file = key === undefined ? null : await readSummary(directory);
    if (key === undefined || file === null) {
      await rm(directory, { recursive: true, force: true });
    } else {
      const { mtimeMs } = await stat(join(directory, SUMMARY));
      scans.set(directory, { key, bytes: sizeOf(file), lastUsedMs: mtimeMs });
    }
  }
  return new ScanFolders(root, scans, options);
}

class ScanFolders implements ScanStore {
  readonly #root: string;
  /** Finished scans by folder. */
  readonly #scans: Map<string, Scan>;
  readonly #options: ScanStoreOptions;
  readonly #pins = new Pins();

  constructor(root: string, scans: Map<string, Scan>, options: ScanStoreOptions) {
    this.#root = root;
    this.#scans = scans;
    this.#options = options;
  }

  async begin(key: string): Promise<string> {
    if (!FOLDER.test(`${key}.0`)) {
      throw new Error(`A scan's key must be 64 lowercase hexadecimal digits; got "${key}".`);
    }
    for (let attempt = 0; ; attempt++) {
      const directory = join(this.#root, `${key}.${attempt}`);
      try {
        await mkdir(directory, { mode: 0o700 });
        return directory;
      } catch (error) {
        if (!isTaken(error)) throw diskError(error, 'create the folder', directory);
      }
    }
  }

  async complete(directory: string, summary: unknown): Promise<void> {
    const [, key] = FOLDER.exec(directory.slice(this.#root.length + 1)) ?? [];
    if (key === undefined) throw new Error(`${directory} is no folder of the scan store.`);
    try {
      const file: SummaryFile = { files: await syncAll(directory), summary };
      await syncDirectory(directory);
      await syncDirectory(this.#root);
      await replaceFile(join(directory, SUMMARY), JSON.stringify(file));
      this.#scans.set(directory, { key, bytes: sizeOf(file), lastUsedMs: this.#options.now() });
    } catch (error) {
      throw diskError(error, 'keep the scan in', directory);
    }
    this.#options.onGrown();
  }

  async abandon(directory: string): Promise<void> {
    this.#scans.delete(directory);
    // The summary goes first: what a kill leaves behind is then no finished scan.
    await rm(join(directory, SUMMARY), { force: true });
    await rm(directory, { recursive: true, force: true });
  }

  async find(key: string): Promise<FinishedScan | null> {
    for (const [directory, scan] of this.#scans) {
      if (scan.key !== key) continue;
      const file = await readSummary(directory);
      if (file !== null && (await isWhole(directory, file))) {
        this.#markUsed(directory, scan);
        return { directory, summary: file.summary };
      }
      await this.abandon(directory);
    }
    return null;
  }

  pin(jobId: string, directory: string): void {
    this.#pins.pin(jobId, directory);
  }

  unpin(jobId: string, directory?: string): void {
    this.#pins.unpin(jobId, directory);
  }

  isPinned(directory: string): boolean {
    return this.#pins.has(directory);
  }

  entries(): readonly CacheEntry[] {
    return [...this.#scans].map(([directory, { bytes, lastUsedMs }]) => ({
      key: directory,
      bytes,
      lastUsedMs,
      isPinned: this.#pins.has(directory),
    }));
  }

  #markUsed(directory: string, scan: Scan): void {
    scan.lastUsedMs = this.#options.now();
    utimes(join(directory, SUMMARY), scan.lastUsedMs / 1000, scan.lastUsedMs / 1000).catch(() => {});
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/** Flushes every file of the folder; gives their lengths. */
async function syncAll(directory: string): Promise<Record<string, number>> {
  const files: Record<string, number> = {};
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    await syncFile(path);
    files[name] = (await stat(path)).size;
  }
  return files;
}

async function readSummary(directory: string): Promise<SummaryFile | null> {
  try {
    return JSON.parse(await readFile(join(directory, SUMMARY), 'utf8')) as SummaryFile;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return null;
    throw diskError(error, 'read the scan in', directory);
  }
}

async function isWhole(directory: string, file: SummaryFile): Promise<boolean> {
  for (const [name, bytes] of Object.entries(file.files)) {
    const facts = await stat(join(directory, name)).catch(() => null);
    if (facts?.size !== bytes) return false;
  }
  return true;
}

function sizeOf(file: SummaryFile): number {
  return Object.values(file.files).reduce((sum, bytes) => sum + bytes, 0);
}
