import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import type { SourceIdentity } from '../../src/media/source-video.ts';

/** Content read to know a source again: its head, its tail and places evenly spread between; 1 MiB in all. */
const SAMPLE_COUNT = 16;
const SAMPLE_BYTES = 64 * 1024;

/**
 * Reads what must stay the same for anything made of a source to be reused.
 *
 * @throws a sentence when there is no file, or none that can be read.
 */
export async function readSourceIdentity(path: string): Promise<SourceIdentity> {
  const facts = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (facts.isDirectory()) throw new Error(`${path} is a folder; a video file was expected. Name one.`);
  if (!facts.isFile()) throw new Error(`${path} is not a regular file; a video file was expected. Name one.`);
  if (facts.size === 0) throw new Error(`${path} is empty (0 bytes); a video file was expected.`);
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    return {
      sizeBytes: facts.size,
      modifiedMs: facts.mtimeMs,
      sampledDigest: await sampledDigest(file, facts.size),
    };
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

async function sampledDigest(file: FileHandle, sizeBytes: number): Promise<string> {
  const digest = createHash('sha256').update(`${sizeBytes}\n`);
  const buffer = new Uint8Array(SAMPLE_BYTES);
  const last = Math.max(0, sizeBytes - SAMPLE_BYTES);
  for (let sample = 0; sample < SAMPLE_COUNT; sample++) {
    const position = Math.floor((last * sample) / (SAMPLE_COUNT - 1));
    const { bytesRead } = await file.read(buffer, 0, SAMPLE_BYTES, position);
    digest.update(buffer.subarray(0, bytesRead));
  }
  return digest.digest('hex');
}

/** A file system error about the source as a sentence. */
export function unreadable(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message : String(error);
  return new Error(SENTENCES[code]?.(path) ?? `${path} cannot be read: ${words}.`, { cause: error });
}

const SENTENCES: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `${path} does not exist. Check the name, or whether its disk is there.`,
  ENOTDIR: (path) => `${path} does not exist: a part of its path is a file, not a folder. Check the name.`,
  EACCES: (path) =>
    `${path} may not be read by this user. Change its rights, or run the daemon as its owner.`,
  EPERM: (path) => `${path} may not be read by this user. Change its rights, or run the daemon as its owner.`,
  EIO: (path) => `${path} cannot be read: its disk reports a fault. Check the disk.`,
};
