import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { endProgram } from '../platform/started-program.ts';
import type { EngineProgram } from './messages.ts';
import type { OwnProcess } from './port.ts';

/** How a child ended, in words that can stand in a report. */
export interface EngineExit {
  readonly isClean: boolean;
  readonly words: string;
}

export interface EngineOptions {
  /** POSIX niceness, 0 to 19. */
  readonly niceness: number;
  /** Folder of temporary files that the child deletes should the daemon be killed: nobody else could. */
  readonly orphanedFolder?: string;
  /** Lets the encoder say on standard error what it is. */
  readonly isTalkative?: boolean;
  /** How long it may say nothing while it is waited for; left out: SILENCE_MS. */
  readonly silenceMs?: number;
}

/** A running engine child, seen from the daemon. */
export interface Engine<Request extends object, Answer extends object> {
  readonly pid: number;
  /** Resolves when the request was handed over. Never rejects: a child that is gone shows in its answers, which end. */
  send(request: Request): Promise<void>;
  /** Resolves, never rejects, once the process is gone. */
  readonly exited: Promise<EngineExit>;
  /** The last of what it wrote to standard error. */
  words(): string;
  /** Ends the child at once. An encode is cancelled this way: the encoder's own shutdown blocks for seconds. */
  kill(): Promise<void>;
  /** Answers in order; ends when the child is gone. One reader. */
  [Symbol.asyncIterator](): AsyncIterator<Answer>;
}

/** Last bytes of a child's standard error that are kept: encoders say there why they failed. */
const STDERR_KEPT_BYTES = 4096;

/**
 * A child that is waited for and says nothing for so long hangs: every program tells of its progress, and no single
 * step takes half as long, be it a large file's end on a slow disk. Beyond what leases allow an encode, which a leader
 * takes back before.
 */
const SILENCE_MS = 30 * 60_000;

const MAIN = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));

/** Starts an engine child. Its lifetime is the daemon's at most: it ends by itself when the channel closes. */
export function startEngine<Request extends object, Answer extends object>(
  program: EngineProgram,
  options: EngineOptions,
): Engine<Request, Answer> {
  const child = execaNode(MAIN, [program, String(options.niceness), options.orphanedFolder ?? ''], {
    serialization: 'advanced',
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    // SVT-AV1 writes its banner to standard error whatever FFmpeg's log level is.
    // One of glibc's arenas instead of eight a core: an encode child that takes chunk after chunk opens its encoder on
    // whatever thread is free, and each arena then keeps an encoder's memory. SVT-AV1 at preset 6, 1080p, six chunks:
    // 1.4 GB instead of 2.2 GB with two arenas, in the same CPU time.
    env: { SVT_LOG: options.isTalkative === true ? '3' : '1', MALLOC_ARENA_MAX: '1' },
    // Why --expose-gc: see media/release-views.ts.
    nodeOptions: ['--no-warnings', '--expose-gc'],
    cleanup: true,
  });
  const silenceMs = options.silenceMs ?? SILENCE_MS;
  let isSilent = false;
  const inbox = new Inbox<Answer>(silenceMs, () => {
    isSilent = true;
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString('utf8')).slice(-STDERR_KEPT_BYTES);
  });
  const channel = child.nodeChildProcess;
  // Processes that the child has started and that run.
  const own = new Set<number>();
  channel.on('message', (message) => {
    if (!isOfOwnProcess(message)) inbox.push(message as Answer);
    else if (message.isRunning) own.add(message.pid);
    else own.delete(message.pid);
  });
  // The channel closes only after its last message was read; the exit may be seen before that.
  const closed = new Promise<void>((resolve) => channel.once('disconnect', resolve));
  const exited = child.then(async (result): Promise<EngineExit> => {
    if (child.pid !== undefined) await closed;
    for (const pid of own) endProgram(pid);
    inbox.end();
    if (result.exitCode === 0) return { isClean: true, words: 'ended' };
    const how = isSilent
      ? `said nothing for ${silenceMs / 1000} s and was ended`
      : result.signal === undefined
        ? `ended with status ${result.exitCode}`
        : `was killed by ${result.signal}`;
    return {
      isClean: false,
      words: `the ${program} process ${how}${stderr === '' ? '' : `: ${stderr.trim()}`}`,
    };
  });
  return {
    pid: child.pid ?? 0,
    exited,
    words: () => stderr,
    send: (request) =>
      new Promise((resolve) => {
        if (!channel.connected) return resolve();
        channel.send(request, undefined, {}, (error) => {
          // It never heard of the request, so it would be waited for in vain if it lived.
          if (error !== null) child.kill('SIGKILL');
          resolve();
        });
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    [Symbol.asyncIterator]: () => inbox,
  };
}

function isOfOwnProcess(message: unknown): message is OwnProcess {
  return (message as { readonly type?: unknown } | null)?.type === 'own-process';
}

/** Messages of a child, in order, for one reader. Bounded by the programs' own pace: each answers a few times a second. */
class Inbox<T> implements AsyncIterator<T> {
  readonly #silenceMs: number;
  readonly #onSilent: () => void;
  readonly #waiting: T[] = [];
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(silenceMs: number, onSilent: () => void) {
    this.#silenceMs = silenceMs;
    this.#onSilent = onSilent;
  }

  push(message: T): void {
    this.#waiting.push(message);
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.#waiting.length === 0) {
      if (this.#isEnded) return { done: true, value: undefined };
      const silence = setTimeout(this.#onSilent, this.#silenceMs);
      await new Promise<void>((resolve) => (this.#wake = resolve));
      clearTimeout(silence);
    }
    return { done: false, value: this.#waiting.shift() as T };
  }
}
