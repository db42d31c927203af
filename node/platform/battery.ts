import { isOnBatteryLinux } from './battery/linux.ts';
import { isOnBatteryMacos } from './battery/macos.ts';
import { isOnBatteryWindows } from './battery/windows.ts';

/** How often it is worth asking: files on Linux, a process of its own elsewhere. */
export const BATTERY_LOOK_MS = process.platform === 'linux' ? 5_000 : 30_000;

/** Whether this machine runs on its battery. A machine that cannot tell has none. */
export async function isOnBattery(): Promise<boolean> {
  try {
    if (process.platform === 'win32') return await isOnBatteryWindows();
    if (process.platform === 'darwin') return await isOnBatteryMacos();
    return await isOnBatteryLinux();
  } catch {
    return false;
  }
}
