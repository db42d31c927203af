import { execa } from 'execa';

/** Windows: `BatteryStatus` of Win32_Battery is 1 while it discharges. */
export async function isOnBatteryWindows(): Promise<boolean> {
  const query = '(Get-CimInstance Win32_Battery).BatteryStatus';
  const { stdout } = await execa('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    reject: false,
    stdin: 'ignore',
    windowsHide: true,
  });
  return String(stdout ?? '')
    .split(/\s+/)
    .includes('1');
}
