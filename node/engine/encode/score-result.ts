import { mkdir, readFile, rm } from 'node:fs/promises';
import type { Frame } from 'node-av/lib';
import { parseIvf } from '../../../src/encoder/ivf.ts';
import type { SliceFile } from '../../slice/parse-slice.ts';
import { FrameFilter } from '../media/filter-frames.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { toEncoderFormat } from '../media/to-encoder-format.ts';
import type { EncodeRequest, ScoreMeasure } from '../messages.ts';
import { openMeter } from '../score/open-meter.ts';
import { PrimedMeter } from '../score/primed-meter.ts';
import { decodeResult } from './decode-result.ts';
import { decodeSlice } from './decode-slice.ts';

/**
 * Scores every frame of a result against the slice's frame of the same number, as the encoder got it: through the job's
 * filters, at the encode's size and bit depth. Synthesised film grain is off.
 *
 * @param onScored called after each frame with how many were given to the metric.
 */
export async function scoreResult(
  slice: SliceFile,
  { outputPath, workPath, settings }: EncodeRequest,
  measure: ScoreMeasure,
  onScored: (count: number) => Promise<void>,
): Promise<number[]> {
  const file = parseIvf(await readFile(outputPath));
  await mkdir(workPath, { recursive: true });
  const meter = await openMeter(measure, settings.picture, workPath);
  const filter = new FrameFilter(settings);
  const toDistorted = toEncoderFormat(settings.picture);
  const references = referencesOf(slice, filter);
  const primed = new PrimedMeter(meter);
  let count = 0;
  try {
    for await (const distorted of decodeResult(file)) {
      const reference = await nextOf(references, count);
      await primed.add(reference, toDistorted.convert(distorted));
      count += 1;
      if (count % FRAMES_A_COLLECTION === 0) releaseViews();
      await onScored(count);
    }
    return await primed.finish();
  } finally {
    await references.return();
    primed.free();
    filter.free();
    toDistorted.free();
    await meter.close();
    await rm(workPath, { recursive: true, force: true });
  }
}

/** The slice's frames as the encoder got them, each lent until the next is asked for. */
async function* referencesOf(slice: SliceFile, filter: FrameFilter): AsyncGenerator<Frame, void, undefined> {
  for await (const frame of decodeSlice(slice)) yield* filter.push(frame);
  yield* filter.end();
}

async function nextOf(frames: AsyncGenerator<Frame, void, undefined>, count: number): Promise<Frame> {
  const next = await frames.next();
  if (next.done === true) throw new Error(`The slice ends after ${count} frames and its result does not.`);
  return next.value;
}
