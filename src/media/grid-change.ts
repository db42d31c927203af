/**
 * How a frame's luma grid differs from those of the frames one, two and three before it: mean of 0 to 255. The first
 * frame has not changed. Two and three are told around sudden changes only (see {@link GridHistory}); else, and where
 * there is no such frame, nothing is like it.
 */
export interface GridChange {
  readonly one: number;
  readonly two: number;
  readonly three: number;
}

/** Grids of different sizes cannot be compared: as different as can be. */
const INCOMPARABLE = 255;

/** Mean absolute difference of two grids' values. */
export function gridDifference(a: Uint8Array, b: Uint8Array): number {
  const { length } = a;
  if (length !== b.length || length === 0) return INCOMPARABLE;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / length;
}

/** Pairs of neighbours that are looked at: one in so many tells as much as all. */
const ACTIVITY_STEP = 5;

/** Mean absolute difference of neighbouring values in a row: how much detail a grid holds. */
export function gridActivity(grid: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 1; i < grid.length; i += ACTIVITY_STEP) {
    sum += Math.abs((grid[i] as number) - (grid[i - 1] as number));
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** A change by this much more than the one before is sudden: it may be a cut, or a flash. */
const SUDDEN_RATIO = 1.5;
/** Frames after a sudden change in which a flash would end. */
const FLASH_FRAMES = 3;

/** Remembers the last three grids, in memory that is reused. */
export class GridHistory {
  readonly #grids: Uint8Array[] = [];
  #next = 0;
  #lastChange = 0;
  #suddenAt = Number.NEGATIVE_INFINITY;

  /**
   * Compares a grid with the last one, and within a few frames of a sudden change with the two before that; takes a
   * copy of it.
   */
  push(grid: Uint8Array): GridChange {
    const one = this.#next === 0 ? 0 : this.#to(1, grid);
    if (one > SUDDEN_RATIO * this.#lastChange) this.#suddenAt = this.#next;
    this.#lastChange = one;
    const isNear = this.#next - this.#suddenAt < FLASH_FRAMES;
    const change = {
      one,
      two: isNear ? this.#to(2, grid) : INCOMPARABLE,
      three: isNear ? this.#to(3, grid) : INCOMPARABLE,
    };
    this.#keep(grid);
    return change;
  }

  #to(back: number, grid: Uint8Array): number {
    const known = this.#next < back ? undefined : this.#grids[(this.#next - back) % 3];
    return known === undefined ? INCOMPARABLE : gridDifference(known, grid);
  }

  #keep(grid: Uint8Array): void {
    const slot = this.#next % 3;
    if (this.#grids[slot]?.length === grid.length) this.#grids[slot].set(grid);
    else this.#grids[slot] = grid.slice();
    this.#next++;
  }
}
