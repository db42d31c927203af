import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOnBatteryLinux } from '../../node/platform/battery/linux.ts';

const CHARGER_OUT = { type: 'Mains', online: '0' };
const CHARGER_IN = { type: 'Mains', online: '1' };
const DISCHARGING = { type: 'Battery', status: 'Discharging' };

test.each([
  ['a desktop', {}, false],
  ['a laptop without its charger', { AC: CHARGER_OUT, BAT0: DISCHARGING }, true],
  ['a laptop at its charger', { AC: CHARGER_IN, BAT0: { type: 'Battery', status: 'Charging' } }, false],
  ['a charger too weak to charge', { AC: CHARGER_IN, BAT0: DISCHARGING }, false],
  ['a charger by USB', { BAT0: DISCHARGING, usb: { type: 'USB', online: '1' } }, false],
  ['a full battery', { BAT0: { type: 'Battery', status: 'Full' } }, false],
  ['a desktop with a mouse of its own battery', { mouse: { ...DISCHARGING, scope: 'Device' } }, false],
])('%s', async (_, supplies: Record<string, Record<string, string>>, isOnBattery) => {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-power-'));
  try {
    for (const [name, attributes] of Object.entries(supplies)) {
      await mkdir(join(folder, name));
      for (const [attribute, value] of Object.entries(attributes)) {
        await writeFile(join(folder, name, attribute), `${value}\n`);
      }
    }
    expect(await isOnBatteryLinux(folder)).toBe(isOnBattery);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a system without such a folder has no battery', async () => {
  expect(await isOnBatteryLinux('/nowhere/power_supply')).toBe(false);
});
