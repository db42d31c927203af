import type { SourceVideo } from './source-video.ts';

/** The picture of a whole file may end a little before its sound: by less than this share, or these seconds. */
const LEAST_SHARE = 0.9;
const LEAST_GAP_SECONDS = 2;

/** What a finished scan found wrong with its source, a sentence each: what cannot be read is not in the output either. */
export function damageSentences(
  { path, durationSeconds }: Pick<SourceVideo, 'path' | 'durationSeconds'>,
  scan: { readonly damagedCount: number; readonly lastFrameSeconds: number },
): string[] {
  const { damagedCount, lastFrameSeconds } = scan;
  const sentences: string[] = [];
  if (damagedCount > 0) {
    const places = damagedCount === 1 ? 'one place' : `${damagedCount} places`;
    sentences.push(
      `${path} is damaged: in ${places} it could not be read or decoded as it should be. Copy or download it again if you can.`,
    );
  }
  const gapSeconds = (durationSeconds ?? 0) - lastFrameSeconds;
  if (gapSeconds > LEAST_GAP_SECONDS && lastFrameSeconds < LEAST_SHARE * (durationSeconds ?? 0)) {
    sentences.push(
      `The last picture of ${path} is shown after ${lastFrameSeconds.toFixed(1)} s, and the file lasts ${durationSeconds?.toFixed(1)} s: no more pictures were found in it.`,
    );
  }
  return sentences;
}
