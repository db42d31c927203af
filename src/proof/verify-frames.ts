import type { Rational } from '../media/rational.ts';
import { findShift, isClose, pictureDifference } from './compare-pictures.ts';
import { shapeDifference } from './shape-difference.ts';
import { type Hdr10PlusCounts, Hdr10PlusVerifier } from './verify-hdr10-plus.ts';

/** A decoded frame of either file. */
export interface SeenFrame {
  /** In the file's own ticks. */
  readonly pts: bigint;
  /** PICTURE_BYTES. */
  readonly picture: Uint8Array;
  /** Its HDR10+ as text, equal for equal metadata; null where it has none. */
  readonly hdr10Plus: string | null;
}

/** What comparing all frames found. */
export interface FrameComparison {
  readonly isEqual: boolean;
  readonly sourceFrameCount: number;
  readonly outputFrameCount: number;
  readonly maxTimestampErrorSeconds: number;
  /** Largest mean difference of a frame's small pictures, 0 to 255. */
  readonly maxPictureDifference: number;
  readonly hdr10Plus: Hdr10PlusCounts;
  /** What differs, a sentence each; the first twenty. */
  readonly differences: readonly string[];
}

/** Source frames known on each side of the one that is compared: a picture that stands elsewhere is found in them. */
const WINDOW_FRAMES = 24;

const MAX_SENTENCES = 20;

/**
 * A frame shows another of the source's frames when its shape is closer to that one by this factor and by this much.
 * Measured on Big Buck Bunny: of 720 honest frames, none came near it even at CRF 63, where the shape is off by 0.8 as
 * a rule and by 1.8 at most; neighbouring frames of a calm film are 0.6 apart, of one in motion 1 and more.
 */
const CLOSER_FACTOR = 2;
const CLOSER_SHAPE = 0.5;

/** Frames that are judged together for a shift too small to be seen in any one of them. */
const BLOCK_FRAMES = 48;

interface PlacedFrame {
  readonly index: number;
  readonly seconds: number;
  readonly picture: Uint8Array;
  readonly hdr10Plus: string | null;
}

/**
 * Compares an output with its source, frame by frame, as both are decoded: the same number of frames, in the same
 * order, at the same times within the output's tick, each looking like the source's. Give source frames while
 * `wantsSource`, then an output frame, and so on; null ends a file.
 */
export class FrameVerifier {
  readonly #sourceTick: Rational;
  readonly #outputTick: Rational;
  #window: PlacedFrame[] = [];
  #sourceCount = 0;
  #outputCount = 0;
  #hasSourceEnded = false;
  /** Source frame that the next output frame is compared with. */
  #next = 0;
  /** No container of ours holds times before zero: a source that begins there is moved as a whole. */
  #delaySeconds = 0;
  #maxTimestampError = 0;
  #maxPictureDifference = 0;
  readonly #hdr10Plus = new Hdr10PlusVerifier();
  readonly #differences: string[] = [];
  /** Compared pairs that were not yet judged together. */
  #block: { readonly source: Uint8Array; readonly output: PlacedFrame }[] = [];

  constructor(sourceTick: Rational, outputTick: Rational) {
    this.#sourceTick = sourceTick;
    this.#outputTick = outputTick;
  }

  get wantsSource(): boolean {
    return !this.#hasSourceEnded && this.#sourceCount <= this.#next + WINDOW_FRAMES;
  }

