import { readdir, readFile } from 'node:fs/promises';

/** Ticks a second in /proc: USER_HZ, which is 100 wherever Linux runs Node.js (proc(5)). */
const TICKS_A_SECOND = 100;

/**
 * Linux: CPU seconds of this process, of its ended children (which the kernel adds to it), and of the living ones.
 * The sum never goes back when a child ends. /proc/PID/task/TID/children would name them, but not every kernel has it.
 */
export async function ownCpuSecondsLinux(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const ticks = await Promise.all(pids.map(ownTicksOf));
  return ticks.reduce((sum, count) => sum + count, 0) / TICKS_A_SECOND;
}

/**
 * Of /proc/PID/stat: field 4, the parent; 14 and 15, utime and stime; 16 and 17, the same of ended children. 0 for a
 * process that is neither this one nor its child, or gone.
 */
async function ownTicksOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; field 3 is the first after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isSelf = Number(pid) === process.pid;
  if (!isSelf && Number(fields[1]) !== process.pid) return 0;
  return fields.slice(11, isSelf ? 15 : 13).reduce((sum, count) => sum + Number(count), 0);
}
