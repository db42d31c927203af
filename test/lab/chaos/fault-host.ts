import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needDaemon } from '../../../node/commands/host-daemon.ts';
import { descendantsOf, isAlive } from '../../daemon/cli-process.ts';
import { HostDaemon } from '../host-daemon.ts';
import type { Host } from '../hosts.ts';
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts';
import type { Fault, HostName } from './plan-faults.ts';

/** Names of the run's own swarm: the machines of no other one are met. */
export const SWARM = 'chaos';

/** Room for the results of the film and what a daemon keeps; a full one is filled quickly. */
const DISK_MEGABYTES = 24;

/** A bad wireless link: a slice of the film takes a tenth of a second. */
const SLOW_MEGABITS = 2;

/** Invariant 9: how long a child may live on. */
const ORPHAN_MS = 5000;

/** A daemon that is asked to end has this long: it waits for no encode. */
const END_MS = 20_000;

/** A machine of the lab to which things happen, one at a time. */
export class FaultHost {
  readonly name: HostName;
  readonly host: Host;
  readonly daemon: HostDaemon;
  readonly #disk: SmallDisk;
  readonly #signal: AbortSignal;
  readonly #problems: string[];
  /** What it said, over all its starts. */
  readonly #words: string[] = [];
  /** Ends when all that was begun is over. */
  work: Promise<void> = Promise.resolve();

  private constructor(name: HostName, host: Host, disk: SmallDisk, env: Env, run: RunContext) {
    this.name = name;
    this.host = host;
    this.daemon = new HostDaemon(host, name, join(disk.path, 'state'), env);
    this.#disk = disk;
    this.#signal = run.signal;
    this.#problems = run.problems;
  }

  /** Gives it a disk and a folder for temporary files in `directory`. */
  static async make(name: HostName, host: Host, directory: string, run: RunContext): Promise<FaultHost> {
    const disk = await mountSmallDisk(join(directory, name), DISK_MEGABYTES);
    const temporary = join(directory, `${name}-tmp`);
    await mkdir(temporary);
    return new FaultHost(name, host, disk, { TMPDIR: temporary }, run);
  }

  async start(): Promise<void> {
    await this.daemon.start('--swarm', SWARM);
  }

  /** Begins when what happens to this machine already is over. */
  suffer(fault: Fault): void {
    this.work = this.work
      .then(() => (this.#signal.aborted ? undefined : this.#perform(fault)))
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#say(`${fault.kind}: ${String(error)}`);
      });
  }

  /** Ends the daemon as a service manager does, and sees to it that nothing of it lives on. */
  async end(): Promise<void> {
    if (!this.isUp) this.#say('the daemon ended by itself');
    const late = setTimeout(() => {
      this.#say(`the daemon did not end within ${END_MS / 1000} s of SIGTERM`);
      void this.daemon.end('SIGKILL');
    }, END_MS);
    const code = await this.daemon.end('SIGTERM');
    clearTimeout(late);
    if (code !== 0) this.#say(`the daemon ended with ${code} on SIGTERM`);
    await this.#expectGone(await this.host.pids());
  }

