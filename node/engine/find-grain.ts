import type { GrainEvidence } from '../../src/picture/grain.ts';
import { askOnce } from './ask-once.ts';
import type { GrainMessage, GrainRequest } from './messages.ts';

/**
 * Measures a film's grain in a child process.
 *
 * @returns null where too little of the film is flat to say.
 * @throws a sentence when the file cannot be read or the child dies.
 */
export async function findGrain(path: string): Promise<GrainEvidence | null> {
  const request = { type: 'find-grain', path } as const;
  const words = `The grain of ${path} could not be measured`;
  return (await askOnce<GrainRequest, GrainMessage>('find-grain', request, words)).evidence;
}
