import type { PictureSize, SourceVideo } from '../../src/media/source-video.ts';
import { NoVideoError } from '../no-video.ts';
import { startEngine } from './engine.ts';
import type { InspectAnswer, InspectRequest } from './messages.ts';
import { readSourceIdentity } from './source-identity.ts';

/**
 * A few seconds are normal for a large file on a slow disk; a demuxer that a hostile file keeps busy for longer is
 * ended.
 */
const INSPECT_LIMIT_MS = 60_000;

/**
 * A look at more of the file takes a tenth of a second; where a file without an index would have to be read to its end,
 * the scan tells what it finds instead.
 */
const LOOK_LIMIT_MS = 500;

/**
 * Inspects a source in a child process.
 *
 * @param lookLimitMs how long the sizes of later pictures are looked for.
 * @throws NoVideoError, or another sentence that says why the file is not a source.
 */
export async function inspectSource(path: string, lookLimitMs = LOOK_LIMIT_MS): Promise<SourceVideo> {
  // Missing, empty and forbidden files are told apart here, without starting anything.
  await readSourceIdentity(path);
  const engine = startEngine<InspectRequest, InspectAnswer>('inspect', { niceness: 0 });
  const limit = new KillLimit(engine);
  let source: SourceVideo | null = null;
  try {
    limit.set(INSPECT_LIMIT_MS);
    await engine.send({ type: 'inspect', path });
    for await (const answer of engine) {
      if (answer.type === 'inspected') {
        source = answer.source;
        limit.set(lookLimitMs);
      } else if (source !== null) {
        return answer.type === 'looked' ? withLaterSizes(source, answer.laterSizes) : source;
      } else if (answer.type === 'no-video') throw new NoVideoError(answer.message);
      else if (answer.type === 'failed') throw new Error(answer.message);
    }
    // What was known when the look took too long, or crashed, is enough to begin with.
    if (source !== null) return source;
    if (limit.isReached)
      throw new Error(`${path} was not understood within ${INSPECT_LIMIT_MS / 1000} s: it is damaged.`);
    throw new Error(`${path} could not be inspected: ${(await engine.exited).words}.`);
  } finally {
    limit.clear();
    await engine.kill();
  }
}

function withLaterSizes(source: SourceVideo, laterSizes: readonly PictureSize[]): SourceVideo {
  return { ...source, video: { ...source.video, laterSizes } };
}

/** Kills a child that takes too long. */
class KillLimit {
  readonly #engine: { kill(): Promise<unknown> };
  #timer: NodeJS.Timeout | undefined;
  isReached = false;

  constructor(engine: { kill(): Promise<unknown> }) {
    this.#engine = engine;
  }

  /** From now on; a limit set before no longer counts. */
  set(limitMs: number): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.isReached = true;
      void this.#engine.kill();
    }, limitMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
