import { execa } from 'execa';
import { descendantsOf } from './descendants.ts';

/**
 * macOS: CPU seconds of the processes that this one and its children started, from `ps`; its times read
 * `[[days-]hours:]minutes:seconds`.
 */
export async function childrenCpuMacos(): Promise<ReadonlyMap<number, number>> {
  const { stdout } = await execa({ reject: false, stdin: 'ignore' })`ps -axo pid=,ppid=,time=`;
  return parsePs(String(stdout ?? ''), process.pid);
}

export function parsePs(text: string, ancestor: number): ReadonlyMap<number, number> {
  const all = new Map<number, { parent: number; seconds: number }>();
  for (const line of text.split('\n')) {
    const [pid, parent, time] = line.trim().split(/\s+/);
    if (time !== undefined) all.set(Number(pid), { parent: Number(parent), seconds: secondsOf(time) });
  }
  return new Map(descendantsOf(ancestor, all).map((pid) => [pid, all.get(pid)?.seconds ?? 0]));
}

function secondsOf(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
