import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { type Delivery, startLyingPeer } from './lying-peer.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

/** After so long a message that waits for another one to overtake it goes alone. */
const PATIENCE_MS = 50;

const REORDERED = 'of two messages the second one first';

const DELIVERIES: Readonly<Record<string, Delivery>> = {
  'each message twice': (hand) => (message) => {
    hand(message);
    hand(message);
  },
  'each message again after the next one': (hand) => {
    let former: Parameters<typeof hand>[0] | null = null;
    return (message) => {
      hand(message);
      if (former !== null) hand(former);
      former = message;
    };
  },
  [REORDERED]: (hand) => {
    let waiting: { readonly message: Parameters<typeof hand>[0]; readonly timer: NodeJS.Timeout } | null =
      null;
    const handWaiting = (): void => {
      if (waiting === null) return;
      const { message, timer } = waiting;
      clearTimeout(timer);
      waiting = null;
      hand(message);
    };
    return (message) => {
      if (waiting === null) {
        waiting = { message, timer: setTimeout(handWaiting, PATIENCE_MS) };
        return;
      }
      hand(message);
      handWaiting();
    };
  },
};

describe('messages that come twice, or out of order, between a leader and a peer', () => {
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

  test.each(Object.keys(DELIVERIES))('%s: the job is done, every frame once', async (name) => {
    const { addresses } = await leader.status();
    const lie = { delivery: DELIVERIES[name] as Delivery };
    const peer = await startLyingPeer(join(folder.path, `peer-${crf}`), addresses[0] ?? '', lie);
    try {
      await until(async () => (await leader.peers()).some(({ state }) => state === 'alive'));
      // Another CRF for each: nothing that was encoded before may be reused.
      crf += 1;
      const output = join(folder.path, `${crf}.mkv`);
      const options = { ...FAST, crf, minSceneSeconds: 0.125, maxSceneSeconds: 0.25 };
      await holdEncoders(join(folder.path, 'leader'));
      const { job } = await leader.submit({ input: film, output, options });
      await until(async () => {
        const { retryCount, peers } = (await leader.job(job.id)).progress;
        return retryCount > 0 || peers.some(({ isSelf, chunksDone }) => !isSelf && chunksDone > 2);
      });
      await releaseEncoders(join(folder.path, 'leader'));
      const { phase, error, summary } = await untilOver(leader, job.id);
      expect([phase, error, summary?.frameCount]).toEqual(['done', null, 150]);
      const chunksDone = summary?.peers.reduce((sum, one) => sum + one.chunksDone, 0);
      expect(chunksDone).toBe(summary?.chunkCount);
      // What came twice changes nothing. Out of order is not believed: the chunk is tried again.
      if (name !== REORDERED) expect(summary?.retries).toEqual([]);
      expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    } finally {
      await peer.stop();
      await until(async () => (await leader.peers()).every(({ state }) => state !== 'alive'));
    }
  });
});
