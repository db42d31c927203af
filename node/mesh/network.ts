import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  addressKind,
  isHostOnlyInterface,
  isPrivateAddress,
  whyNotListenedOn,
} from '../../src/mesh/addresses.ts';
import { DEFAULT_PORT } from '../../src/mesh/peer-address.ts';
import { sentenceOf } from '../sentence.ts';

/** What this machine's own interfaces say, read anew each time: cables and radios come and go. */

/** Every address of this machine. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
}

/**
 * Addresses that are listened on unless the user named some: loopback, and the private ones of interfaces that lead
 * to other machines. IPv6 link-local ones are left out: they mean nothing without the name of an interface.
 */
export function defaultListenAddresses(): string[] {
  const found: string[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (isHostOnlyInterface(name)) continue;
    for (const { address, family } of addresses ?? []) {
      const isUsable = family === 'IPv4' ? isPrivateAddress(address) : addressKind(address) === 'private';
      if (isUsable) found.push(address);
    }
  }
  return found;
}

/** IP addresses of a host name, or the address itself. Rejects with a sentence. */
export async function resolveHost(host: string): Promise<string[]> {
  if (addressKind(host) !== null) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new Error(`The host name ${host} is not known to this machine (${sentenceOf(error)})`);
  }
}

/** Whether a port is free on every one of these addresses right now. */
export async function isPortFree(addresses: readonly string[], port: number): Promise<boolean> {
  const tries = await Promise.all(addresses.map((address) => canListen(address, port)));
  return tries.every(Boolean);
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(new Error(`This machine cannot listen on ${host} port ${port}: ${error.message}`));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The user's addresses, checked, or the default ones. Throws a sentence. */
export function chooseListenAddresses(named: readonly string[]): string[] {
  for (const address of named) {
    const reason = whyNotListenedOn(address);
    if (reason !== null) throw new Error(reason);
  }
  const listen = named.length > 0 ? [...named] : defaultListenAddresses();
  if (listen.length === 0)
    throw new Error('This machine has no private address to listen on: name one with --listen');
  return listen;
}

/** How far the default port may move when others have it: more daemons than anyone runs on one machine. */
const PORT_TRIES = 100;

/** The wanted port, or for null the default one or the next that is free. Throws a sentence. */
export async function choosePort(addresses: readonly string[], wanted: number | null): Promise<number> {
  if (wanted === 0) return await anyFreePort(addresses);
  if (wanted !== null) {
    if (await isPortFree(addresses, wanted)) return wanted;
    throw new Error(
      `Port ${wanted} is taken or not allowed: give another with --port, or leave it out to take the next free one`,
    );
  }
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + PORT_TRIES; port += 1) {
    if (await isPortFree(addresses, port)) return port;
  }
  throw new Error(
    `The ports from ${DEFAULT_PORT} to ${DEFAULT_PORT + PORT_TRIES - 1} are all taken: give a free one with --port`,
  );
}

async function anyFreePort(addresses: readonly string[]): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = await portFromSystem(addresses[0] ?? '127.0.0.1');
    if (await isPortFree(addresses, port)) return port;
  }
  throw new Error('No port is free on all addresses of this machine');
}

function portFromSystem(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
