/**
 * Decode times of pictures that are stored in another order than they are shown in: the i-th picture in decode order
 * is decoded when the picture `depth` places before is shown, so it is always there in time, and decode times rise as
 * presentation times do. Before the first picture time goes on by whole frames.
 */
export class DecodeTimes {
  readonly #depth: number;
  readonly #frameTicks: bigint;
  /** When the last `depth` pictures before the next chunk are shown. */
  #before: readonly bigint[] = [];

  /**
   * @param depth how many pictures may be stored before one that is shown before them all; 0 when none ever is.
   * @param frameTicks the length of a frame, above zero.
   */
  constructor(depth: number, frameTicks: bigint) {
    this.#depth = depth;
    this.#frameTicks = frameTicks;
  }

  /** @param shown when the next chunk's pictures are shown, in that order. Returns when its units are decoded. */
  next(shown: readonly bigint[]): bigint[] {
    const first = shown[0] ?? 0n;
    if (this.#before.length === 0) {
      this.#before = Array.from(
        { length: this.#depth },
        (_, i) => first - BigInt(this.#depth - i) * this.#frameTicks,
      );
    }
    const all = [...this.#before, ...shown];
    this.#before = all.slice(all.length - this.#depth);
    return all.slice(0, shown.length);
  }
}
