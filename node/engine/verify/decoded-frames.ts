import type { Rational } from '../../../src/media/rational.ts';
import type { SeenFrame } from '../../../src/proof/verify-frames.ts';
import { FileFrames } from '../media/file-frames.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';

/** The frames of a file's video in presentation order, one at a time: its time, and its picture made small. */
export class DecodedFrames {
  readonly #frames: FileFrames;
  readonly #sketcher: FrameSketcher;

  private constructor(frames: FileFrames) {
    this.#frames = frames;
    this.#sketcher = new FrameSketcher(frames.picture);
  }

  /** @throws a sentence when the file is no video, or none that can be decoded. */
  static async open(path: string): Promise<DecodedFrames> {
    return new DecodedFrames(await FileFrames.open(path));
  }

  get timeBase(): Rational {
    return this.#frames.timeBase;
  }

  get frameCountEstimate(): number | null {
    return this.#frames.frameCountEstimate;
  }

  /** The next frame, or null after the last. */
  next(): SeenFrame | null {
    const next = this.#frames.next();
    if (next === null) return null;
    const { picture } = this.#sketcher.sketch(next.frame);
    return { pts: next.pts, picture };
  }

  async close(): Promise<void> {
    this.#sketcher.free();
    await this.#frames.close();
  }
}
