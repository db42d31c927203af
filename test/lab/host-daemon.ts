import { mkdir } from 'node:fs/promises';
import type { JobSummary, StatusView } from '../../src/protocol/control-api.ts';
import { lastJob, until } from '../daemon/cli-process.ts';
import { DaemonProcess } from '../daemon/daemon-process.ts';
import { HOLDABLE } from '../daemon/hold-encoders.ts';
import { type Host, type HostProcess, runDaemonInHost } from './hosts.ts';

/**
 * The whole program on a host of the lab. What changes anything is a command inside the host; what is only asked, and
 * often, goes to the control socket, which is a file and so in reach from outside.
 */
export class HostDaemon extends DaemonProcess {
  readonly host: Host;
  readonly #env: Readonly<Record<string, string>>;
  #process: HostProcess | null = null;

  constructor(
    host: Host,
    name: string,
    stateDirectory: string,
    env: Readonly<Record<string, string>> = HOLDABLE,
  ) {
    super(name, stateDirectory);
    this.host = host;
    this.#env = env;
  }

  /** One slot, unless flags say how many. Nobody is named to it: others are found by multicast, or remembered. Resolves when it said that it is up. */
  async start(...flags: readonly string[]): Promise<StatusView> {
    await mkdir(this.stateDirectory, { recursive: true, mode: 0o700 });
    const slots = flags.includes('--slots') ? [] : ['--slots', '1'];
    const daemon = this.command('up', '--name', this.name, '--json', ...slots, ...flags);
    this.#process = daemon;
    let code: number | null | undefined;
    void daemon.exited.then((ended) => {
      code = ended;
    });
    await until(async () => daemon.lines.length > 0 || code !== undefined);
    if (code !== undefined) {
      throw new Error(`the daemon of ${this.name} ended with ${code}: ${daemon.errors.join('\n')}`);
    }
    return JSON.parse(daemon.lines[0] ?? '') as StatusView;
  }

  /** The process that runs the daemon; throws when none was started. */
  get pid(): number {
    const pid = this.#process?.child.pid;
    if (pid === undefined) throw new Error(`no daemon was started on ${this.name}`);
    return pid;
  }

  /** The daemon that was started last; null when none was. */
  get process(): HostProcess | null {
    return this.#process;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    return (await this.#process?.kill(signal)) ?? null;
  }

  /** `vadeio-node ARGS` on this host. */
  command(...args: readonly string[]): HostProcess {
    return runDaemonInHost(this.host, [...args, '--state-dir', this.stateDirectory], this.#env);
  }

  submit(film: string, output: string, args: readonly string[]): HostProcess {
    return this.command('submit', film, '-o', output, '--json', ...args);
  }
}

/** Waits for a `submit --json` to end well, and gives its summary. */
export async function summaryOf(run: HostProcess): Promise<JobSummary> {
  const code = await run.exited;
  if (code !== 0)
    throw new Error(`submit ended with ${code}: ${[...run.errors, ...run.lines.slice(-1)].join('\n')}`);
  const { summary } = lastJob(run.lines.join('\n'));
  if (summary === null) throw new Error('the job ended without a summary');
  return summary;
}
