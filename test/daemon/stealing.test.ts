import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import type { JobSummary } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders, retriesBesideHeld } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

/** A dozen chunks. */
const OPTIONS = { ...FAST, minSceneSeconds: 0.25, maxSceneSeconds: 0.5 };

describe('a peer that has nothing to do takes what another one has not begun', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(() => folder.remove());

  test('and its slice straight from there', async () => {
    const summary = await summaryOfSteal('direct', true);
    expect(summary.stolenCount).toBe(1);
    expect(summary.sliceBytes.direct).toBeGreaterThan(0);
    expect(summary.directSliceCount).toBe(1);
    expect(retriesBesideHeld(summary)).toEqual([]);
  });

  test('and its slice from the leader, where the two do not reach each other', async () => {
    const summary = await summaryOfSteal('apart', false);
    expect(summary.stolenCount).toBe(1);
    expect(summary.sliceBytes.direct).toBe(0);
    expect(summary.directSliceCount).toBe(0);
    expect(retriesBesideHeld(summary)).toEqual([]);
  });

  /** The victim is held in its second chunk, with a third one ready; the thief comes, and does all others. */
  async function summaryOfSteal(name: string, areLinked: boolean): Promise<JobSummary> {
    const state = (who: string): string => join(folder.path, name, who);
    const daemons: Daemon[] = [];
    const start = async (who: string, slots: number, peers: string[]): Promise<Daemon> => {
      const daemon = await startLoneDaemon(state(who), { name: who, slots, peers });
      daemons.push(daemon);
      return daemon;
    };
    try {
      const lead = await start('lead', 0, []);
      const victim = await start('victim', 1, [await addressOf(lead)]);
      await holdEncoders(state('victim'), 1);
      const output = join(folder.path, `${name}.mkv`);
      const { job } = await lead.submit({ input, output, options: OPTIONS });
      await until(async () => {
        const { chunksCommitted } = (await lead.job(job.id)).progress;
        return chunksCommitted === 1 && (await victim.status()).work.attempts === 2;
      });
      await holdEncoders(state('thief'));
      const others = areLinked ? [lead, victim] : [lead];
      const thief = await start('thief', 1, await Promise.all(others.map(addressOf)));
      await until(async () => (await thief.status()).peers.length === others.length);
      await releaseEncoders(state('thief'));
      const over = await untilOver(lead, job.id);
      expect([over.phase, over.summary?.frameCount]).toEqual(['done', 150]);
      return over.summary as JobSummary;
    } finally {
      for (const who of ['victim', 'thief']) await releaseEncoders(state(who));
      await Promise.all(daemons.map((daemon) => daemon.shutDown('the test is over')));
    }
  }
});

async function addressOf(daemon: Daemon): Promise<string> {
  return (await daemon.status()).addresses[0] ?? '';
}
