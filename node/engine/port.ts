import { endProgram } from '../platform/started-program.ts';

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
 * What a child says of a process that it starts itself. The daemon ends that process when the child is gone, however
 * it went: a killed child ends nothing any more.
 */
export interface OwnProcess {
  readonly type: 'own-process';
  readonly pid: number;
  readonly isRunning: boolean;
}

const running = new Set<number>();

/** Resolves once the daemon knows of it: whatever it is given to do comes after that. */
export async function tellStarted(pid: number): Promise<void> {
  running.add(pid);
  await sendOwnProcess({ type: 'own-process', pid, isRunning: true });
}

export async function tellEnded(pid: number): Promise<void> {
  running.delete(pid);
  await sendOwnProcess({ type: 'own-process', pid, isRunning: false });
}

function sendOwnProcess(message: OwnProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) return resolve();
    // A channel that is closed ends this process.
    process.send(message, undefined, {}, () => resolve());
  });
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
    for (const pid of running) endProgram(pid);
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
