import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Linux: /sys/class/power_supply (Documentation/ABI/testing/sysfs-class-power). On battery when no charger is online
 * and a battery of the machine itself, not of a mouse (scope Device), discharges.
 */
export async function isOnBatteryLinux(folder = '/sys/class/power_supply'): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  let isDischarging = false;
  for (const name of names) {
    const read = async (attribute: string): Promise<string> =>
      (await readFile(join(folder, name, attribute), 'utf8').catch(() => '')).trim();
    const type = await read('type');
    if (type !== 'Battery') {
      if ((await read('online')) === '1') return false;
    } else if ((await read('scope')) !== 'Device' && (await read('status')) === 'Discharging') {
      isDischarging = true;
    }
  }
  return isDischarging;
}
