import { execa } from 'execa';
import { descendantsOf } from './descendants.ts';

/**
 * Windows: CPU seconds of the processes that this one and its children started, from Win32_Process; its times count
 * 100 ns.
 */
export async function childrenCpuWindows(): Promise<ReadonlyMap<number, number>> {
  const query =
    'Get-CimInstance Win32_Process | ' +
    'ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.KernelModeTime + $_.UserModeTime)" }';
  const { stdout } = await execa('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    reject: false,
    stdin: 'ignore',
    windowsHide: true,
  });
  const all = new Map<number, { parent: number; seconds: number }>();
  for (const line of String(stdout ?? '').split('\n')) {
    const [pid, parent, ticks] = line.trim().split(' ');
    if (ticks !== undefined) all.set(Number(pid), { parent: Number(parent), seconds: Number(ticks) / 1e7 });
  }
  return new Map(descendantsOf(process.pid, all).map((pid) => [pid, all.get(pid)?.seconds ?? 0]));
}
