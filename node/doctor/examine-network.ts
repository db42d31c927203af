import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { addressKind } from '../../src/mesh/addresses.ts';
import { DEFAULT_PORT, formatHostPort, parseNamedPeer } from '../../src/mesh/peer-address.ts';
import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { chooseListenAddresses, choosePort, resolveHost } from '../mesh/network.ts';
import { sentenceOf } from '../sentence.ts';

/** Where machines ask for each other (RFC 6762, section 3). */
const MDNS_GROUP = '224.0.0.251';
const MDNS_PORT = 5353;

/** A machine of the same LAN answers within milliseconds. */
const CONNECT_MS = 3000;

export interface NetworkWishes {
  readonly listen: readonly string[];
  /** null: the default port, or the next free one. */
  readonly port: number | null;
  readonly mdns: boolean;
  readonly peers: readonly string[];
}

/** Which addresses others can reach, whether the port is free, whether multicast passes, and whether named peers answer. */
export async function examineNetwork(wishes: NetworkWishes, isDaemonUp: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const listen = chooseListenAddresses(wishes.listen);
    const outside = listen.filter((address) => addressKind(address) !== 'loopback');
    findings.push(reachability(listen, outside));
    if (!isDaemonUp) findings.push(await portFinding(listen, wishes.port));
    const multicast = wishes.mdns ? outside.filter(isIpv4) : [];
    if (multicast.length > 0) findings.push(await examineMulticast(multicast));
  } catch (error) {
    findings.push(bad('network', sentenceOf(error)));
  }
  findings.push(...(await Promise.all(wishes.peers.map(examinePeer))));
  return findings;
}

function reachability(listen: readonly string[], outside: readonly string[]): Finding {
  if (outside.length > 0) return good('network', `Others reach this machine at ${outside.join(', ')}.`);
  return note(
    'network',
    `It listens on ${listen.join(', ')} alone, so no other machine reaches it. To work with others, connect it to a LAN, or name its address there with --listen.`,
  );
}

async function portFinding(listen: readonly string[], wanted: number | null): Promise<Finding> {
  const port = await choosePort(listen, wanted);
  if (wanted !== null || port === DEFAULT_PORT) return good('network', `TCP port ${port} is free.`);
  return note(
    'network',
    `The default TCP port ${DEFAULT_PORT} is taken, so a daemon uses ${port}; other machines that name this one with --peer must name the port, too.`,
  );
}

function isIpv4(address: string): boolean {
  return !address.includes(':');
}

/**
 * Joins the group on every interface and asks the system which way packets to it would go, as the discovery does. Not
 * one is sent but the membership's own (IGMP).
 */
function examineMulticast(addresses: readonly string[]): Promise<Finding> {
  const socket = createSocket('udp4');
  return new Promise<Finding>((resolve) => {
    const fail = (error: unknown): void =>
      resolve(
        bad(
          'network',
          `Machines cannot be found by multicast (${sentenceOf(error)}): is there a route to ${MDNS_GROUP}? Else name one of them on the others: --peer HOST.`,
        ),
      );
    socket.once('error', fail);
    socket.bind({ address: '0.0.0.0', port: 0 }, () => {
      try {
        for (const address of addresses) socket.addMembership(MDNS_GROUP, address);
        socket.connect(MDNS_PORT, MDNS_GROUP, (error?: Error) => {
          if (error) fail(error);
          else resolve(wayOfMulticast(socket.address().address, addresses));
        });
      } catch (error) {
        fail(error);
      }
    });
  }).finally(() => socket.close());
}

function wayOfMulticast(address: string, addresses: readonly string[]): Finding {
  const words = `Machines are asked for by multicast from ${address} (UDP ${MDNS_PORT})`;
  if (addresses.includes(address)) return good('network', `${words}.`);
  return note(
    'network',
    `${words}, which is not an address that others reach this machine at. Where they do not meet it, name one on the other: --peer HOST.`,
  );
}

async function examinePeer(text: string): Promise<Finding> {
  try {
    const { host, port } = parseNamedPeer(text);
    const tries = (await resolveHost(host)).map((address) => whyClosed(address, port));
    const reasons = await Promise.all(tries);
    if (reasons.includes(null)) return good('network', `${text} answers on TCP port ${port}.`);
    return bad(
      'network',
      `${text} does not answer: ${reasons.join('; ')}. Is vadeio-node up there, and does its firewall let TCP port ${port} pass?`,
    );
  } catch (error) {
    return bad('network', sentenceOf(error));
  }
}

/** Null when somebody listens there. */
function whyClosed(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (reason: string | null): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => end(null));
    socket.once('timeout', () =>
      end(`no answer from ${formatHostPort(host, port)} in ${CONNECT_MS / 1000} s`),
    );
    socket.once('error', (error) => end(sentenceOf(error)));
  });
}
