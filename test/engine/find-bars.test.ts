import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findBars } from '../../node/engine/find-bars.ts';
import { makeRealClip } from '../sources/real-clip.ts';

/** A picture between bars, shown for so long that not every frame is looked at, that begins with a title on black. */
const FILTERS = [
  'setpts=N/TB',
  'scale=96:54',
  'pad=96:72:0:8',
  "drawbox=c=black:t=fill:enable='lt(t,2)'",
  "drawbox=x=24:y=24:w=48:h=24:c=white:t=fill:enable='lt(t,2)'",
].join(',');

test.each([
  ['every frame is a keyframe', 'keyint=1'],
  ['the title is the only keyframe', 'keyint=infinite:scenecut=0'],
])('bars of a long film are found where %s', async (_, params) => {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-bars-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'film.mkv');
  await makeRealClip(path, { firstFrame: 130, frameCount: 64, filters: FILTERS, params });
  expect(await findBars(path)).toEqual({ width: 96, height: 54, x: 0, y: 8 });
});