  get isUp(): boolean {
    const child = this.daemon.process?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What its daemon said, as far as it was kept. */
  get words(): readonly string[] {
    return [...this.#words, ...(this.daemon.process?.errors ?? [])];
  }

  async remove(): Promise<void> {
    await this.#disk.remove();
  }

  async #perform({ kind, seconds, dice }: Fault): Promise<void> {
    if (!this.isUp) throw new Error('the daemon ended by itself');
    switch (kind) {
      case 'kill':
        return this.#startAgain('SIGKILL', seconds);
      case 'restart':
        return this.#startAgain('SIGTERM', seconds);
      case 'stop':
        return this.#stand(this.daemon.pid, seconds);
      case 'cut':
        return this.#during(
          seconds,
          () => this.host.link('down'),
          () => this.host.link('up'),
        );
      case 'slow':
        return this.#during(
          seconds,
          () => this.host.shape(SLOW_MEGABITS),
          () => this.host.shape(null),
        );
      case 'full-disk':
        return this.#during(
          seconds,
          () => this.#disk.fill(),
          () => this.#disk.clear(),
        );
      case 'kill-child':
        return kill(await this.#child(/./, dice), 'SIGKILL');
      case 'hang-encoder':
        return this.#stand(await this.#child(/^encode$/, dice), seconds);
      case 'corrupt-result':
        return this.#corruptResult(seconds, dice);
      case 'pause':
        return this.#pause(seconds);
    }
  }

  /** Of one that is encoded, or being encoded, within that time: it may be fetched the next moment. */
  async #corruptResult(seconds: number, dice: number): Promise<void> {
    const work = join(this.daemon.stateDirectory, 'work');
    for (const untilMs = performance.now() + seconds * 1000; performance.now() < untilMs; await sleep(20)) {
      const names = await readdir(work, { recursive: true }).catch(() => []);
      const results = names.filter((name) => name.endsWith('.ivf'));
      const found = results[Math.floor(dice * results.length)];
      if (found !== undefined && (await flipByte(join(work, found), dice))) return;
    }
  }

  async #startAgain(signal: 'SIGKILL' | 'SIGTERM', seconds: number): Promise<void> {
    const children = await descendantsOf(this.daemon.pid);
    const code = await this.daemon.end(signal);
    if (signal === 'SIGTERM' && code !== 0) this.#say(`the daemon ended with ${code} on SIGTERM`);
    await this.#expectGone(children);
    this.#words.push(...this.words, `-- ${signal}`);
    await this.#rest(seconds);
    await this.start();
  }

  async #expectGone(pids: readonly number[]): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += 100) {
      const living = (await Promise.all(pids.map(async (pid) => ((await isAlive(pid)) ? [pid] : [])))).flat();
      if (living.length === 0) return;
      if (waitedMs >= ORPHAN_MS) {
        const commands = await Promise.all(living.map(commandOf));
        return this.#say(`lives on ${ORPHAN_MS / 1000} s after its daemon: ${commands.join('; ')}`);
      }
      await sleep(100);
    }
  }

  async #pause(seconds: number): Promise<void> {
    const { stateDirectory } = this.daemon;
    await this.#during(
      seconds,
      async () => void (await (await needDaemon(stateDirectory)).pauseNow()),
      async () => void (await (await needDaemon(stateDirectory)).resume()),
    );
  }

  async #stand(pid: number | null, seconds: number): Promise<void> {
    await this.#during(
      seconds,
      async () => kill(pid, 'SIGSTOP'),
      async () => kill(pid, 'SIGCONT'),
    );
  }

  async #during(seconds: number, begin: () => Promise<void>, end: () => Promise<void>): Promise<void> {
    await begin();
    await this.#rest(seconds);
    await end();
  }

  async #rest(seconds: number): Promise<void> {
    await sleep(seconds * 1000, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  /** One of the daemon's children whose program's name fits, or null. */
  async #child(program: RegExp, dice: number): Promise<number | null> {
    const found: number[] = [];
    for (const pid of await descendantsOf(this.daemon.pid)) {
      const name = /engine\/main\.[jt]s (\S+)/.exec(await commandOf(pid))?.[1];
      if (name !== undefined && program.test(name)) found.push(pid);
    }
    return found[Math.floor(dice * found.length)] ?? null;
  }

  #say(problem: string): void {
    this.#problems.push(`${this.name}: ${problem}`);
  }
}

type Env = Readonly<Record<string, string>>;

/** What all machines of a run share. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** What went wrong, in words. */
  readonly problems: string[];
}

/** False when there is no such byte, or no more. @param dice [0, 1): where in the file */
async function flipByte(path: string, dice: number): Promise<boolean> {
  const file = await open(path, 'r+').catch(() => null);
  if (file === null) return false;
  try {
    const { size } = await file.stat();
    const at = Math.floor(dice * size);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    if (bytesRead === 0) return false;
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at);
    return true;
  } finally {
    await file.close();
  }
}

/** A process that ended meanwhile needs no signal. */
function kill(pid: number | null, signal: NodeJS.Signals): void {
  if (pid === null) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

async function commandOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.replaceAll('\0', ' ').trim();
}
