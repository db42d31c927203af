import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DaemonProcess, startDaemonProcess, untilMet } from './daemon-process.ts';
import { JOB } from './lone-daemon.ts';
import { median } from './median.ts';

/** Seconds from the submit's arrival at a daemon to the first frame given to an encoder, there and on another machine. */
export interface FirstFrameBench {
  readonly source: string;
  readonly ownSeconds: number;
  readonly remoteSeconds: number;
  readonly runs: number;
}

/** Two daemons that have met, both idle; a job is submitted, and cancelled once both have a first frame. */
export async function benchFirstFrame(input: string, label: string, runs: number): Promise<FirstFrameBench> {
  const own: number[] = [];
  const remote: number[] = [];
  for (let run = 0; run < runs; run++) {
    const folder = await mkdtemp(join(tmpdir(), 'vadeio-bench-'));
    const leader = await startDaemonProcess(folder, 'leader', ['--slots', '1']);
    const peer = await startDaemonProcess(folder, 'peer', ['--slots', '1', '--peer', leader.address]);
    try {
      await untilMet(leader, 1);
      const seconds = await measure(leader, input, join(folder, 'out.mkv'));
      own.push(seconds.own);
      remote.push(seconds.remote);
    } finally {
      await Promise.all([leader.stop(), peer.stop()]);
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { source: label, ownSeconds: median(own), remoteSeconds: median(remote), runs };
}

async function measure(
  leader: DaemonProcess,
  input: string,
  output: string,
): Promise<{ own: number; remote: number }> {
  const { job } = await leader.api.submit({ input, output, options: JOB });
  for (;;) {
    const { firstFrameSeconds, phase, error } = await leader.api.job(job.id);
    const { own, remote } = firstFrameSeconds;
    if (own !== null && remote !== null) {
      await leader.api.cancel(job.id);
      return { own, remote };
    }
    if (phase === 'done' || error !== null)
      throw new Error(error ?? 'the job ended before another machine encoded');
    await sleep(50);
  }
}
