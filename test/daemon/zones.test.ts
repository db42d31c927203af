import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { readReport } from '../../node/daemon/read-report.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { statePaths } from '../../node/storage/state-paths.ts';
import type { JobView } from '../../src/protocol/control-api.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import type { Zone } from '../../src/zones/zone.ts';
import { makeRealClip } from '../sources/real-clip.ts';
import { FAST, makeFolder, startLoneDaemon, untilDone } from './one-machine.ts';
import { readVideoPackets } from './read-video.ts';

const PLAIN = { preset: null, crf: null, target: null, grain: null, params: null };
const target = { ...parseScoreTarget('psnr=32-50'), model: 'auto', minCrf: null, maxCrf: null } as const;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let daemon: Daemon;
let film: string;

beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'film.mkv');
  await makeRealClip(film, { firstFrame: 48, frameCount: 60, filters: 'scale=320:180', crf: 8 });
  daemon = await startLoneDaemon(join(folder.path, 'state'));
});
afterAll(async () => {
  await daemon.shutDown('the tests are over');
  await folder.remove();
});

async function encode(name: string, zones: readonly Zone[]): Promise<JobView> {
  const options = { ...FAST, minSceneSeconds: 1, maxSceneSeconds: 10, crf: 45, zones };
  const { job } = await daemon.submit({ input: film, output: join(folder.path, name), options });
  return await untilDone(daemon, job.id);
}

/** Bytes of each part between two bounds, a frame on average. */
async function bytesBetween(path: string, bounds: readonly number[]): Promise<number[]> {
  const packets = await readVideoPackets(path);
  return bounds.slice(1).map((end, i) => {
    const start = bounds[i] ?? 0;
    return packets.slice(start, end).reduce((sum, { bytes }) => sum + bytes, 0) / (end - start);
  });
}

test('each zone is cut out and encoded in its own way, and a change encodes nothing but its zone anew', async () => {
  const start = { frame: 12 };
  const zones: Zone[] = [
    { ...PLAIN, start, end: { frame: 24 }, crf: 12 },
    { ...PLAIN, start: { seconds: 1.25 }, end: { seconds: 1.75 }, preset: 10, grain: 30 },
    { ...PLAIN, start: { frame: 48 }, end: null, target },
  ];
  const { id, output, summary } = await encode('zones.mkv', zones);
  const bounds = [0, 12, 24, 30, 42, 48, 60];
  const keyframes = (await readVideoPackets(output)).flatMap(({ isKey }, frame) => (isKey ? [frame] : []));
  expect(keyframes).toEqual(bounds.slice(0, -1));
  expect((await verifyFiles(film, output, () => undefined)).isEqual).toBe(true);
  const [before = 0, fine = 0] = await bytesBetween(output, bounds);
  expect(fine).toBeGreaterThan(2 * before);
  // Only the last zone has a score to meet.
  expect(summary?.quality?.chunks.map(({ chunk, isMet }) => [chunk, isMet])).toEqual([[5, true]]);
  expect(summary?.quality?.score).toBeGreaterThan(32);

  const report = await readReport(statePaths(join(folder.path, 'state')), id, true);
  expect(report.manifest.map(({ zone }) => zone)).toEqual([null, 0, null, 1, null, 2]);
  expect(report.zones[1]).toBe('Zone 2, from 0:01.25 until 0:01.75: preset 10, film grain 30.');

  // What ends beyond the film is the same zone, and said to.
  const changes: readonly Partial<Zone>[] = [{}, { grain: null }, { end: { frame: 600 } }];
  const grainless = zones.map((zone, index) => ({ ...zone, ...changes[index] }));
  const again = await encode('grainless.mkv', grainless);
  expect(again.summary?.chunksReused).toBe(5);
  expect(again.notes.join(' ')).toContain('Zone 3 ends with the source: it was to end at frame 600');
  const [, , , grainy] = await bytesBetween(output, bounds);
  const [, , , smooth] = await bytesBetween(again.output, bounds);
  // Grain is taken out of the picture and told in some bytes of a table.
  expect(smooth).not.toBe(grainy);
});
