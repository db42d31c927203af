/** A frame's timestamp in its stream's time base. */
export interface RebuiltTimestamp {
  readonly pts: bigint;
  /** False: exactly as the source has it. */
  readonly isRebuilt: boolean;
}

/**
 * A step back by more frames than any decoder reorders is a clock that was set back (a recording that was joined),
 * not a wrong timestamp: what follows keeps its distances and continues after the last frame.
 */
const RESET_FRAMES = 16;

/**
 * Gives every frame a timestamp, strictly rising in presentation order. Frames whose own timestamp is there and rises
 * keep it. A missing one follows the last by a frame's duration; one that does not rise is put half a frame after the
 * last, so that the next good one still rises.
 */
export class TimestampRebuilder {
  readonly #frameTicks: number;
  #last: bigint | null = null;
  #lastKept = 0n;
  #missing = 0;
  #offset = 0n;
  #rebuiltCount = 0;

  /** @param frameTicks nominal duration of a frame in ticks of the time base; it may be a fraction. */
  constructor(frameTicks: number) {
    this.#frameTicks = Math.max(frameTicks, 0);
  }

  get rebuiltCount(): number {
    return this.#rebuiltCount;
  }

  /**
   * @param pts the frame's own timestamp, or null where it has none.
   * @param guess used for the first frame only, where it has none.
   */
  next(pts: bigint | null, guess = 0n): RebuiltTimestamp {
    const isRebuilt = this.#place(pts, guess);
    if (isRebuilt) this.#rebuiltCount++;
    return { pts: this.#last as bigint, isRebuilt };
  }

  #place(pts: bigint | null, guess: bigint): boolean {
    if (pts === null) {
      this.#placeMissing(guess);
      return true;
    }
    const wanted = pts + this.#offset;
    const last = this.#last;
    if (last === null || wanted > last) {
      this.#keep(wanted);
      return this.#offset !== 0n;
    }
    if (Number(last - wanted) > RESET_FRAMES * this.#frameTicks) {
      this.#offset += last + this.#ticks(1) - wanted;
      this.#keep(last + this.#ticks(1));
    } else {
      this.#keep(last + this.#ticks(0.5));
    }
    return true;
  }

  /** Counts from the last kept timestamp, so that fractions of a tick do not add up over a long gap. */
  #placeMissing(guess: bigint): void {
    if (this.#last === null) return this.#keep(guess);
    this.#missing++;
    const exact = this.#lastKept + BigInt(Math.round(this.#missing * this.#frameTicks));
    this.#last = exact > this.#last ? exact : this.#last + 1n;
  }

  #keep(pts: bigint): void {
    this.#last = pts;
    this.#lastKept = pts;
    this.#missing = 0;
  }

  #ticks(frames: number): bigint {
    return BigInt(Math.max(1, Math.round(frames * this.#frameTicks)));
  }
}

/**
 * When the first frame of a stream is shown, should it not say so itself: a frame is shown as many frames after it is
 * decoded as the decoder holds back.
 *
 * @param dts of the first packet, or null where it has none.
 * @param frameTicks nominal duration of a frame in ticks.
 */
export function guessFirstTimestamp(dts: bigint | null, heldFrames: number, frameTicks: number): bigint {
  return dts === null ? 0n : dts + BigInt(Math.round(heldFrames * frameTicks));
}
