import type { GrainEvidence } from '../../src/picture/grain.ts';
import { startEngine } from './engine.ts';
import type { GrainMessage, GrainRequest } from './messages.ts';

/**
 * Measures a film's grain in a child process.
 *
 * @returns null where too little of the film is flat to say.
 * @throws a sentence when the file cannot be read or the child dies.
 */
export async function findGrain(path: string): Promise<GrainEvidence | null> {
  const engine = startEngine<GrainRequest, GrainMessage>('find-grain', { niceness: 0 });
  try {
    await engine.send({ type: 'find-grain', path });
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      return message.evidence;
    }
    throw new Error(`The grain of ${path} could not be measured: ${(await engine.exited).words}.`);
  } finally {
    await engine.kill();
  }
}