  addSource(frame: SeenFrame | null): void {
    if (frame === null) {
      this.#hasSourceEnded = true;
      return;
    }
    const seconds = secondsOf(frame.pts, this.#sourceTick);
    if (this.#sourceCount === 0) this.#delaySeconds = Math.max(0, -seconds);
    const index = this.#sourceCount;
    this.#sourceCount += 1;
    // Beyond the window, after the output's end, frames are only counted.
    if (index > this.#next + WINDOW_FRAMES) return;
    const { picture, hdr10Plus } = frame;
    this.#window.push({ index, seconds: seconds + this.#delaySeconds, picture, hdr10Plus });
  }

  addOutput(frame: SeenFrame): void {
    const index = this.#outputCount;
    this.#outputCount += 1;
    const { picture, hdr10Plus } = frame;
    const placed = { index, seconds: secondsOf(frame.pts, this.#outputTick), picture, hdr10Plus };
    const expected = this.#expectedFor(placed);
    if (expected === undefined) return;
    this.#compareTime(placed, expected);
    this.#comparePicture(placed, expected);
    const mismatch = this.#hdr10Plus.compare(index, hdr10Plus, expected.hdr10Plus);
    if (mismatch !== null) this.#say(mismatch);
    this.#block.push({ source: expected.picture, output: placed });
    if (this.#block.length === BLOCK_FRAMES) this.#judgeBlock();
    this.#next = expected.index + 1;
    this.#window = this.#window.filter((source) => source.index >= this.#next - WINDOW_FRAMES);
  }

  /** Once both files have ended. */
  report(): FrameComparison {
    this.#judgeBlock();
    const counts =
      this.#sourceCount === this.#outputCount
        ? []
        : [`The output has ${this.#outputCount} frames, the source has ${this.#sourceCount}.`];
    const { loss } = this.#hdr10Plus;
    if (loss !== null) this.#say(loss);
    const differences = [...counts, ...this.#differences].slice(0, MAX_SENTENCES);
    return {
      isEqual: differences.length === 0,
      sourceFrameCount: this.#sourceCount,
      outputFrameCount: this.#outputCount,
      maxTimestampErrorSeconds: this.#maxTimestampError,
      maxPictureDifference: this.#maxPictureDifference,
      hdr10Plus: this.#hdr10Plus.counts,
      differences,
    };
  }

  /** The source frame that an output frame stands for: the next one, unless its time and picture are another's. */
  #expectedFor(frame: PlacedFrame): PlacedFrame | undefined {
    const next = this.#window.find(({ index }) => index === this.#next);
    if (next !== undefined && this.#isOnTime(frame, next)) return next;
    const other = this.#window.find((source) => this.#isOnTime(frame, source));
    if (other === undefined || next === undefined) return next;
    if (shapeOf(frame, other) > shapeOf(frame, next)) return next;
    if (other.index > next.index) this.#sayMissing(next.index, other.index - 1);
    else
      this.#say(
        `Frame ${frame.index} of the output stands for frame ${other.index} of the source once more.`,
      );
    return other;
  }

  #isOnTime(frame: PlacedFrame, source: PlacedFrame): boolean {
    const tick = this.#outputTick.num / this.#outputTick.den;
    // Floating point must not make a whole tick look smaller than one.
    return Math.abs(frame.seconds - source.seconds) < tick * (1 - 1e-6);
  }

  #compareTime(frame: PlacedFrame, source: PlacedFrame): void {
    const error = Math.abs(frame.seconds - source.seconds);
    this.#maxTimestampError = Math.max(this.#maxTimestampError, error);
    if (this.#isOnTime(frame, source)) return;
    this.#say(
      `Frame ${frame.index} of the output stands at ${timeText(frame.seconds)}, the source's at ${timeText(source.seconds)}.`,
    );
  }

  #comparePicture(frame: PlacedFrame, source: PlacedFrame): void {
    const found = pictureDifference(frame.picture, source.picture);
    this.#maxPictureDifference = Math.max(this.#maxPictureDifference, found.mean);
    const other = this.#closerFrame(frame, source);
    if (other !== null) {
      this.#say(
        `Frame ${frame.index} of the output shows frame ${other.index} of the source, not frame ${source.index}.`,
      );
    } else if (!isClose(found)) {
      this.#say(
        `Frame ${frame.index} of the output does not look like frame ${source.index} of the source: their small pictures differ by ${found.mean.toFixed(1)} of 255 on average and by ${found.largest} in one place.`,
      );
    }
  }

  #closerFrame(frame: PlacedFrame, source: PlacedFrame): PlacedFrame | null {
    const own = shapeOf(frame, source);
    if (own <= CLOSER_SHAPE) return null;
    let closest: PlacedFrame | null = null;
    let least = Math.min(own / CLOSER_FACTOR, own - CLOSER_SHAPE);
    for (const other of this.#window) {
      const shape = shapeOf(frame, other);
      if (shape >= least || !isClose(pictureDifference(frame.picture, other.picture))) continue;
      closest = other;
      least = shape;
    }
    return closest;
  }

  #judgeBlock(): void {
    const [first, last] = [this.#block[0], this.#block.at(-1)];
    if (first === undefined || last === undefined) return;
    const shift = findShift(
      this.#block.map(({ source }) => source),
      this.#block.map(({ output }) => output.picture),
    );
    if (shift !== null) {
      this.#say(`Of frames ${first.output.index} to ${last.output.index} of the output, ${shift}.`);
    }
    this.#block = [];
  }

  #sayMissing(first: number, last: number): void {
    this.#say(
      first === last
        ? `Frame ${first} of the source is missing from the output.`
        : `Frames ${first} to ${last} of the source are missing from the output.`,
    );
  }

  #say(sentence: string): void {
    if (this.#differences.length < MAX_SENTENCES) this.#differences.push(sentence);
  }
}

function shapeOf(a: PlacedFrame, b: PlacedFrame): number {
  return shapeDifference(a.picture, b.picture);
}

function secondsOf(pts: bigint, tick: Rational): number {
  return (Number(pts) * tick.num) / tick.den;
}

function timeText(seconds: number): string {
  return `${seconds.toFixed(6)} s`;
}
