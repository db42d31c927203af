import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import { IvfWriter, parseIvf } from '../../src/encoder/ivf.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { type Lie, startLyingPeer } from './lying-peer.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

const FLIPPED = 'ff'.repeat(32);

const LIES: Record<string, Lie> = {
  'a wrong digest': {
    words: (message) => (message.type === 'attempt-encoded' ? { ...message, sha256: FLIPPED } : message),
  },
  'a result that lacks its last frame': { result: withoutLastFrame },
  'frames of another picture': {
    words: (message) =>
      message.type === 'frames-decoded'
        ? { ...message, fingerprints: message.fingerprints.map((byte) => byte ^ 1) }
        : message,
  },
  'the right fingerprints and a still picture': { result: stillPicture },
  'the right fingerprints and the result of another chunk': { result: anotherChunk() },
  'garbage of the right length': { result: (result) => randomBytes(result.length) },
  nothing: { isEmptyHanded: true },
};

describe('invariant 3: what a lying peer hands in is never committed, and the peer is left out', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let leader: Daemon;
  let film: string;
  let crf = 30;

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
    leader = await startLoneDaemon(join(folder.path, 'leader'), { slots: 1 });
  });
  afterAll(async () => {
    await leader.shutDown('the tests are over');
    await folder.remove();
  });

  test.each(Object.keys(LIES))('%s', async (name) => {
    const { addresses } = await leader.status();
    const liar = await startLyingPeer(join(folder.path, `liar-${crf}`), addresses[0] ?? '', LIES[name] ?? {});
    try {
      await until(async () => (await leader.peers()).some((peer) => peer.state === 'alive'));
      // Another CRF for each: nothing that was encoded before may be reused.
      crf += 1;
      const output = join(folder.path, `${crf}.mkv`);
      const options = { ...FAST, crf, minSceneSeconds: 0.125, maxSceneSeconds: 0.25 };
      const { job } = await leader.submit({ input: film, output, options });
      // The honest half waits meanwhile, once it has shown that the film can be encoded.
      await until(async () => (await leader.job(job.id)).progress.chunksCommitted > 0);
      await holdEncoders(join(folder.path, 'leader'));
      await until(async () => {
        const { phase, progress } = await leader.job(job.id);
        return phase !== 'encoding' || progress.peers.some((peer) => peer.leftOut !== null);
      });
      await releaseEncoders(join(folder.path, 'leader'));
      const { phase, error, summary } = await untilOver(leader, job.id);
      expect([phase, error]).toEqual(['done', null]);
      const told = summary?.peers.find((peer) => peer.name === 'liar');
      expect(told?.chunksDone ?? 0).toBe(0);
      expect(summary?.retries.length).toBeGreaterThan(0);
      expect(told?.leftOut).toMatch(/refused|failed/);
      expect(await verifyFiles(film, output, () => undefined)).toMatchObject({
        isEqual: true,
        differences: [],
      });
    } finally {
      await liar.stop();
      await until(async () => (await leader.peers()).every((peer) => peer.state !== 'alive'));
    }
  });
});

function withoutLastFrame(result: Buffer): Buffer {
  return remake(result, (units) => units.slice(0, -1));
}

/** The first frame, a keyframe, again and again. */
function stillPicture(result: Buffer): Buffer {
  return remake(result, (units) => units.map(() => units[0] as Uint8Array));
}

/** What was made of the chunk before; with none before, a result that is cut short. */
function anotherChunk(): NonNullable<Lie['result']> {
  let former: Buffer | null = null;
  return (result) => {
    const other = former === null ? withoutLastFrame(result) : former;
    former = result;
    return other;
  };
}

function remake(result: Buffer, change: (units: readonly Uint8Array[]) => readonly Uint8Array[]): Buffer {
  const { width, height, frames } = parseIvf(result);
  const units = change(frames.map((frame) => frame.data));
  const ivf = new IvfWriter();
  const pieces = [ivf.header(width, height, units.length)];
  for (const unit of units) pieces.push(ivf.frameHeader(unit.length), unit);
  return Buffer.concat(pieces);
}
