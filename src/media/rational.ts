/** An exact fraction, as containers store frame rates, time bases and sample aspect ratios. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}
