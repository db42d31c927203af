/** An exact fraction, as containers store frame rates, time bases and sample aspect ratios. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** The same fraction in its smallest whole numbers. */
export function reduced({ num, den }: Rational): Rational {
  const divisor = greatestCommonDivisor(Math.abs(num), Math.abs(den)) || 1;
  return { num: num / divisor, den: den / divisor };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
