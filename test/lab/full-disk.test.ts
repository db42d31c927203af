import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { lastJob, startCli } from '../daemon/cli-process.ts';
import { areAtWork, DaemonProcess } from '../daemon/daemon-process.ts';
import { holdEncoders, releaseEncoders } from '../daemon/hold-encoders.ts';
import { makeFolder } from '../daemon/one-machine.ts';
import { makeSource } from '../sources/make-source.ts';
import { mountSmallDisk, type SmallDisk, smallDiskUnavailable } from './small-disk.ts';

/** A dozen chunks. */
const FLAGS = ['--preset', '8', '--min-scene-length', '0.25', '--max-scene-length', '0.5'];

/** Room for what a daemon keeps of one short film. */
const DISK_MEGABYTES = 24;

const reason = await smallDiskUnavailable();
if (reason !== null) console.log(`Full disks are skipped: ${reason}`);

describe.skipIf(reason !== null)('a disk that becomes full in the middle of a job', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  let disk: SmallDisk;
  /** On the disk that becomes full. */
  let attic: DaemonProcess;
  const running: ReturnType<typeof startCli>[] = [];

  beforeEach(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    disk = await mountSmallDisk(join(folder.path, 'disk'), DISK_MEGABYTES);
    attic = new DaemonProcess('attic', join(disk.path, 'state'));
  });
  afterEach(async () => {
    for (const run of running) run.kill('SIGTERM');
    await Promise.all(running.splice(0));
    await disk.remove();
    await folder.remove();
  });

  test('of a peer: others encode what fails there, it says why, and works again when there is room', async () => {
    const desk = new DaemonProcess('desk', join(folder.path, 'desk'));
    await start(desk);
    await start(attic, '--peer', (await desk.status()).addresses[0] ?? '');
    await desk.untilPeer('attic', (peer) => peer?.state === 'alive');
    for (const { stateDirectory } of [desk, attic]) await holdEncoders(stateDirectory, 1);
    const output = join(folder.path, 'full.mkv');
    const run = submit(desk, output, 35);
    await desk.untilJob(output, (job) => areAtWork(job, ['desk', 'attic']));
    await disk.fill();
    await releaseEncoders(attic.stateDirectory);
    await desk.untilJob(output, ({ progress }) => progress.retryCount > 0);
    await releaseEncoders(desk.stateDirectory);
    const { summary } = lastJob(String((await run).stdout));
    expect(summary?.retries.join('\n')).toMatch(/on attic \(peer\): Could not write .*: the disk is full/);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);

    await disk.clear();
    const next = join(folder.path, 'next.mkv');
    await holdEncoders(desk.stateDirectory);
    const again = submit(desk, next, 36);
    await desk.untilJob(next, ({ progress }) =>
      progress.peers.some(({ name, chunksDone }) => name === 'attic' && chunksDone > 0),
    );
    await releaseEncoders(desk.stateDirectory);
    expect((await again).exitCode).toBe(0);
  });

  test('of the leader: the job fails and says so; the same command goes on where there is room again', async () => {
    await start(attic);
    await holdEncoders(attic.stateDirectory, 2);
    const output = join(folder.path, 'out.mkv');
    const run = submit(attic, output, 35);
    await attic.untilJob(output, ({ progress }) => progress.chunksCommitted === 2);
    await attic.untilJob(output, (job) => areAtWork(job, ['attic']));
    await disk.fill();
    await releaseEncoders(attic.stateDirectory);
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(1);
    expect(lastJob(String(stdout))).toMatchObject({
      phase: 'failed',
      error: expect.stringMatching(/the disk is full\. Free some space/),
    });

    await disk.clear();
    const again = await submit(attic, output, 35);
    const { summary } = lastJob(String(again.stdout));
    expect(summary?.frameCount).toBe(150);
    // The one that was running may have found room in what was allotted already.
    expect(summary?.chunksReused).toBeGreaterThanOrEqual(2);
    expect((await verifyFiles(film, output, () => undefined)).differences).toEqual([]);
  });

  async function start(daemon: DaemonProcess, ...flags: string[]): Promise<void> {
    const run = startCli(['up', '--name', daemon.name, '--slots', '1', ...flags], daemon.stateDirectory);
    running.push(run);
    await daemon.untilAnswering(run);
  }

  function submit({ stateDirectory }: DaemonProcess, output: string, crf: number) {
    return startCli(['submit', film, '-o', output, '--crf', String(crf), '--json', ...FLAGS], stateDirectory);
  }
});
