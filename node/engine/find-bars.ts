import type { CropPlace } from '../../src/picture/plan-filters.ts';
import { startEngine } from './engine.ts';
import type { BarsMessage, BarsRequest } from './messages.ts';

/**
 * Looks for black bars in a child process.
 *
 * @returns the part of the picture inside of them, null where there are none or the whole film is black.
 * @throws a sentence when the file cannot be read or the child dies.
 */
export async function findBars(path: string): Promise<CropPlace | null> {
  const engine = startEngine<BarsRequest, BarsMessage>('find-bars', { niceness: 0 });
  try {
    await engine.send({ type: 'find-bars', path });
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      return message.picture;
    }
    throw new Error(`Black bars of ${path} could not be looked for: ${(await engine.exited).words}.`);
  } finally {
    await engine.kill();
  }
}
