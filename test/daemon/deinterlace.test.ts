import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_WISHES } from '../../src/picture/plan-filters.ts';
import { decodeSource } from '../sources/decode-source.ts';
import { INTERLACED, rowContrast } from '../sources/interlaced.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone } from './one-machine.ts';

test('a film of fields becomes one of whole frames, as many as there were, unless --deinterlace no', async () => {
  const folder = await makeFolder();
  const daemon = await startLoneDaemon(join(folder.path, 'state'));
  try {
    const input = join(folder.path, 'fields.mkv');
    await makeRealClip(input, { firstFrame: 288, frameCount: 48, ...INTERLACED });
    const contrasts: number[][] = [];
    for (const deinterlace of ['auto', 'no'] as const) {
      const output = join(folder.path, `${deinterlace}.mkv`);
      const options = { ...FAST, crf: 20, picture: { ...NO_WISHES, deinterlace } };
      const { job } = await daemon.submit({ input, output, options });
      await untilDone(daemon, job.id);
      const found: number[] = [];
      for await (const { frame } of decodeSource(output)) found.push(rowContrast(frame));
      contrasts.push(found);
    }
    const [whole = [], fields = []] = contrasts;
    expect(whole).toHaveLength(fields.length);
    expect(whole.length).toBeGreaterThan(20);
    expect(Math.max(...whole)).toBeLessThan(0.9);
    expect(Math.min(...fields)).toBeGreaterThan(1.1);
  } finally {
    await daemon.shutDown('the test is over');
    await folder.remove();
  }
});
