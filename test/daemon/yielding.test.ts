import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minuteOfDay, thisMachine } from '../../node/daemon/machine.ts';
import { isOnBatteryLinux } from '../../node/platform/battery/linux.ts';
import type { StatusView } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { startCli, until } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('a machine yields', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  test('outside its hours, and says when they begin', async () => {
    // Two hours from now: the clock does not reach that while this runs.
    const inTwoHours = clockTime(minuteOfDay(new Date()) + 120);
    const hours = `${inTwoHours}-${clockTime(minuteOfDay(new Date()) + 180)}`;
    const status = await withDaemon(['--schedule', hours], async ({ work }) => work.reasons.length > 0);
    expect(status.work).toMatchObject({ intake: 'closed', wish: 'work' });
    expect(status.work.reasons).toEqual([`Its schedule is ${hours}; it begins at ${inTwoHours}.`]);
  });

  test('to other programs that use the processors', async () => {
    const other = execaNode({ reject: false })`-e ${'for (;;);'}`;
    try {
      const status = await withDaemon(['--max-load', '5%'], async ({ work }) => work.intake !== 'open');
      expect(status.work.reasons).toEqual(['Other programs use more than 5 % of its cores (--max-load).']);
    } finally {
      other.kill('SIGKILL');
      await other;
    }
  });

  test('on battery: what runs goes back, and goes on at the charger', async () => {
    const supplies = join(folder.path, 'power_supply');
    await mkdir(join(supplies, 'AC'), { recursive: true });
    await mkdir(join(supplies, 'BAT0'), { recursive: true });
    const plug = async (online: string, status: string): Promise<void> => {
      await writeFile(join(supplies, 'AC', 'online'), online);
      await writeFile(join(supplies, 'BAT0', 'status'), status);
    };
    await writeFile(join(supplies, 'AC', 'type'), 'Mains');
    await writeFile(join(supplies, 'BAT0', 'type'), 'Battery');
    await plug('0', 'Discharging');
    const machine = { ...thisMachine(), isOnBattery: () => isOnBatteryLinux(supplies) };
    const laptop = await startLoneDaemon(join(folder.path, 'laptop'), { worksOnBattery: false }, machine);
    try {
      await until(async () => (await laptop.status()).work.intake === 'emptying');
      const input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
      const output = join(folder.path, 'out.mkv');
      const { job } = await laptop.submit({ input, output, options: FAST });
      await until(async () => (await laptop.job(job.id)).progress.chunksFound > 0);
      expect((await laptop.job(job.id)).progress.peers[0]?.leftOut).toMatch(/battery/);
      await plug('1', 'Charging');
      expect((await untilOver(laptop, job.id)).phase).toBe('done');
    } finally {
      await laptop.shutDown('the test is over');
    }
  });

  let daemons = 0;

  /** The status of a daemon with these flags once it is as awaited. */
  async function withDaemon(
    flags: readonly string[],
    isThere: (status: StatusView) => Promise<boolean>,
  ): Promise<StatusView> {
    daemons += 1;
    const state = join(folder.path, `state-${daemons}`);
    const daemon = startCli(['up', ...flags], state);
    let status: StatusView | null = null;
    await until(async () => {
      const { exitCode, stdout } = await startCli(['status', '--json'], state);
      status = exitCode === 0 ? (JSON.parse(String(stdout)) as StatusView) : null;
      return status !== null && isThere(status);
    });
    daemon.kill('SIGTERM');
    await daemon;
    return status as unknown as StatusView;
  }
});

function clockTime(minute: number): string {
  const inDay = minute % (24 * 60);
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}
