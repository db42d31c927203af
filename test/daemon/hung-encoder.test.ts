import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { JobView } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { childrenOf, until, untilGone } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

/** A dozen chunks. */
const OPTIONS = { ...FAST, minSceneSeconds: 0.25, maxSceneSeconds: 0.5 };

describe('an encoder that hangs in the middle of a chunk', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(() => folder.remove());

  test('is not waited for at the end of a job: another machine encodes the chunk as well, and the process ends', async () => {
    const leadState = join(folder.path, 'lead');
    const lead = await startLoneDaemon(leadState, { name: 'lead', slots: 1 });
    const { addresses } = await lead.status();
    const helperState = join(folder.path, 'helper');
    const helper = await startLoneDaemon(helperState, { name: 'helper', slots: 1, peers: addresses });
    try {
      await until(async () => (await lead.peers()).length === 1);
      // The leader waits meanwhile, so that its backup is not there before the other one hangs.
      await holdEncoders(leadState, 1);
      await holdEncoders(helperState, 1);
      const job = await submit(lead, 'tail.mkv', 35);
      await until(async () => chunksOf(await lead.job(job), 'helper') === 1 && (await running(helper)) === 1);
      const hung = await hang(helperState);
      await releaseEncoders(leadState);
      const over = await untilOver(lead, job);
      await expectWhole(over);
      expect(over.summary?.retries).toEqual([]);
      expect(over.summary?.attemptCount).toBeGreaterThan(over.summary?.chunkCount ?? 0);
      await untilGone(hung);

      await holdEncoders(leadState);
      const next = await submit(lead, 'next.mkv', 36);
      await until(async () => chunksOf(await lead.job(next), 'helper') > 0);
      await releaseEncoders(leadState);
      await expectWhole(await untilOver(lead, next));
    } finally {
      for (const state of [leadState, helperState]) await releaseEncoders(state);
      await helper.shutDown('the test is over');
      await lead.shutDown('the test is over');
    }
  });

  test('loses its lease where no other machine is, and the chunk is encoded by the next process', async () => {
    const state = join(folder.path, 'alone');
    const daemon = await startLoneDaemon(state, { slots: 1 });
    try {
      await holdEncoders(state, 2);
      const job = await submit(daemon, 'alone.mkv', 35);
      await until(async () => (await daemon.job(job)).progress.chunksCommitted === 2);
      await until(async () => (await running(daemon)) === 1);
      const hung = await hang(state);
      const over = await untilOver(daemon, job);
      await expectWhole(over);
      expect(over.summary?.retries).toEqual([expect.stringMatching(/encoder stopped at frame/)]);
      await untilGone(hung);
    } finally {
      await releaseEncoders(state);
      await daemon.shutDown('the test is over');
    }
  });

  /** Stops the encode processes of a daemon whose encoders are held, for good. */
  async function hang(state: string): Promise<number[]> {
    const encoders = await childrenOf(process.pid, 'encode', state);
    expect(encoders).toHaveLength(1);
    for (const pid of encoders) process.kill(pid, 'SIGSTOP');
    await releaseEncoders(state);
    return encoders;
  }

  async function submit(daemon: Daemon, name: string, crf: number): Promise<string> {
    const output = join(folder.path, name);
    return (await daemon.submit({ input, output, options: { ...OPTIONS, crf } })).job.id;
  }

  async function expectWhole({ phase, error, output }: JobView): Promise<void> {
    expect([phase, error]).toEqual(['done', null]);
    expect((await verifyFiles(input, output, () => undefined)).differences).toEqual([]);
  }
});

function chunksOf({ progress, summary }: JobView, name: string): number {
  const peers = summary?.peers ?? progress.peers;
  return peers.find((peer) => peer.name === name)?.chunksDone ?? 0;
}

async function running(daemon: Daemon): Promise<number> {
  return (await daemon.status()).slotsRunning;
}
