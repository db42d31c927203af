import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { firstIssue } from '../first-issue.ts';
import { diskError, isMissing } from '../storage/disk-error.ts';
import { replaceFile } from '../storage/write-file.ts';
import { readList } from './read-list.ts';
import { UsageError } from './shell.ts';

/** A list of cuts on disk: what `--scenes FILE` reads and writes. */
const scenesSchema = z.object({
  /** Frames of the source that the cuts were found in. */
  frameCount: z.int().positive(),
  /** First frames of the shots, rising. */
  cuts: z.array(z.int().min(0)).max(1_000_000),
});

export interface Scenes {
  readonly frameCount: number;
  readonly cuts: readonly number[];
}

/** What a file holds; null when there is no file, but may be. Throws a UsageError when it is not such a list. */
export async function readScenes(path: string): Promise<Scenes | null> {
  const text = await readList('scenes file', path).catch((error: unknown) => {
    if (error instanceof UsageError && isMissing(error.cause)) return null;
    throw error;
  });
  if (text === null) return checkPlace(path);
  const expected = 'expected JSON such as {"frameCount": 900, "cuts": [0, 120, 431]}';
  const parsed = parseJson(text);
  if (parsed === undefined) {
    const got = text.trim() === '' ? 'an empty file' : 'something else';
    throw new UsageError(`The scenes file ${path} is not understood: ${expected}, got ${got}.`);
  }
  const read = scenesSchema.safeParse(parsed);
  if (!read.success) {
    throw new UsageError(`The scenes file ${path} is not understood: ${expected}. ${firstIssue(read.error)}`);
  }
  const { frameCount, cuts } = read.data;
  for (const [i, cut] of cuts.entries()) {
    const before = cuts[i - 1] ?? -1;
    if (cut <= before || cut >= frameCount) {
      throw new UsageError(
        `The scenes file ${path} has the cut ${cut} after ${before} in ${frameCount} frames: cuts must rise and lie within the source.`,
      );
    }
  }
  return { frameCount, cuts };
}

/** Before the film is encoded, and not in the end, a file that is to be written is told to have no place. */
async function checkPlace(path: string): Promise<null> {
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw new UsageError(diskError(error, 'write the scenes file', path).message, { cause: error });
  });
  return null;
}

/** Writes the cuts of a finished job. */
export async function writeScenes(path: string, { frameCount, cuts }: Scenes): Promise<void> {
  await replaceFile(path, `${JSON.stringify({ frameCount, cuts })}\n`, 0o666);
}

/** Undefined: it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
