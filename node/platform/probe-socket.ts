import { connect } from 'node:net';

/** Whether a living process listens on a local socket: a file that a crash left behind refuses. */
export function socketAnswers(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES' || error.code === 'EPERM') {
        reject(
          new Error(
            `The daemon's socket ${address} belongs to another user. Run the command as that user, or choose another folder with --state-dir.`,
          ),
        );
      } else resolve(false);
    });
  });
}
