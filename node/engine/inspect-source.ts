import type { SourceVideo } from '../../src/media/source-video.ts';
import { startEngine } from './engine.ts';
import type { InspectAnswer, InspectRequest } from './messages.ts';
import { readSourceIdentity } from './source-identity.ts';

/**
 * A few seconds are normal for a large file on a slow disk; a demuxer that a hostile file keeps busy for longer is
 * ended.
 */
const INSPECT_LIMIT_MS = 60_000;

/**
 * Inspects a source in a child process.
 *
 * @throws a sentence that says why the file is not a source.
 */
export async function inspectSource(path: string): Promise<SourceVideo> {
  // Missing, empty and forbidden files are told apart here, without starting anything.
  await readSourceIdentity(path);
  const engine = startEngine<InspectRequest, InspectAnswer>('inspect', { niceness: 0 });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    void engine.kill();
  }, INSPECT_LIMIT_MS);
  try {
    await engine.send({ type: 'inspect', path });
    for await (const answer of engine) {
      if (answer.type === 'failed') throw new Error(answer.message);
      return answer.source;
    }
    if (isLate)
      throw new Error(`${path} was not understood within ${INSPECT_LIMIT_MS / 1000} s: it is damaged.`);
    throw new Error(`${path} could not be inspected: ${(await engine.exited).words}.`);
  } finally {
    clearTimeout(limit);
    await engine.kill();
  }
}
