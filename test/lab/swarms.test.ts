import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { areAtWork } from '../daemon/daemon-process.ts';
import { holdEncoders, releaseEncoders } from '../daemon/hold-encoders.ts';
import { makeSource } from '../sources/make-source.ts';
import { HostDaemon, summaryOf } from './host-daemon.ts';
import { type Host, labUnavailable, makeLab } from './hosts.ts';

/** Two dozen chunks of six frames. */
const FLAGS = ['--min-scene-length', '0.125', '--max-scene-length', '0.25', '--preset', '8'];

const SWARMS = { red: ['desk', 'shelf'], blue: ['couch', 'attic'] } as const;

const reason = labUnavailable();
if (reason !== null) console.log(`The lab is skipped: ${reason}`);

test.skipIf(reason !== null)(
  'two swarms on one LAN: each encodes its own job, and sees nobody of the other',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'vadeio-lab-'));
    const film = (await makeSource('h264-single-shot-mkv', directory)).path;
    const lab = await makeLab(4);
    try {
      const runs = await Promise.all(
        Object.entries(SWARMS).map(async ([swarm, names], index) => {
          const hosts = lab.hosts.slice(2 * index) as Host[];
          const daemons = names.map(
            (name, at) => new HostDaemon(hosts[at] as Host, name, join(directory, name)),
          );
          for (const daemon of daemons) await daemon.start('--swarm', swarm);
          return { swarm, names, daemons, output: join(directory, `${swarm}.mkv`) };
        }),
      );
      for (const { names, daemons } of runs) {
        const [leader, other] = daemons as [HostDaemon, HostDaemon];
        await leader.untilPeer(names[1], (peer) => peer?.state === 'alive');
        await other.untilPeer(names[0], (peer) => peer?.state === 'alive');
        for (const { stateDirectory } of daemons) await holdEncoders(stateDirectory);
      }
      const summaries = runs.map(async ({ names, daemons, output }) => {
        const leader = daemons[0] as HostDaemon;
        const run = leader.submit(film, output, FLAGS);
        await leader.untilJob(output, (job) => areAtWork(job, names));
        for (const { stateDirectory } of daemons) await releaseEncoders(stateDirectory);
        return summaryOf(run);
      });
      for (const [index, { names, daemons, output }] of runs.entries()) {
        const summary = await summaries[index];
        expect(summary?.peers.map(({ name }) => name).sort()).toEqual([...names].sort());
        expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
        for (const daemon of daemons) {
          const known = (await daemon.status()).peers.map(({ name }) => name);
          expect(known).toEqual(names.filter((name) => name !== daemon.name));
        }
      }
    } finally {
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
