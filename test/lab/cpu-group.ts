import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStale, newLabName } from './lab-name.ts';

/** Processes that together get so much CPU time and no more: a control group of the kernel, version 1 or 2. */
export interface CpuGroup {
  /** A process whose id is written to this file is in the group from then on; its children are born there. */
  readonly processes: string;
  /** @param cores CPU seconds a second */
  limit(cores: number): Promise<void>;
  /** Its processes were ended. */
  remove(): Promise<void>;
}

/** Version 1 has a hierarchy of its own for CPU time, version 2 one for everything. */
interface Hierarchy {
  readonly root: string;
  readonly version: 1 | 2;
}

const ROOT = '/sys/fs/cgroup';

/** The kernel's own default: a shorter one costs more switches, a longer one stops a host for longer. */
const PERIOD_US = 100_000;

/** How often, and how many times, a group is tried to be removed whose last process is just ending. */
const REMOVAL_STEP_MS = 20;
const REMOVAL_TRIES = 250;

/**
 * Why CPU time cannot be limited here, or null. Limits a process to know: in a container of version 2 the file that hands
 * control down is there, may be written by its owner, and refuses.
 */
export async function cpuGroupsUnavailable(): Promise<string | null> {
  if ((await findHierarchy()) === null) return `there are no control groups for CPU time in ${ROOT}`;
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    await once(sleeper, 'spawn');
    const group = await makeCpuGroup(newLabName());
    try {
      await group.limit(1);
      await writeFile(group.processes, String(sleeper.pid));
      return null;
    } finally {
      sleeper.kill('SIGKILL');
      await group.remove();
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return `a control group with a share of the CPU cannot be made in ${ROOT}: ${words}`;
  } finally {
    sleeper.kill('SIGKILL');
  }
}

export async function makeCpuGroup(name: string): Promise<CpuGroup> {
  const hierarchy = await findHierarchy();
  if (hierarchy === null) throw new Error(`there are no control groups for CPU time in ${ROOT}`);
  const { root, version } = hierarchy;
  for (const other of await readdir(root)) if (isStale(other)) await removeGroup(join(root, other));
  if (version === 2) await writeFile(join(root, 'cgroup.subtree_control'), '+cpu');
  const group = join(root, name);
  await mkdir(group);
  return {
    processes: join(group, 'cgroup.procs'),
    limit: async (cores) => {
      const quotaUs = Math.round(cores * PERIOD_US);
      if (version === 2) await writeFile(join(group, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
      else await writeFile(join(group, 'cpu.cfs_quota_us'), String(quotaUs));
    },
    remove: () => removeGroup(group),
  };
}

async function findHierarchy(): Promise<Hierarchy | null> {
  const controllers = await readFile(join(ROOT, 'cgroup.controllers'), 'utf8').catch(() => '');
  if (controllers.split(/\s+/).includes('cpu')) return { root: ROOT, version: 2 };
  for (const mount of ['cpu,cpuacct', 'cpu']) {
    const root = join(ROOT, mount);
    if (await succeeds(access(join(root, 'cgroup.procs')))) return { root, version: 1 };
  }
  return null;
}

async function removeGroup(group: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    if (await succeeds(rmdir(group))) return;
    if (!(await succeeds(access(group)))) return;
    if (tries === REMOVAL_TRIES) throw new Error(`the control group ${group} still holds processes`);
    await sleep(REMOVAL_STEP_MS);
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
