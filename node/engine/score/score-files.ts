import { setImmediate } from 'node:timers/promises';
import type { Frame } from 'node-av/lib';
import type { PictureWishes } from '../../../src/picture/plan-filters.ts';
import { refuseOtherShape } from '../../../src/quality/refuse-other-shape.ts';
import { FileFrames } from '../media/file-frames.ts';
import { FrameFilter } from '../media/filter-frames.ts';
import { pictureSettings } from '../media/picture-settings.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { toEncoderFormat } from '../media/to-encoder-format.ts';
import type { ScoreMeasure } from '../messages.ts';
import { openMeter } from './open-meter.ts';

type OnProgress = (frameCount: number, totalEstimate: number | null) => Promise<void>;

/**
 * Scores every frame of an output against the source's frame of the same number behind the filters, at the output's size
 * and bit depth and without the film grain that its decoder would add.
 *
 * @param workPath a folder for what a meter must write.
 * @param wishes what was done to the source's picture: the score is of what the encoder made of that.
 * @throws a sentence when the files do not have equally many frames, or their pictures have other shapes.
 */
export async function scoreFiles(
  sourcePath: string,
  outputPath: string,
  measure: ScoreMeasure,
  workPath: string,
  wishes: PictureWishes,
  onProgress: OnProgress,
): Promise<number[]> {
  const source = await FileFrames.open(sourcePath);
  const output = await FileFrames.open(outputPath, false);
  const { picture, filtering } = await pictureSettings(sourcePath, source.video, wishes);
  refuseOtherShape(picture, output.picture);
  const meter = await openMeter(measure, output.picture, workPath);
  const toReference = new FrameFilter({ picture: output.picture, filtering });
  const toDistorted = toEncoderFormat(output.picture);
  try {
    const pairs = pairFrames(filtered(source, toReference), output);
    for (let pair = pairs.next(), count = 1; pair.done !== true; pair = pairs.next(), count += 1) {
      const [reference, distorted] = pair.value;
      await meter.add(reference, toDistorted.convert(distorted));
      if (count % FRAMES_A_COLLECTION !== 0) continue;
      releaseViews();
      await setImmediate();
      await onProgress(count, source.video.frameCountEstimate);
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
  source: Generator<Frame, void, undefined>,
  output: FileFrames,
): Generator<readonly [Frame, Frame], void, undefined> {
  for (let count = 0; ; count += 1) {
    const reference = source.next();
    const distorted = output.next();
    if (reference.done === true && distorted === null) return;
    if (reference.done === true || distorted === null) {
      const [longer, shorter] = reference.done === true ? ['output', 'source'] : ['source', 'output'];
      throw new Error(
        `The ${shorter} ends after ${count} frames and the ${longer} does not: frames are scored by their number, so both must have equally many. vadeio-node verify tells more.`,
      );
    }
    yield [reference.value, distorted.frame];
  }
}

/** The source's frames as the encoder got them. */
function* filtered(source: FileFrames, filter: FrameFilter): Generator<Frame, void, undefined> {
  for (let next = source.next(); next !== null; next = source.next()) yield* filter.push(next.frame);
  yield* filter.end();
}
