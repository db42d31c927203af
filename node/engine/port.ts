/** The child's end of the IPC channel: requests come out in order, answers go in with backpressure. */
export interface Port {
  /** The next request, or undefined once the daemon has closed the channel. */
  receive(): Promise<unknown>;
  /** Resolves when the message was handed to the operating system. */
  send(message: object): Promise<void>;
  /** Runs when the daemon goes away, before this process exits: delete temporary files here, synchronously. */
  onOrphaned(cleanUp: () => void): void;
}

/**
 * Opens the channel to the daemon. When the daemon dies, however it dies, the channel closes and this process ends:
 * no orphans (invariant 9).
 */
export function openPort(): Port {
  if (process.send === undefined) {
    throw new Error(
      'This program is a part of vadeio-node and is started by it; run `vadeio-node --help` instead.',
    );
  }
  const waiting: unknown[] = [];
  const cleanUps: (() => void)[] = [];
  let wake: (() => void) | null = null;
  process.on('message', (message) => {
    waiting.push(message);
    wake?.();
  });
  process.on('disconnect', () => {
    for (const cleanUp of cleanUps) cleanUp();
    process.exit(1);
  });
  return {
    async receive() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift();
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
      }),
    onOrphaned: (cleanUp) => {
      cleanUps.push(cleanUp);
    },
  };
}
