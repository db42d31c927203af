import { LIES } from '../../daemon/lies.ts';
import { startLyingPeer } from '../../daemon/lying-peer.ts';

/** A machine of the lab that hands in bad results: folder, leader's address, own address, name of its swarm and its lie. */
const [directory = '', leader = '', own = '', swarm = '', lie = ''] = process.argv.slice(2);

const peer = await startLyingPeer(directory, leader, LIES[lie] ?? {}, { listen: [own], swarm });
process.on('SIGTERM', async () => {
  await peer.stop();
  process.exit(0);
});
