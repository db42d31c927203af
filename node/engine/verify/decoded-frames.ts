import { AV_FRAME_DATA_DYNAMIC_HDR_PLUS } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { hdr10PlusMessage } from '../../../src/container/hdr10-plus.ts';
import type { Rational } from '../../../src/media/rational.ts';
import type { PictureWishes } from '../../../src/picture/plan-filters.ts';
import type { SeenFrame } from '../../../src/proof/verify-frames.ts';
import { FileFrames } from '../media/file-frames.ts';
import { FrameFilter } from '../media/filter-frames.ts';
import type { PictureSettings } from '../media/filter-steps.ts';
import { pictureSettings } from '../media/picture-settings.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';

/** The frames of a file's video in presentation order, one at a time: its time, and its picture made small. */
export class DecodedFrames {
  readonly #frames: FileFrames;
  readonly #sketcher: FrameSketcher;
  /** Null where the picture stays as it is. */
  readonly #filter: FrameFilter | null;
  readonly #pictures: Generator<Frame, void, undefined>;
  /** What is told of frames that the filters hold back. */
  readonly #told: Pick<SeenFrame, 'pts' | 'hdr10Plus'>[] = [];

  private constructor(frames: FileFrames, settings: PictureSettings) {
    this.#frames = frames;
    this.#sketcher = new FrameSketcher(settings.picture);
    this.#filter = settings.filtering === null ? null : new FrameFilter(settings);
    this.#pictures = this.#decode();
  }

  /**
   * @param wishes what is done to the picture before it is made small.
   * @throws a sentence when the file is no video, or none that can be decoded.
   */
  static async open(path: string, wishes: PictureWishes): Promise<DecodedFrames> {
    const frames = await FileFrames.open(path);
    return new DecodedFrames(frames, await pictureSettings(path, frames.video, wishes));
  }

  get timeBase(): Rational {
    return this.#frames.timeBase;
  }

  get frameCountEstimate(): number | null {
    return this.#frames.video.frameCountEstimate;
  }

  /** The next frame, or null after the last. */
  next(): SeenFrame | null {
    const next = this.#pictures.next();
    if (next.done === true) return null;
    const { picture } = this.#sketcher.sketch(next.value);
    return { ...(this.#told.shift() ?? { pts: 0n, hdr10Plus: null }), picture };
  }

  async close(): Promise<void> {
    this.#sketcher.free();
    this.#filter?.free();
    await this.#frames.close();
  }

  *#decode(): Generator<Frame, void, undefined> {
    for (let next = this.#frames.next(); next !== null; next = this.#frames.next()) {
      this.#told.push({ pts: next.pts, hdr10Plus: this.#hdr10PlusOf(next.frame) });
      if (this.#filter === null) yield next.frame;
      else yield* this.#filter.push(next.frame);
    }
    if (this.#filter !== null) yield* this.#filter.end();
  }

  /** As an output has it that was made so. */
  #hdr10PlusOf(frame: Frame): string | null {
    const data = frame.getSideData(AV_FRAME_DATA_DYNAMIC_HDR_PLUS);
    return data === null ? null : Buffer.from(hdr10PlusMessage(data, this.#filter !== null)).toString('hex');
  }
}
