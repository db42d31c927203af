import { execa } from 'execa';

/** macOS: CPU seconds of this process's children, from `ps`; its times read `[[days-]hours:]minutes:seconds`. */
export async function childrenCpuMacos(): Promise<ReadonlyMap<number, number>> {
  const { stdout } = await execa({ reject: false, stdin: 'ignore' })`ps -axo pid=,ppid=,time=`;
  return parsePs(String(stdout ?? ''), process.pid);
}

export function parsePs(text: string, parent: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const line of text.split('\n')) {
    const [pid, ppid, time] = line.trim().split(/\s+/);
    if (Number(ppid) === parent && time !== undefined) found.set(Number(pid), secondsOf(time));
  }
  return found;
}

function secondsOf(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
