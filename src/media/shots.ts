import type { GridChange } from './grid-change.ts';

/** A frame about which it is settled whether a new shot starts with it. */
export interface SettledFrame {
  readonly isCut: boolean;
  /** Mean difference of luma to the frame before, 0 to 255. */
  readonly difference: number;
}

/** Frames before and after a cut that are calm beside it. */
const NEAR_FRAMES = 2;
/**
 * Frames before and after a cut among which few change nearly as much: a flash has two such changes, another cut has
 * one; animation on twos to fives has three or more.
 */
const WIDE_FRAMES = 8;
const PEER_SHARE = 0.5;
const MOST_PEERS = 2;

/** What a change must be to be a cut. */
export interface CutThresholds {
  /** How much more it changes than the frames near it do on average. */
  readonly nearRatio: number;
  /** Below this difference, noise in a nearly still picture would do. */
  readonly leastDifference: number;
  /** A picture that comes back to within this share of the change was a flash, not a new shot. */
  readonly returnShare: number;
}

/** Fitted on one half of a labelled set and judged on the other: scripts/bench/cuts.ts. */
export const CUT_THRESHOLDS: CutThresholds = { nearRatio: 4, leastDifference: 1.5, returnShare: 0.5 };

/** Frames that must follow before a frame is settled. */
const LOOK_AHEAD = WIDE_FRAMES;

/**
 * Finds hard cuts online: a frame that differs from the one before far more than its neighbours do among themselves.
 * Flashes of one or two frames are none: the picture after is the picture before. Fades and dissolves change evenly
 * and are none either.
 */
export class ShotDetector {
  /** The last changes; null for the first frame of all, which has changed from nothing. */
  readonly #changes: (GridChange | null)[] = [];
  #isFirst = true;
  /** Position in `#changes` of the frame that is settled next. */
  #next = 0;
  readonly #thresholds: CutThresholds;

  constructor(thresholds: CutThresholds = CUT_THRESHOLDS) {
    this.#thresholds = thresholds;
  }

  /** Takes the next frame; gives the frame that it settles, in order, once there is one. */
  push(change: GridChange): SettledFrame | null {
    this.#changes.push(this.#isFirst ? null : change);
    this.#isFirst = false;
    return this.#changes.length - this.#next > LOOK_AHEAD ? this.#settle() : null;
  }

  /** The frames that are left when no more come. */
  end(): SettledFrame[] {
    const settled: SettledFrame[] = [];
    while (this.#next < this.#changes.length) settled.push(this.#settle());
    return settled;
  }

  #settle(): SettledFrame {
    const difference = this.#at(this.#next)?.one ?? 0;
    const isCut = this.#isSharp(difference) && !this.#isFlash(difference);
    this.#next++;
    if (this.#next > WIDE_FRAMES) {
      this.#changes.shift();
      this.#next--;
    }
    return { isCut, difference };
  }

  #isSharp(difference: number): boolean {
    const { nearRatio, leastDifference } = this.#thresholds;
    if (difference < leastDifference || difference < nearRatio * mean(this.#around(NEAR_FRAMES)))
      return false;
    const around = this.#around(WIDE_FRAMES);
    const peers = around.filter((other) => other >= PEER_SHARE * difference);
    // At the film's ends fewer frames are around.
    return peers.length * 2 * WIDE_FRAMES <= MOST_PEERS * around.length;
  }

  /** Whether the picture returns after one or two frames, or has just returned. */
  #isFlash(difference: number): boolean {
    const limit = this.#thresholds.returnShare * difference;
    const now = this.#at(this.#next);
    const returns = [this.#at(this.#next + 1)?.two, this.#at(this.#next + 2)?.three, now?.two, now?.three];
    return returns.some((value) => value !== undefined && value < limit);
  }

  /** Changes of the frames up to `reach` before and after the one that is settled next. */
  #around(reach: number): number[] {
    const changes: number[] = [];
    for (let i = this.#next - reach; i <= this.#next + reach; i++) {
      const change = i === this.#next ? undefined : this.#at(i);
      if (change !== undefined) changes.push(change.one);
    }
    return changes;
  }

  #at(position: number): GridChange | undefined {
    return this.#changes[position] ?? undefined;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
