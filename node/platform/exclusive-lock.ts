import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Held until released or until the process is gone, however it ended: the kernel frees it. */
export interface ExclusiveLock {
  release(): Promise<void>;
}

/** `O_EXLOCK` of macOS and the BSDs, which Node does not name. */
const O_EXLOCK = 0x20;

/**
 * Takes the one lock of a folder, or null when a living process holds it. Node has no `flock`, so each system gives
 * what its kernel frees by itself: Linux an abstract socket (unix(7), named by the folder's device and inode; it is
 * seen by all processes of one network namespace), macOS a file opened with `O_EXLOCK`, Windows a named pipe.
 */
export async function takeExclusiveLock(directory: string): Promise<ExclusiveLock | null> {
  if (process.platform === 'darwin') return lockFile(join(directory, 'lock'));
  const { dev, ino } = await stat(directory, { bigint: true });
  const name = `vadeio-node-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  return listenOnce(process.platform === 'win32' ? `\\\\.\\pipe\\${name}-lock` : `\0${name}`);
}

function listenOnce(address: string): Promise<ExclusiveLock | null> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(address, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

async function lockFile(path: string): Promise<ExclusiveLock | null> {
  try {
    const handle = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK,
      0o600,
    );
    return { release: () => handle.close() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
