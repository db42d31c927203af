import { execFileSync, fork } from 'node:child_process';
import { access, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type { AssembleCommand, AssembleRequest } from '../../node/engine/messages.ts';
import { planCarry } from '../../src/container/carry.ts';
import type { SourceVideo } from '../../src/media/source-video.ts';
import { KEEP_ALL, runAssemble, temporaryFolder } from './assemble-fixture.ts';
import { encodeChunk, SETTINGS, writeTimestamps } from './make-chunks.ts';
import { makeFrames, makeRichSource } from './rich-source.ts';

const FRAME_COUNT = 60;

let folder: { path: string; remove: () => Promise<void> };
let source: SourceVideo;

beforeAll(async () => {
  folder = await temporaryFolder();
  const pts = Array.from({ length: FRAME_COUNT }, (_, i) => BigInt(i * 40));
  const path = join(folder.path, 'source.mkv');
  await makeRichSource({
    path,
    format: 'matroska',
    pts,
    timeBase: [1, 1000],
    sounds: [{ encoder: 'flac', sampleFormat: 's16', seconds: 2.4 }],
  });
  await writeTimestamps(folder.path, pts);
  await encodeChunk(chunkPath(), makeFrames(FRAME_COUNT));
  source = await inspectSource(path);
});

afterAll(() => folder.remove());

function chunkPath(): string {
  return join(folder.path, 'chunk.ivf');
}

function requestFor(outputPath: string): AssembleRequest {
  return {
    type: 'assemble',
    sourcePath: source.path,
    outputPath,
    source,
    settings: SETTINGS,
    carry: planCarry(source, 'matroska', KEEP_ALL),
    scanDirectory: folder.path,
  };
}

function appendAll(): AssembleCommand {
  return { type: 'append', path: chunkPath(), startFrame: 0, frameCount: FRAME_COUNT };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

test('a chunk that is not the next one is refused, and the file is removed', async () => {
  const output = join(folder.path, 'order.mkv');
  const messages = await runAssemble(requestFor(output), [appendAll(), appendAll()]);
  expect(messages.at(-1)).toEqual({
    type: 'failed',
    message: 'A chunk of frame 0 was to be appended, frame 60 is the next.',
  });
  expect(await isThere(output)).toBe(false);
});

test('an end that comes too early is refused, and the file is removed', async () => {
  const output = join(folder.path, 'early.mkv');
  const messages = await runAssemble(requestFor(output), [appendAll(), { type: 'finish', frameCount: 61 }]);
  expect(messages.at(-1)).toEqual({
    type: 'failed',
    message: 'The output holds 60 frames, 61 were expected.',
  });
  expect(await isThere(output)).toBe(false);
});

test('a chunk that was cut short is refused', async () => {
  const path = join(folder.path, 'short.ivf');
  await encodeChunk(path, makeFrames(4));
  await truncate(path, 200);
  const output = join(folder.path, 'short.mkv');
  const messages = await runAssemble(requestFor(output), [
    { type: 'append', path, startFrame: 0, frameCount: 4 },
  ]);
  expect(messages).toMatchObject([{ type: 'failed', message: expect.stringContaining('cut short') }]);
  expect(await isThere(output)).toBe(false);
});

test('a folder that is not there is named', async () => {
  const output = join(folder.path, 'no such folder', 'out.mkv');
  const messages = await runAssemble(requestFor(output), [appendAll()]);
  expect(messages).toMatchObject([{ type: 'failed', message: expect.stringContaining(output) }]);
});

test('when the daemon is gone, the process ends and takes its file along', async () => {
  const output = join(folder.path, 'orphan.mkv');
  const main = fileURLToPath(new URL('../../node/engine/main.ts', import.meta.url));
  const child = fork(main, ['assemble', '0'], { serialization: 'advanced', stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const answered = new Promise((resolve) => child.once('message', resolve));
  // The protocol's objects hold what structured cloning can carry, which is more than fork's type says.
  child.send(requestFor(output) as never);
  child.send(appendAll() as never);
  expect(await answered).toMatchObject({ type: 'appended' });
  expect(await isThere(output)).toBe(true);
  child.disconnect();
  await ended;
  expect(await isThere(output)).toBe(false);
});

/** A file system of 64 KiB; null, said aloud, where this system does not let us make one. */
async function smallDisk(): Promise<string | null> {
  const path = join(folder.path, 'small');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    console.warn('SKIPPED: a full disk was not tried, because this user may not mount a small one.');
    return null;
  }
}

test('a full disk is a sentence, and leaves nothing', async (context) => {
  const disk = await smallDisk();
  if (disk === null) return context.skip();
  try {
    const output = join(disk, 'out.mkv');
    const commands: AssembleCommand[] = [appendAll(), { type: 'finish', frameCount: FRAME_COUNT }];
    const messages = await runAssemble(requestFor(output), commands);
    expect(messages.at(-1)).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/^Could not write .*out\.mkv: the disk is full\. Free some space/),
    });
    expect(await isThere(output)).toBe(false);
    await writeFile(join(disk, 'room again'), '');
  } finally {
    execFileSync('umount', [disk]);
  }
});
