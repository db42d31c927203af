import type { Frame } from 'node-av/lib';
import { atQuality } from '../../../src/encoder/at-quality.ts';
import type { IvfFile } from '../../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { type FilmSearch, nextStep, noteProbe } from '../../../src/quality/film-search.ts';
import { type Pooling, poolScores } from '../../../src/quality/pool-scores.ts';
import { decodeResult } from '../encode/decode-result.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { toEncoderFormat } from '../media/to-encoder-format.ts';
import type { ScoreMeasure } from '../messages.ts';
import { openMeter } from '../score/open-meter.ts';
import { PrimedMeter } from '../score/primed-meter.ts';
import type { EncodedClip } from './write-clip.ts';

/** The score that every clip is to have. What one clip took is a hint for the next. */
export interface ClipSearch {
  readonly film: FilmSearch;
  readonly pooling: Pooling;
  readonly measure: ScoreMeasure;
}

/** A clip as its search left it. */
export interface FoundClip extends EncodedClip {
  readonly score: number;
}

/**
 * Encodes a clip as a chunk of a job with a target is: at one CRF after the other until one meets it.
 *
 * @param clip a number of the clip's own.
 * @param frames the clip's, as the encoder gets them; asked for as often as it is encoded and scored.
 * @param workPath a folder for what a meter must write.
 */
export async function findClipCrf(
  { film, pooling, measure }: ClipSearch,
  clip: number,
  settings: EncodeSettings,
  encode: (settings: EncodeSettings) => Promise<IvfFile>,
  frames: () => AsyncGenerator<Frame, void, undefined>,
  workPath: string,
): Promise<FoundClip> {
  const tried = new Map<number, FoundClip>();
  for (;;) {
    const step = nextStep(film, clip);
    const crf = 'probe' in step ? step.probe : step.settled;
    const known = tried.get(crf);
    if ('settled' in step && known !== undefined) return known;
    const changed = atQuality(settings, crf);
    const encoded = await encode(changed);
    const score = poolScores(await scoreClip(measure, encoded, changed, frames, workPath), pooling);
    tried.set(crf, { encoded, settings: changed, score });
    noteProbe(film, clip, { crf, score });
  }
}

async function scoreClip(
  measure: ScoreMeasure,
  encoded: IvfFile,
  { picture }: EncodeSettings,
  frames: () => AsyncGenerator<Frame, void, undefined>,
  workPath: string,
): Promise<number[]> {
  const meter = await openMeter(measure, picture, workPath);
  const primed = new PrimedMeter(meter);
  const toDistorted = toEncoderFormat(picture);
  const references = frames();
  let count = 0;
  try {
    for await (const distorted of decodeResult(encoded)) {
      const { value, done } = await references.next();
      if (done === true) throw new Error(`The clip ends after ${count} frames and its encode does not.`);
      await primed.add(value, toDistorted.convert(distorted));
      count += 1;
      if (count % FRAMES_A_COLLECTION === 0) releaseViews();
    }
    return await primed.finish();
  } finally {
    await references.return();
    primed.free();
    toDistorted.free();
    await meter.close();
  }
}
