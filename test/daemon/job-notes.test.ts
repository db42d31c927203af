import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import type { SubmitRequest } from '../../src/protocol/control-api.ts';
import { type MadeSource, makeSource } from '../sources/make-source.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let daemon: Daemon;
let source: MadeSource;

beforeAll(async () => {
  folder = await makeFolder();
  daemon = await startLoneDaemon(join(folder.path, 'state'));
  source = await makeSource('h264-vfr-mkv', folder.path);
});
afterAll(async () => {
  await daemon.shutDown('the tests are over');
  await folder.remove();
});

test('what the output will hold is said before anything is encoded', async () => {
  const { job } = await submit('held.mkv', {});
  expect(job.progress.framesEncoded).toBe(0);
  expect(job.notes[0]).toMatch(/^held\.mkv \(Matroska\) will hold AV1 in 10 bits \(svt-av1, preset 12, /);
  await untilOver(daemon, job.id);
});

test('cuts that were found in a video of another length are told of, whether it is scanned or was', async () => {
  const length = source.frameNumbers?.length ?? 0;
  const options = { ...FAST, cuts: [0, 20] };
  for (const [output, crf] of [
    ['scanned.mkv', 40],
    ['known.mkv', 41],
  ] as const) {
    const { job } = await submit(output, { options: { ...options, crf }, cutsFrameCount: length + 1 });
    const { phase, notes } = await untilOver(daemon, job.id);
    expect(phase).toBe('done');
    expect(notes.join('\n')).toContain(`tells of ${length + 1} frames, ${source.path} has ${length}`);
  }
  const { job } = await submit('same.mkv', { options, cutsFrameCount: length });
  expect((await untilOver(daemon, job.id)).notes.join('\n')).not.toContain('scenes file');
});

function submit(output: string, change: Partial<SubmitRequest>) {
  return daemon.submit({
    input: source.path,
    output: join(folder.path, output),
    options: FAST,
    ...change,
  });
}
