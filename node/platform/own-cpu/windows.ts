import { execa } from 'execa';

/** Windows: CPU seconds of this process's children, from Win32_Process; its times count 100 ns. */
export async function childrenCpuWindows(): Promise<ReadonlyMap<number, number>> {
  const query =
    `Get-CimInstance Win32_Process -Filter "ParentProcessId=${process.pid}" | ` +
    'ForEach-Object { "$($_.ProcessId) $($_.KernelModeTime + $_.UserModeTime)" }';
  const { stdout } = await execa('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    reject: false,
    stdin: 'ignore',
    windowsHide: true,
  });
  const found = new Map<number, number>();
  for (const line of String(stdout ?? '').split('\n')) {
    const [pid, ticks] = line.trim().split(' ');
    if (ticks !== undefined) found.set(Number(pid), Number(ticks) / 1e7);
  }
  return found;
}
