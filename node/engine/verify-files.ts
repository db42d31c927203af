import { NO_WISHES, type PictureWishes } from '../../src/picture/plan-filters.ts';
import { startEngine } from './engine.ts';
import type { VerifyMessage, VerifyReport, VerifyRequest } from './messages.ts';

/**
 * Compares an output with its source in a child process.
 *
 * @param onProgress called a few times a second with the output frames compared so far.
 * @param wishes what was done to the source's picture.
 * @throws a sentence when one of the files cannot be decoded, or the child dies.
 */
export async function verifyFiles(
  source: string,
  output: string,
  onProgress: (frameCount: number, totalEstimate: number | null) => void,
  signal?: AbortSignal,
  wishes: PictureWishes = NO_WISHES,
): Promise<VerifyReport> {
  const engine = startEngine<VerifyRequest, VerifyMessage>('verify', { niceness: 0 });
  const stop = (): void => void engine.kill();
  signal?.addEventListener('abort', stop);
  try {
    await engine.send({ type: 'verify', source, output, wishes });
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      if (message.type === 'verified') return message.report;
      onProgress(message.frameCount, message.totalEstimate);
    }
    signal?.throwIfAborted();
    throw new Error(`Comparing ${output} with ${source} stopped: ${(await engine.exited).words}.`);
  } finally {
    signal?.removeEventListener('abort', stop);
    await engine.kill();
  }
}
