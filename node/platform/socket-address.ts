import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { runtimeDirectory } from './paths.ts';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, each with a closing zero (unix(7), unix(4)). */
const LONGEST_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/** The address of the local socket that belongs to a state folder: the same for the daemon and for the command line. */
export function localSocketAddress(stateDirectory: string, name: string): string {
  const digest = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\vadeio-node-${digest}-${name}`;
  const path = join(stateDirectory, name);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH_BYTES) return path;
  return join(runtimeDirectory(), `${digest}.${name}`);
}

/** Whether the address is a file that a crashed process leaves behind. */
export function isSocketFile(address: string): boolean {
  return !address.startsWith('\\\\.\\pipe\\');
}
