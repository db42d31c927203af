import { readdir, readFile } from 'node:fs/promises';
import { descendantsOf } from './descendants.ts';

/** Ticks a second in /proc: USER_HZ, which is 100 wherever Linux runs Node.js (proc(5)). */
const TICKS_A_SECOND = 100;

/**
 * Linux: CPU seconds of this process, of the living processes that it and its children started, and of the ended ones,
 * which the kernel adds to whoever started them. /proc/PID/task/TID/children would name them, but not every kernel has
 * it.
 */
export async function ownCpuSecondsLinux(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = new Map(await Promise.all(pids.map(statOf)));
  const own = [process.pid, ...descendantsOf(process.pid, all)];
  return own.reduce((sum, pid) => sum + (all.get(pid)?.ticks ?? 0), 0) / TICKS_A_SECOND;
}

/** CPU seconds of the processes that this one has started and that have ended; 0 where the system does not tell. */
export async function endedChildrenCpuSeconds(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8').catch(() => '');
  return ticksIn(fieldsOf(stat).slice(13, 15)) / TICKS_A_SECOND;
}

/** Of /proc/PID/stat: field 4, the parent; 14 and 15, utime and stime; 16 and 17, the same of ended children. */
async function statOf(pid: string): Promise<[number, { parent: number; ticks: number }]> {
  const fields = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  return [Number(pid), { parent: Number(fields[1] ?? 0), ticks: ticksIn(fields.slice(11, 15)) }];
}

/** From field 3 on: the name before it, in parentheses, may hold anything. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function ticksIn(fields: readonly string[]): number {
  return fields.reduce((sum, count) => sum + Number(count), 0);
}
