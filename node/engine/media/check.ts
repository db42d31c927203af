import { FFmpegError } from 'node-av/lib';

/**
 * Throws when an FFmpeg call returned an error, else gives its result back.
 *
 * @param step what would have happened, in the past tense: `the decoder was opened`.
 */
export function check(result: number, step: string): number {
  if (result >= 0) return result;
  throw new Error(`FFmpeg failed before ${step}: ${new FFmpegError(result).message}.`);
}
