import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';

/** Where Linux tells what memory there is, and which part of it a container or a service may have. */
export interface MemoryFiles {
  readonly meminfo: string;
  readonly ownGroups: string;
  readonly groups: string;
}

const FILES: MemoryFiles = {
  meminfo: '/proc/meminfo',
  ownGroups: '/proc/self/cgroup',
  groups: '/sys/fs/cgroup',
};

/** What a control group's files are called in the two versions of the kernel's interface (cgroups(7)). */
const VERSION_1 = {
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cache: 'total_inactive_file',
};
const VERSION_2 = { limit: 'memory.max', usage: 'memory.current', cache: 'inactive_file' };

/**
 * Bytes that can be had without swapping: free, and what the kernel would give back; less where the container or the
 * service that this runs in has a limit. Linux knows this exactly; elsewhere free memory is the careful answer.
 */
export async function availableMemory(files = FILES): Promise<number> {
  const ofMachine = firstNumber(await textOf(files.meminfo), /^MemAvailable:\s+(\d+) kB$/m);
  const ofGroups = await Promise.all((await foldersOf(files)).map(leftIn));
  return Math.max(0, Math.min(ofMachine === null ? freemem() : ofMachine * 1024, ...ofGroups));
}

interface GroupFolder {
  readonly path: string;
  readonly names: typeof VERSION_1;
}

/** This process's group and all that it lies in; inside a container the path may be the host's, and only the top is there. */
async function foldersOf({ ownGroups, groups }: MemoryFiles): Promise<GroupFolder[]> {
  const folders: GroupFolder[] = [];
  for (const line of (await textOf(ownGroups)).split('\n')) {
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const isVersion2 = id === '0' && controllers === '';
    if (!isVersion2 && controllers?.split(',').includes('memory') !== true) continue;
    const [top, names] = isVersion2 ? [groups, VERSION_2] : [join(groups, 'memory'), VERSION_1];
    for (let at = path; ; at = dirname(at)) {
      folders.push({ path: join(top, at), names });
      if (at === dirname(at)) break;
    }
  }
  return folders;
}

/** Files that were read and are not in use are counted as used, though the kernel would drop them first. */
async function leftIn({ path, names }: GroupFolder): Promise<number> {
  const [limit, usage, stat] = await Promise.all(
    [names.limit, names.usage, 'memory.stat'].map((name) => textOf(join(path, name))),
  );
  const [most, used] = [firstNumber(limit, /^(\d+)$/m), firstNumber(usage, /^(\d+)$/m)];
  // Without a limit the file says so in a word, or is not there.
  if (most === null || used === null) return Number.POSITIVE_INFINITY;
  return most - used + (firstNumber(stat, new RegExp(`^${names.cache} (\\d+)$`, 'm')) ?? 0);
}

function firstNumber(text: string | undefined, pattern: RegExp): number | null {
  const found = pattern.exec(text ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
