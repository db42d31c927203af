import { addressKind } from '../../src/mesh/addresses.ts';
import { parsePeerAddress } from '../../src/mesh/peer-address.ts';
import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { formatDuration } from '../../src/report/format.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { sentenceOf } from '../sentence.ts';

/** What runs with the state folder, and whom it met. */
export async function examineDaemon(findDaemon: () => Promise<DaemonApi | null>): Promise<{
  readonly isUp: boolean;
  readonly findings: readonly Finding[];
}> {
  try {
    const daemon = await findDaemon();
    if (daemon === null)
      return { isUp: false, findings: [note('daemon', 'None runs with this state folder.')] };
    const { version, uptimeSeconds, swarm, addresses, peers } = await daemon.status();
    const up = `vadeio-node ${version} is up for ${formatDuration(uptimeSeconds)} in the swarm "${swarm}", at ${addresses.join(', ')}`;
    const met = peers.filter(({ state }) => state === 'alive' || state === 'suspect');
    const findings = [
      good('daemon', `${up}.`),
      met.length > 0
        ? good('daemon', `It works with ${met.map(({ name }) => name).join(', ')}.`)
        : note(
            'daemon',
            addresses.every(isLoopback)
              ? 'It met no other machine, as it listens on this one alone.'
              : 'It met no other machine yet. If one is up: do the firewalls of both let UDP 5353 and its TCP port pass? Naming one on the other (--peer HOST) does without multicast.',
          ),
      ...peers.flatMap(({ name, state, reason }) =>
        state === 'refused' ? [note('daemon', `${name} was refused: ${reason}`)] : [],
      ),
    ];
    return { isUp: true, findings };
  } catch (error) {
    return { isUp: true, findings: [bad('daemon', sentenceOf(error))] };
  }
}

/** @param address as HOST:PORT. */
function isLoopback(address: string): boolean {
  const parsed = parsePeerAddress(address);
  return !('error' in parsed) && addressKind(parsed.host) === 'loopback';
}
