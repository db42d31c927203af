import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isOutputName, isVideoName } from '../../src/media/video-names.ts';

/** What a folder holds. Paths are relative to it, in the order of their names. */
export interface FoundVideos {
  readonly videos: readonly string[];
  /** Files that are no videos by their names; outputs of an earlier run are not among them. */
  readonly others: readonly string[];
  /** Folders that could not be read, a sentence each. */
  readonly unreadable: readonly string[];
}

/** Looks through a folder and all below it. Hidden entries are left out, and no folder is looked through twice. */
export async function findVideos(folder: string): Promise<FoundVideos> {
  const found = { videos: [] as string[], others: [] as string[], unreadable: [] as string[] };
  const seen = new Set<string>();
  const walk = async (below: string): Promise<void> => {
    const path = join(folder, below);
    // A link back to a folder above would lead round for ever.
    const real = await realpath(path);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await entriesOf(path, found.unreadable)) {
      const inner = join(below, entry.name);
      const kind = await kindOf(join(folder, inner), entry);
      if (kind === 'folder') await walk(inner);
      else if (kind === 'file' && isVideoName(entry.name)) found.videos.push(inner);
      else if (kind === 'other' || !isOutputName(entry.name)) found.others.push(inner);
    }
  };
  await walk('.');
  return found;
}

async function entriesOf(path: string, unreadable: string[]): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    unreadable.push(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
    return [];
  }
}

async function kindOf(path: string, entry: Dirent): Promise<'folder' | 'file' | 'other'> {
  const facts = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
  if (facts?.isDirectory()) return 'folder';
  return facts?.isFile() ? 'file' : 'other';
}
