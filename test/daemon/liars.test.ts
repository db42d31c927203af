import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { LIES } from './lies.ts';
import { startLyingPeer } from './lying-peer.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone } from './one-machine.ts';

describe('invariant 3: what a lying peer hands in is never committed, and the peer is left out', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let leader: Daemon;
  let film: string;
  let crf = 30;

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    leader = await startLoneDaemon(join(folder.path, 'leader'), { slots: 1 });
  });
  afterAll(async () => {
    await leader.shutDown('the tests are over');
    await folder.remove();
  });

  test.each(Object.keys(LIES))('%s', async (name) => {
    const { addresses } = await leader.status();
    const liar = await startLyingPeer(join(folder.path, `liar-${crf}`), addresses[0] ?? '', LIES[name] ?? {});
    try {
      await until(async () => (await leader.peers()).some((peer) => peer.state === 'alive'));
      // Another CRF for each: nothing that was encoded before may be reused.
      crf += 1;
      const output = join(folder.path, `${crf}.mkv`);
      const options = { ...FAST, crf, minSceneSeconds: 0.125, maxSceneSeconds: 0.25 };
      const { job } = await leader.submit({ input: film, output, options });
      // The honest half waits meanwhile, once it has shown that the film can be encoded.
      await until(async () => (await leader.job(job.id)).progress.chunksCommitted > 0);
      await holdEncoders(join(folder.path, 'leader'));
      await until(async () => {
        const { phase, progress } = await leader.job(job.id);
        return phase !== 'encoding' || progress.peers.some((peer) => peer.leftOut !== null);
      });
      expect(await leader.peers()).toMatchObject([
        { name: 'liar', leftOut: [{ job: job.id, reason: expect.stringMatching(/refused|failed/) }] },
      ]);
      await releaseEncoders(join(folder.path, 'leader'));
      const { summary } = await untilDone(leader, job.id);
      const told = summary?.peers.find((peer) => peer.name === 'liar');
      expect(told?.chunksDone ?? 0).toBe(0);
      expect(summary?.retries.length).toBeGreaterThan(0);
      expect(told?.leftOut).toMatch(/refused|failed/);
      expect(await verifyFiles(film, output, () => undefined)).toMatchObject({
        isEqual: true,
        differences: [],
      });
    } finally {
      await liar.stop();
      await until(async () => (await leader.peers()).every((peer) => peer.state !== 'alive'));
    }
  });
});
