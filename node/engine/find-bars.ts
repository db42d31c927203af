import type { CropPlace } from '../../src/picture/plan-filters.ts';
import { askOnce } from './ask-once.ts';
import type { BarsMessage, BarsRequest } from './messages.ts';

/**
 * Looks for black bars in a child process.
 *
 * @returns the part of the picture inside of them, null where there are none or the whole film is black.
 * @throws a sentence when the file cannot be read or the child dies.
 */
export async function findBars(path: string): Promise<CropPlace | null> {
  const request = { type: 'find-bars', path } as const;
  const words = `Black bars of ${path} could not be looked for`;
  return (await askOnce<BarsRequest, BarsMessage>('find-bars', request, words)).picture;
}
