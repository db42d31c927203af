import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_WISHES, type PictureWishes } from '../../src/picture/plan-filters.ts';
import { startEngine } from './engine.ts';
import type { ScoreMeasure, ScoreMessage, ScoreRequest } from './messages.ts';

/**
 * Scores an output against its source in a child process.
 *
 * @param onProgress called a few times a second with the frames scored so far.
 * @param wishes what was done to the source's picture.
 * @returns one score for each frame.
 * @throws a sentence when a file cannot be decoded, both have not equally many frames, or the child dies.
 */
export async function scoreFiles(
  source: string,
  output: string,
  measure: ScoreMeasure,
  onProgress: (frameCount: number, totalEstimate: number | null) => void,
  signal?: AbortSignal,
  wishes: PictureWishes = NO_WISHES,
): Promise<readonly number[]> {
  const workPath = await mkdtemp(join(tmpdir(), 'vadeio-score-'));
  const engine = startEngine<ScoreRequest, ScoreMessage>('score', { niceness: 0, orphanedFolder: workPath });
  const stop = (): void => void engine.kill();
  signal?.addEventListener('abort', stop);
  try {
    await engine.send({ type: 'score', source, output, wishes, measure, workPath });
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      if (message.type === 'scored') return message.scores;
      onProgress(message.frameCount, message.totalEstimate);
    }
    signal?.throwIfAborted();
    throw new Error(`Scoring ${output} stopped: ${(await engine.exited).words}.`);
  } finally {
    signal?.removeEventListener('abort', stop);
    await engine.kill();
    await rm(workPath, { recursive: true, force: true });
  }
}
