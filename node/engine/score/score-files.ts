import { setImmediate } from 'node:timers/promises';
import type { Frame } from 'node-av/lib';
import { FileFrames } from '../media/file-frames.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { toEncoderFormat } from '../media/to-encoder-format.ts';
import type { ScoreMeasure } from '../messages.ts';
import { openMeter } from './open-meter.ts';

type OnProgress = (frameCount: number, totalEstimate: number | null) => Promise<void>;

/**
 * Scores every frame of an output against the source's frame of the same number, at the output's size and bit depth and
 * without the film grain that its decoder would add.
 *
 * @throws a sentence when the files do not have equally many frames.
 */
export async function scoreFiles(
  sourcePath: string,
  outputPath: string,
  measure: ScoreMeasure,
  onProgress: OnProgress,
): Promise<number[]> {
  const source = await FileFrames.open(sourcePath);
  const output = await FileFrames.open(outputPath, false);
  const meter = await openMeter(measure, output.picture);
  const toReference = toEncoderFormat(output.picture);
  const toDistorted = toEncoderFormat(output.picture);
  try {
    const pairs = pairFrames(source, output);
    for (let pair = pairs.next(), count = 1; pair.done !== true; pair = pairs.next(), count += 1) {
      const [reference, distorted] = pair.value;
      await meter.add(toReference.convert(reference), toDistorted.convert(distorted));
      if (count % FRAMES_A_COLLECTION !== 0) continue;
      releaseViews();
      await setImmediate();
      await onProgress(count, source.frameCountEstimate);
    }
    return await meter.finish();
  } finally {
    toReference.free();
    toDistorted.free();
    await meter.close();
    await source.close();
    await output.close();
  }
}

/** By number. Both are lent until the next pair is asked for. */
function* pairFrames(
  source: FileFrames,
  output: FileFrames,
): Generator<readonly [Frame, Frame], void, undefined> {
  for (let count = 0; ; count += 1) {
    const [reference, distorted] = [source.next(), output.next()];
    if (reference === null && distorted === null) return;
    if (reference === null || distorted === null) {
      const [longer, shorter] = reference === null ? ['output', 'source'] : ['source', 'output'];
      throw new Error(
        `The ${shorter} ends after ${count} frames and the ${longer} does not: frames are scored by their number, so both must have equally many. vadeio-node verify tells more.`,
      );
    }
    yield [reference.frame, distorted.frame];
  }
}
