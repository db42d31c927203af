import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thisMachine } from '../../node/daemon/machine.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('slots', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(() => folder.remove());

  test('auto: one a core, and when memory runs short the newest encode goes back, to be encoded later', async () => {
    let availableBytes = 32e9;
    const machine = {
      ...thisMachine(),
      cores: 2,
      totalBytes: 64e9,
      availableBytes: async () => availableBytes,
    };
    const state = join(folder.path, 'auto');
    const daemon = await startLoneDaemon(state, { slots: null }, machine);
    try {
      expect(await daemon.status()).toMatchObject({ slots: 2, areSlotsAuto: true });
      await holdEncoders(state);
      const { job } = await daemon.submit({ input, output: join(folder.path, 'auto.mkv'), options: FAST });
      await until(async () => (await daemon.status()).slotsRunning === 2);
      availableBytes = 1e9;
      await until(async () => (await daemon.status()).slotsRunning === 1);
      expect((await daemon.status()).slots).toBe(1);
      availableBytes = 32e9;
      await releaseEncoders(state);
      const over = await untilOver(daemon, job.id);
      expect([over.phase, over.summary?.frameCount]).toEqual(['done', 150]);
      expect(over.summary?.retries.join(' ')).toMatch(/returned/);
    } finally {
      await daemon.shutDown('the test is over');
    }
  });

  test('none: a machine leads without encoding, and others do', async () => {
    const lead = await startLoneDaemon(join(folder.path, 'lead'), { name: 'lead', slots: 0 });
    const { addresses } = await lead.status();
    const { job } = await lead.submit({ input, output: join(folder.path, 'led.mkv'), options: FAST });
    await until(async () => (await lead.job(job.id)).progress.peers[0]?.leftOut != null);
    expect((await lead.job(job.id)).progress.peers).toMatchObject([
      { leftOut: 'It has no slots (--slots 0).' },
    ]);
    expect((await lead.status()).leftOut).toEqual([{ job: job.id, reason: 'It has no slots (--slots 0).' }]);
    const helper = await startLoneDaemon(join(folder.path, 'helper'), {
      name: 'helper',
      slots: 1,
      peers: addresses.slice(0, 1),
    });
    const over = await untilOver(lead, job.id);
    await helper.shutDown('the test is over');
    await lead.shutDown('the test is over');
    expect(over.phase).toBe('done');
    const done = over.summary?.peers.map(({ name, chunksDone }) => [name, chunksDone > 0]);
    expect(done).toEqual(expect.arrayContaining([['helper', true]]));
    expect(done).not.toContainEqual(['lead', true]);
  });
});
