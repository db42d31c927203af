/** Dice from a seed: the same seed gives the same numbers on every machine. */
export interface Random {
  /** [0, 1) */
  next(): number;
  between(low: number, high: number): number;
  /** A whole number, both ends included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  logNormal(mean: number, deviation: number): number;
}

/**
 * Steps of splitmix32: a counter, mixed; passes as random for our purpose and keeps 32 bits of state. The seed is mixed as
 * well: neighbouring seeds begin far apart, or each would throw what the one before it threw a throw later.
 */
export function createRandom(seed: number): Random {
  let counter = mix(seed);
  function next(): number {
    counter = (counter + 0x9e3779b9) | 0;
    return (mix(counter) >>> 0) / 2 ** 32;
  }
  const between = (low: number, high: number) => low + (high - low) * next();
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
  return {
    next,
    between,
    whole,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new Error('There was nothing to pick from.');
      return item;
    },
    logNormal: (mean, deviation) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return Math.exp(mean + deviation * normal);
    },
  };
}

/** Each of its 32 bits depends on every one of the number's. */
function mix(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
