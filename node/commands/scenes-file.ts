import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { firstIssue } from '../first-issue.ts';
import { diskError, isMissing } from '../storage/disk-error.ts';
import { replaceFile } from '../storage/write-file.ts';

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

/** What a file holds; null when there is no file. Throws a sentence when it is not such a list. */
export async function readScenes(path: string): Promise<Scenes | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw diskError(error, 'read the scenes file', path);
  });
  if (text === null) return null;
  const expected = 'expected JSON such as {"frameCount": 900, "cuts": [0, 120, 431]}';
  const read = scenesSchema.safeParse(parseJson(text));
  if (!read.success) {
    throw new Error(`The scenes file ${path} is not understood: ${expected}. ${firstIssue(read.error)}`);
  }
  const { frameCount, cuts } = read.data;
  for (const [i, cut] of cuts.entries()) {
    const before = cuts[i - 1] ?? -1;
    if (cut <= before || cut >= frameCount) {
      throw new Error(
        `The scenes file ${path} has the cut ${cut} after ${before} in ${frameCount} frames: cuts must rise and lie within the source.`,
      );
    }
  }
  return { frameCount, cuts };
}

/** Writes the cuts of a finished job. */
export async function writeScenes(path: string, { frameCount, cuts }: Scenes): Promise<void> {
  await replaceFile(path, `${JSON.stringify({ frameCount, cuts })}\n`, 0o666);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
