import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../node/engine/encode/find-program.ts';
import { isProgram } from '../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { makeSource } from '../sources/make-source.ts';
import { FAST_FLAGS, lastJob, startCli } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { makeFolder } from './one-machine.ts';
import { readFrameNumbers } from './read-video.ts';

const { engine } = encoderOf('x264-cli');
const isMissing = !isProgram(engine) || (await findProgram(engine)) === null;
if (isMissing) console.warn('x264 is not installed: no job is given to its program.');

/** Names a program that is not there. */
const WITHOUT = { VADEIO_X264: '/none/x264' };
const FLAGS = [...FAST_FLAGS.slice(2), '--encoder', 'x264-cli', '--preset', 'ultrafast', '--json'];

describe('a job for an encoder that is a program of its own', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: Awaited<ReturnType<typeof makeSource>>;
  beforeAll(async () => {
    folder = await makeFolder();
    film = await makeSource('h264-single-shot-mkv', folder.path);
  });
  afterAll(() => folder.remove());

  test.skipIf(isMissing)('is encoded by the machines that have it, also when its own has not', async () => {
    const state = (name: string): string => join(folder.path, name);
    const other = startCli(['up', '--name', 'with'], state('with'));
    const daemon = new DaemonProcess('with', state('with'));
    await daemon.untilAnswering(other);
    const [address = ''] = (await daemon.status()).addresses;
    const output = join(folder.path, 'out.mkv');
    const args = ['submit', film.path, '-o', output, ...FLAGS, '--name', 'without', '--peer', address];
    const { stdout, stderr } = await startCli(args, state('without'), WITHOUT);
    const job = lastJob(String(stdout));
    expect([job.phase, job.error, stderr]).toEqual(['done', null, expect.anything()]);
    expect(job.notes.join(' ')).toContain(
      'This machine leaves the encoding to others. $VADEIO_X264 names /none/x264, which is no program.',
    );
    const workers = job.summary?.peers.filter(({ chunksDone }) => chunksDone > 0);
    expect(workers?.map(({ name }) => name)).toEqual(['with']);
    expect(await readFrameNumbers(output)).toEqual(film.frameNumbers);
    other.kill('SIGTERM');
    await other;
  });
});
