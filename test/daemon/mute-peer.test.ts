import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import type { PeerMessage } from '../../src/protocol/messages.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { startLyingPeer } from './lying-peer.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let leader: Daemon;

beforeAll(async () => {
  folder = await makeFolder();
  leader = await startLoneDaemon(join(folder.path, 'leader'), { slots: 2 });
});
afterAll(async () => {
  await leader.shutDown('the test is over');
  await folder.remove();
});

test('a peer that lives, takes chunks and never says a word of them does not hold up the end, and is left out', async () => {
  const film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  const { addresses } = await leader.status();
  let begun = 0;
  const words = (message: PeerMessage): PeerMessage | null => {
    if (message.type === 'attempt-started') begun += 1;
    return 'attempt' in message ? null : message;
  };
  const mute = await startLyingPeer(join(folder.path, 'mute'), addresses[0] ?? '', { words }, { slots: 2 });
  try {
    await until(async () => (await leader.peers()).some(({ state }) => state === 'alive'));
    const options = { ...FAST, minSceneSeconds: 0.125, maxSceneSeconds: 0.25 };
    await holdEncoders(join(folder.path, 'leader'));
    const { job } = await leader.submit({ input: film, output: join(folder.path, 'out.mkv'), options });
    await until(async () => begun === 2);
    await releaseEncoders(join(folder.path, 'leader'));
    const { phase, error, summary } = await untilOver(leader, job.id);
    expect([phase, error, summary?.frameCount]).toEqual(['done', null, 150]);
    const silences = summary?.retries.filter((words) => words.includes('the peer said nothing of it'));
    expect(silences).toHaveLength(2);
    const told = summary?.peers.find(({ name }) => name === 'liar');
    expect(told).toMatchObject({ chunksDone: 0, leftOut: expect.stringMatching(/without a word/) });
  } finally {
    await mute.stop();
  }
});
