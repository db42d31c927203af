import type { Rational } from '../media/rational.ts';

/**
 * Timestamps in the output container's ticks: each the nearest to the source's, and strictly rising even where two
 * source timestamps are nearer to each other than a tick.
 */
export class OutputTicks {
  readonly #from: Rational;
  readonly #to: Rational;
  #previous: bigint | null = null;

  /** @param from the source's time base. @param to the output's. */
  constructor(from: Rational, to: Rational) {
    this.#from = from;
    this.#to = to;
  }

  next(pts: bigint): bigint {
    const nearest = rescale(pts, this.#from, this.#to);
    const previous = this.#previous;
    this.#previous = previous !== null && nearest <= previous ? previous + 1n : nearest;
    return this.#previous;
  }
}

/** A count of `from` as a count of `to`, exact up to the last step: rounded to the nearest, halves away from zero. */
export function rescale(count: bigint, from: Rational, to: Rational): bigint {
  const numerator = count * BigInt(from.num) * BigInt(to.den);
  const denominator = BigInt(from.den) * BigInt(to.num);
  const half = denominator / 2n;
  return (numerator < 0n ? numerator - half : numerator + half) / denominator;
}
