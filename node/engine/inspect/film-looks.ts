import { stat } from 'node:fs/promises';
import { AV_TIME_BASE } from 'node-av/constants';
import type { FormatContext, Frame, Stream } from 'node-av/lib';
import { FileFrames } from '../media/file-frames.ts';
import { spreadLooks } from './spread-looks.ts';

/** Spread over the film. A look takes 0.1 s in 1080p. */
const PLACES = 40;

/** A shorter film has few keyframes, and a whole decode of it takes seconds: every so many frames of it are looked at. */
const SHORT_SECONDS = 60;
const FRAMES_A_LOOK = 12;

/** A film with fewer keyframes at all those places is decoded as a whole, too: some may be titles. */
const LEAST_KEYFRAMES = 8;

/**
 * Some forty frames all over a film, to see what it is like. Each is lent until the next is asked for.
 *
 * @param format moved to other places; read nothing else from it afterwards.
 */
export async function* filmLooks(
  path: string,
  format: FormatContext,
  stream: Stream,
): AsyncGenerator<Frame, void, undefined> {
  const seconds = Number(format.duration) / AV_TIME_BASE;
  let keyframeCount = 0;
  if (seconds > SHORT_SECONDS) {
    for await (const frame of spreadLooks(format, stream, (await stat(path)).size, PLACES)) {
      keyframeCount += 1;
      yield frame;
    }
  }
  if (keyframeCount < LEAST_KEYFRAMES) yield* framesApart(path, FRAMES_A_LOOK);
}

/** Every so many frames of a file. */
async function* framesApart(path: string, distance: number): AsyncGenerator<Frame, void, undefined> {
  const frames = await FileFrames.open(path);
  try {
    for (let next = frames.next(), count = 0; next !== null; next = frames.next(), count += 1) {
      if (count % distance === 0) yield next.frame;
    }
  } finally {
    await frames.close();
  }
}
