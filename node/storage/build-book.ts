import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from './write-file.ts';

/** What an encoder writes for the built-in clip, and what it calls itself. */
export interface EncoderBuild {
  /** Hex sha256. */
  readonly digest: string;
  readonly encoder: string;
}

/** As many as settings are in use over some weeks; the oldest goes first. */
const BUILDS_KEPT = 200;

const fileSchema = z.object({
  version: z.literal(1),
  builds: z
    .array(
      z.tuple([
        z.string().max(100),
        z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/), encoder: z.string().max(200) }),
      ]),
    )
    .max(BUILDS_KEPT),
});

/** Measured encoder builds, kept between runs in one small file. Losing it costs a second of measuring. */
export class BuildBook {
  readonly #path: string;
  readonly #builds: Map<string, EncoderBuild>;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, builds: Iterable<readonly [string, EncoderBuild]>) {
    this.#path = path;
    this.#builds = new Map(builds);
  }

  get(key: string): EncoderBuild | undefined {
    return this.#builds.get(key);
  }

  /** Writing happens behind; a full disk costs only the memory. */
  set(key: string, build: EncoderBuild): void {
    this.#builds.delete(key);
    this.#builds.set(key, build);
    for (const oldest of this.#builds.keys()) {
      if (this.#builds.size <= BUILDS_KEPT) break;
      this.#builds.delete(oldest);
    }
    this.#writing = this.#writing.then(() => this.#write()).catch(() => undefined);
  }

  /** Resolves when what is known is on disk. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify({ version: 1, builds: [...this.#builds] });
    await replaceFile(this.#path, `${text}\n`);
  }
}

/** Opens the book; a file that is missing, damaged or of another version is an empty book. */
export async function openBuildBook(path: string): Promise<BuildBook> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return new BuildBook(path, parseBuilds(text));
}

function parseBuilds(text: string): readonly (readonly [string, EncoderBuild])[] {
  try {
    return fileSchema.parse(JSON.parse(text)).builds;
  } catch {
    return [];
  }
}
