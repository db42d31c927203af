import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { holdEncoders, releaseEncoders } from '../daemon/hold-encoders.ts';
import { makeSource } from '../sources/make-source.ts';
import { HostDaemon, summaryOf } from './host-daemon.ts';
import { type Host, labUnavailable, makeLab } from './hosts.ts';

/** A dozen chunks. */
const FLAGS = ['--min-scene-length', '0.25', '--max-scene-length', '0.5', '--preset', '8'];

const reason = labUnavailable();
if (reason !== null) console.log(`The lab is skipped: ${reason}`);

test.skipIf(reason !== null).each([20, 100])(
  'over an uplink of %i Mbit/s the leader sends a stolen chunk once, and the two others move it between them',
  async (megabits) => {
    const directory = await mkdtemp(join(tmpdir(), 'vadeio-lab-'));
    const film = (await makeSource('h264-single-shot-mkv', directory)).path;
    const output = join(directory, 'out.mkv');
    const lab = await makeLab(3);
    try {
      const [desk, victim, thief] = ['desk', 'victim', 'thief'].map(
        (name, index) => new HostDaemon(lab.hosts[index] as Host, name, join(directory, name)),
      ) as [HostDaemon, HostDaemon, HostDaemon];
      await desk.host.shape(megabits);
      await desk.start('--slots', '0');
      await victim.start();
      await desk.untilPeer('victim', (peer) => peer?.state === 'alive');
      // In its second chunk, with a third one ready.
      await holdEncoders(victim.stateDirectory, 1);
      const run = desk.submit(film, output, FLAGS);
      await desk.untilJob(output, ({ progress }) => progress.chunksCommitted === 1);
      await victim.untilStatus(({ work }) => work.attempts === 2);
      await holdEncoders(thief.stateDirectory);
      await thief.start();
      for (const name of ['desk', 'victim']) await thief.untilPeer(name, (peer) => peer?.state === 'alive');
      await releaseEncoders(thief.stateDirectory);
      const summary = await summaryOf(run);
      const { sliceBytes, slotsWaitedShare, slicedPacketCount } = summary;
      expect(summary).toMatchObject({ stolenCount: 1, directSliceCount: 1 });
      expect(sliceBytes.direct).toBeGreaterThan(0);
      expect(sliceBytes.fromLeader).toBeGreaterThan(sliceBytes.direct);
      expect(slotsWaitedShare).toBeGreaterThan(0);
      expect(slotsWaitedShare).toBeLessThan(1);
      expect(slicedPacketCount).toBeGreaterThan(150);
      expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
    } finally {
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
