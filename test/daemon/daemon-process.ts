import { findDaemon } from '../../node/commands/host-daemon.ts';
import { isOver, type JobView, type PeerView, type StatusView } from '../../src/protocol/control-api.ts';
import { until } from './cli-process.ts';

/** A daemon in a process of its own, asked over its control socket: cheap, so it may be asked often. */
export class DaemonProcess {
  readonly name: string;
  readonly stateDirectory: string;

  constructor(name: string, stateDirectory: string) {
    this.name = name;
    this.stateDirectory = stateDirectory;
  }

  /** Until the daemon that this command runs answers. Throws what the command said when it ended before. */
  async untilAnswering(run: Promise<{ readonly stderr?: unknown }>): Promise<void> {
    let hasEnded = false;
    void run.finally(() => {
      hasEnded = true;
    });
    await until(async () => hasEnded || (await findDaemon(this.stateDirectory)) !== null);
    if (hasEnded) throw new Error(`the daemon of ${this.name} ended: ${(await run).stderr}`);
  }

  async status(): Promise<StatusView> {
    const daemon = await findDaemon(this.stateDirectory);
    if (daemon === null) throw new Error(`the daemon of ${this.name} does not answer`);
    return daemon.status();
  }

  /** What this daemon says of a machine; undefined when it does not know it. */
  async peer(name: string): Promise<PeerView | undefined> {
    return (await this.status()).peers.find((peer) => peer.name === name);
  }

  async untilStatus(isSo: (status: StatusView) => boolean): Promise<void> {
    await until(async () => isSo(await this.status()));
  }

  async untilPeer(name: string, isSo: (peer: PeerView | undefined) => boolean): Promise<void> {
    await until(async () => isSo(await this.peer(name)));
  }

  /** Until the job to this output is as awaited. Throws when it ended before: it would be waited for in vain. */
  async untilJob(output: string, isThere: (job: JobView) => boolean): Promise<JobView> {
    let found: JobView | undefined;
    await until(async () => {
      found = (await this.status()).jobs.find((job) => job.output === output);
      if (found === undefined) return false;
      if (isThere(found)) return true;
      if (isOver(found.phase)) throw new Error(`the job was over before what was awaited: ${endOf(found)}`);
      return false;
    });
    return found as JobView;
  }
}

/** Whether each of these machines encodes for the job right now. */
export function areAtWork({ progress }: JobView, names: readonly string[]): boolean {
  return names.every((name) => progress.peers.some((peer) => peer.name === name && peer.running > 0));
}

function endOf({ phase, error, progress }: JobView): string {
  const shares = progress.peers.map((peer) => `${peer.name} ${peer.chunksDone}`).join(', ');
  return [phase, error, `chunks encoded: ${shares}`].filter((words) => words !== null).join('; ');
}
